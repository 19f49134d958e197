#!/usr/bin/env bash
# Builds the firmware in a folder. Prints the path of the image as the last line of standard output,
# and its progress to standard error.
#
# usage: build.sh FOLDER [OPTIONS FOR CARGO]
#
# Uses rustup's compiler with the target in the folder's .cargo/config.toml, or another one in
# CARGO_BUILD_TARGET, and adds the target to rustup if it is missing. If rustup cannot install it, uses
# Debian's compiler, which builds the core library from source. COMPILER=rustup or COMPILER=debian
# selects one.
set -euo pipefail
cd "$1"
shift
target=${CARGO_BUILD_TARGET:-$(sed -n 's/^target = "\(.*\)"$/\1/p' .cargo/config.toml)}
directory=${CARGO_TARGET_DIR:-$PWD/target}

say() {
    echo "$*" >&2
}

# Adds the target if it is missing, and says so: it stays installed when the firmware is deleted.
rustup_has_target() {
    command -v rustup >/dev/null || return 1
    ! grep -qx "$target" <<<"$(rustup target list --installed 2>/dev/null)" || return 0
    say "adding a target to rustup: rustup target add $target"
    say "(rustup target remove $target removes it)"
    rustup target add "$target" >&2
}

# Without --quiet, so that cargo shows its progress and says when it waits for another build.
build() {
    [ -d "$directory/$target/release" ] ||
        say "building the firmware and its dependencies; the first build can take some minutes"
    cargo build --release --target-dir "$directory" "$@" >&2
}

compiler=${COMPILER:-$(rustup_has_target && echo rustup || echo debian)}
if [ "$compiler" = rustup ]; then
    say "compiler: $(rustc --version), with the target from rustup"
    build "$@"
else
    [ -x /usr/bin/rustc ] && [ -d /usr/lib/rustlib/src ] || {
        say "rustup cannot install the target $target, and Debian's compiler is missing:"
        say "apt-get install rustc-web rust-web-src"
        exit 1
    }
    directory=$directory/debian
    say "compiler: $(/usr/bin/rustc --version) from Debian, with the core library built here"
    host=$(rustc -vV | sed -n 's/^host: //p')
    linker=$(rustc --print sysroot)/lib/rustlib/$host/bin/rust-lld
    name=${target//[-.]/_}
    export "CARGO_TARGET_${name^^}_LINKER=$linker" RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1
    build -Zbuild-std=core,alloc "$@"
fi
echo "$directory/$target/release/$(basename "$PWD")"
