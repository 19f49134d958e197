#!/usr/bin/env bash
# Builds the firmware in a folder and prints the path of the image, as the last line of standard
# output.
#
# usage: build.sh FOLDER [OPTIONS FOR CARGO]
#
# The compiler is rustup's, with the target that the folder's .cargo/config.toml names, where rustup
# can have it. Elsewhere it is Debian's, which builds the core library from its sources;
# COMPILER=rustup or COMPILER=debian chooses.
set -euo pipefail
cd "$1"
shift
target=$(sed -n 's/^target = "\(.*\)"$/\1/p' .cargo/config.toml)
directory=${CARGO_TARGET_DIR:-$PWD/target}

rustup_has_target() {
    rustup target add "$target" >/dev/null 2>&1
}

compiler=${COMPILER:-$(rustup_has_target && echo rustup || echo debian)}
if [ "$compiler" = rustup ]; then
    echo "compiler: $(rustc --version), with the target from rustup" >&2
    cargo build --quiet --release --target-dir "$directory" "$@" >&2
else
    [ -x /usr/bin/rustc ] && [ -d /usr/lib/rustlib/src ] || {
        echo "rustup cannot have the target $target, and Debian's compiler is not there:" >&2
        echo "apt-get install rustc-web rust-web-src" >&2
        exit 1
    }
    directory=$directory/debian
    echo "compiler: $(/usr/bin/rustc --version) from Debian, with the core library built here" >&2
    host=$(rustc -vV | sed -n 's/^host: //p')
    linker=$(rustc --print sysroot)/lib/rustlib/$host/bin/rust-lld
    name=${target//-/_}
    export "CARGO_TARGET_${name^^}_LINKER=$linker"
    RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
        cargo build --quiet --release -Zbuild-std=core,alloc --target-dir "$directory" "$@" >&2
fi
echo "$directory/$target/release/$(basename "$PWD")"
