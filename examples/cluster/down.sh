#!/bin/sh
# Ends what up.sh has started, and removes its data.
set -eu
place=${PLACE:-/tmp/metric-cluster}
[ -e "$place" ] || exit 0
pids=$(cat "$place"/front-ends "$place"/?/pid 2>/dev/null || true)
for pid in $pids; do
    kill "$pid" 2>/dev/null || true
done
tries=0
for pid in $pids; do
    while kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 100 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
done
rm -r "$place"
