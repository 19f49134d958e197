#!/bin/sh
# Starts a cluster of three masters with a replica each, from Debian's redis-server, and two front ends over it.
# down.sh ends it. PORT, 7100 unless it is set, and the 16 ports behind it must be free.
set -eu
cd "$(dirname "$0")/../.."
port=${PORT:-7100}
place=${PLACE:-/tmp/metric-cluster}

for program in redis-server redis-cli; do
    command -v "$program" >/dev/null || { echo "install it first: apt-get install redis-server" >&2; exit 1; }
done
if [ -e "$place" ]; then
    echo "$place is there already; examples/cluster/down.sh ends what runs and removes it" >&2
    exit 1
fi
cargo build --release -p metric-smol --features engine
mkdir -p "$place"

# Every second to the disk, and no eviction. One dead shard does not stop the others.
servers=
for number in 0 1 2 3 4 5; do
    mkdir "$place/$number"
    redis-server --port $((port + number)) --cluster-port $((port + 10 + number)) --bind 127.0.0.1 \
        --dir "$place/$number" --daemonize yes --pidfile "$place/$number/pid" --logfile log --save '' \
        --appendonly yes --appendfsync everysec --maxmemory 1gb --maxmemory-policy noeviction \
        --cluster-enabled yes --cluster-node-timeout 2000 --cluster-require-full-coverage no >/dev/null
    servers="$servers 127.0.0.1:$((port + number))"
done
for number in 0 1 2 3 4 5; do
    tries=0
    until redis-cli -p $((port + number)) ping >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ "$tries" -lt 50 ] || { echo "the server of port $((port + number)) does not start" >&2; exit 1; }
        sleep 0.1
    done
done
# shellcheck disable=SC2086 # these are several words
redis-cli --cluster create $servers --cluster-replicas 1 --cluster-yes >"$place/created"
# A replica that has nothing yet cannot follow its master.
tries=0
until [ "$(for number in 0 1 2 3 4 5; do redis-cli -p $((port + number)) info replication; done |
    grep -c 'master_link_status:up')" = 3 ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 200 ] || { echo "the replicas do not follow: see $place/3/log" >&2; exit 1; }
    sleep 0.1
done

seeds=$(echo "$servers" | sed 's/^ //; s/ /,/g')
for number in 0 1; do
    "${CARGO_TARGET_DIR:-target}/release/metric-smol" --engine "redis://$seeds" --engine-patience 15s --listen 127.0.0.1:$((port + 6 + number)) \
        >"$place/front-end-$number" 2>&1 &
    echo $! >>"$place/front-ends"
done
tries=0
until [ "$(cat "$place"/front-end-? | grep -c '^listening')" = 2 ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 50 ] || { echo "the front ends do not start: see $place/front-end-0" >&2; exit 1; }
    sleep 0.1
done
echo "front ends: 127.0.0.1:$((port + 6)) and 127.0.0.1:$((port + 7)), with the page; logs: $place"
