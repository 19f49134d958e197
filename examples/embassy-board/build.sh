#!/usr/bin/env bash
# Builds the firmware in a folder and prints the path of the image, as the last line of standard
# output. Everything else that it does is told on standard error.
#
# usage: build.sh FOLDER [OPTIONS FOR CARGO]
#
# The compiler is rustup's, with the target that the folder's .cargo/config.toml names; the target is
# added to rustup if it is missing. Where rustup cannot have it the compiler is Debian's, which builds
# the core library from its sources. COMPILER=rustup or COMPILER=debian chooses.
set -euo pipefail
cd "$1"
shift
target=$(sed -n 's/^target = "\(.*\)"$/\1/p' .cargo/config.toml)
directory=${CARGO_TARGET_DIR:-$PWD/target}

say() {
    echo "$*" >&2
}

# Adds the target only if it is missing: it stays in rustup when the firmware is deleted.
rustup_has_target() {
    command -v rustup >/dev/null || return 1
    ! grep -qx "$target" <<<"$(rustup target list --installed 2>/dev/null)" || return 0
    say "adding to rustup what compiles for the chip: rustup target add $target"
    say "(rustup target remove $target takes it away again)"
    rustup target add "$target" >&2
}

# Cargo is not told to be quiet: it shows how far it is, and says when it waits for another build.
build() {
    [ -d "$directory/$target/release" ] ||
        say "building the firmware and its dependencies, which can take some minutes the first time"
    cargo build --release --target-dir "$directory" "$@" >&2
}

compiler=${COMPILER:-$(rustup_has_target && echo rustup || echo debian)}
if [ "$compiler" = rustup ]; then
    say "compiler: $(rustc --version), with the target from rustup"
    build "$@"
else
    [ -x /usr/bin/rustc ] && [ -d /usr/lib/rustlib/src ] || {
        say "rustup cannot have the target $target, and Debian's compiler is not there:"
        say "apt-get install rustc-web rust-web-src"
        exit 1
    }
    directory=$directory/debian
    say "compiler: $(/usr/bin/rustc --version) from Debian, with the core library built here"
    host=$(rustc -vV | sed -n 's/^host: //p')
    linker=$(rustc --print sysroot)/lib/rustlib/$host/bin/rust-lld
    name=${target//-/_}
    export "CARGO_TARGET_${name^^}_LINKER=$linker" RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1
    build -Zbuild-std=core,alloc "$@"
fi
echo "$directory/$target/release/$(basename "$PWD")"
