#!/usr/bin/env bash
# Builds the firmware and prints the path of the image, as the last line of standard output.
#
# usage: ./build.sh [OPTIONS FOR CARGO]
set -euo pipefail
here=$(dirname "$0")
exec "$here/../embassy-board/build.sh" "$here" "$@"
