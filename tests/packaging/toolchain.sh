#!/bin/bash
# Names a Rust toolchain that can build for TRIPLE, as variables for `env`: the one on PATH or Debian's own, with the
# target's standard library, or with that library's sources (BUILD_STD is then set: it must be built, too).
#
# usage: tests/packaging/toolchain.sh TRIPLE
set -euo pipefail
triple=$1

for rustc in "$(command -v rustc || true)" /usr/bin/rustc; do
    [ -x "$rustc" ] || continue
    root=$("$rustc" --print sysroot)
    # Not the stand-ins of rustup: they choose a toolchain by the folder they are called in.
    [ -x "$root/bin/cargo" ] || continue
    if [ -d "$root/lib/rustlib/$triple/lib" ]; then
        build_std=no
    elif [ -e "$root/lib/rustlib/src/rust/library/Cargo.lock" ]; then
        build_std=yes
    else
        continue
    fi
    echo "RUSTC=$root/bin/rustc"
    echo "CARGO=$root/bin/cargo"
    if [ "$build_std" = yes ]; then
        # A released compiler takes unstable options only when told so.
        echo "RUSTC_BOOTSTRAP=1"
        echo "BUILD_STD=yes"
    fi
    exit 0
done
echo "tests/packaging/toolchain.sh: no Rust here builds for $triple: install rust-web-src rustc-web cargo-web" \
    "(Debian), or the target or rust-src with rustup" >&2
exit 1
