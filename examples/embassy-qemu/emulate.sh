#!/usr/bin/env bash
# Runs the firmware in a folder in QEMU; it answers at 127.0.0.1:PORT until Ctrl-C.
#
# usage: emulate.sh FOLDER [PORT] [--http PORT] [--keep FILE] [--image FILE] [--settings FILE] [--server PORT]
#
# PORT defaults to 8888. With --http the board's page is at http://127.0.0.1:PORT. With --keep the board
# keeps its samples in flash, which is in FILE: they are there again at the next start. --settings takes
# what "metric board config" has written, and builds firmware that reads it; a board does not do that and
# keep its samples, too. With --image nothing is built; with --keep it has to be an image with the feature
# flash, with --settings one with push. With --server the board reaches 127.0.0.1:PORT at
# 10.0.2.100:8888. What the board writes to its serial port is shown. The environment variable QEMU may
# hold further options for QEMU. If the firmware fails, the emulator exits with status 1 and prints a stack trace. The folder's file qemu has the command
# that emulates the board, and the address of its settings; the file keep, if there is one, the options
# for its flash.
set -euo pipefail
here=$(dirname "$0") board=$1
shift
port=8888 http= image= keep= settings= server=
while [ $# -gt 0 ]; do
    case $1 in
        --http) http=$2; shift 2 ;;
        --keep) keep=$2; shift 2 ;;
        --image) image=$2; shift 2 ;;
        --settings) settings=$2; shift 2 ;;
        --server) server=$2; shift 2 ;;
        [0-9]*) port=$1; shift ;;
        *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 2 ;;
    esac
done
{ read -r qemu options; read -r sector; } <"$board/qemu"
command -v "$qemu" >/dev/null || {
    package=$qemu
    [ "$qemu" = qemu-system-arm ] || package=qemu-system-misc
    echo "there is no $qemu: apt-get install $package" >&2
    exit 1
}
features=${settings:+--features push} drive=()
if [ -n "$keep" ]; then
    [ -e "$board/keep" ] || { echo "this board has no flash to keep samples in" >&2; exit 1; }
    [ -z "$settings" ] || { echo "take --keep or --settings" >&2; exit 2; }
    features="--features flash"
    # QEMU wants a file as large as the flash; erased flash is ones.
    [ -e "$keep" ] || head -c 32M /dev/zero | tr '\0' '\377' >"$keep"
    read -ra drive <"$board/keep"
    drive=("${drive[@]/FILE/"$keep"}")
fi
# shellcheck disable=SC2086
[ -n "$image" ] || image=$("$board/build.sh" $features)

# Succeeds if the board answers; QEMU accepts connections even if the board does not.
answers() {
    timeout 0.3 bash -c "exec 3<>/dev/tcp/127.0.0.1/$port; echo 'get -' >&3; read -r line <&3
        [ \"\$line\" = ok ]" 2>/dev/null
}

# Succeeds if the page answers.
page_answers() {
    timeout 0.3 bash -c "exec 3<>/dev/tcp/127.0.0.1/$http; printf 'HEAD / HTTP/1.0\r\n\r\n' >&3
        read -r line <&3; [[ \"\$line\" == *' 200 '* ]]" 2>/dev/null
}

log=$(mktemp) emulator=
# Cleans up, however the script ends.
end() {
    rm -f "$log"
    [ -z "$emulator" ] || ! kill "$emulator" 2>/dev/null || wait "$emulator" || true
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
read -ra options <<<"$options"
page=${http:+,hostfwd=tcp:127.0.0.1:$http-:80}
# The network is closed but for this.
page+=${server:+,guestfwd=tcp:10.0.2.100:8888-cmd:nc -N 127.0.0.1 $server}
[ -z "$settings" ] || options+=(-device "loader,file=$settings,addr=$sector,force-raw=on")
# shellcheck disable=SC2086
"$qemu" -nographic -monitor none -serial file:/dev/stderr -semihosting-config enable=on,target=native \
    -netdev "user,id=network,restrict=on,hostfwd=tcp:127.0.0.1:$port-:8888$page" \
    "${options[@]/IMAGE/"$image"}" "${drive[@]}" ${QEMU:-} </dev/null 2> >(tee "$log" >&2) &
emulator=$!
until answers && { [ -z "$http" ] || page_answers; }; do
    kill -0 $emulator 2>/dev/null || break
done
if kill -0 $emulator 2>/dev/null; then
    [ -z "$http" ] || echo "the board's page is at http://127.0.0.1:$http"
    echo "the board answers at 127.0.0.1:$port; Ctrl-C ends it"
fi
status=0
wait $emulator || status=$?
sleep 0.1 # the log gets its last lines
if grep -q '^\(panic\|fault\|stack overflow\)' "$log"; then
    "$here/trace" "$image" <"$log" >&2
fi
exit $status
