#!/usr/bin/env bash
# Runs the firmware in QEMU; it answers at 127.0.0.1:PORT until Ctrl-C.
#
# usage: ./emulate.sh [PORT] [--http PORT] [--keep FILE] [--image FILE]
set -euo pipefail
here=$(dirname "$0")
exec "$here/../embassy-qemu/emulate.sh" "$here" "$@"
