#!/bin/bash
# Builds the program for another machine, with zig as C++ compiler and linker, unstripped, with the same bytes wherever
# it is built. It does not check or package what it built: verify-binary.sh and package.sh do.
#
# usage: tests/packaging/cross.sh ARCHITECTURE     a name in architectures.tsv
#        leaves target/cross/TRIPLE/release/picam-stream, prints its path
set -euo pipefail
cd "$(dirname "$0")/../.."

main() {
    local triple glibc
    triple=$(architecture "${1-}" triple)
    glibc=$(architecture "$1" glibc)
    build "$triple" "$triple${glibc:+.$glibc}" "$(rust_flags "$glibc")" >&2
    echo "target/cross/$triple/release/picam-stream"
}

# An empty word where the table has a dash.
architecture() {
    local value
    value=$(tests/packaging/architecture.sh "$@") || exit
    echo "${value#-}"
}

build() {
    local triple=$1 target=$2 flags=$3 cxxflags toolchain std="" copies="" tools=$PWD/target/tools/python/bin
    toolchain=$(tests/packaging/toolchain.sh "$triple")
    # Without the standard library's backtraces: in a stripped binary they name nothing, and weigh 150 kB.
    case "$toolchain" in *BUILD_STD=*) std="-Zbuild-std=std,panic_abort -Zbuild-std-features=" ;; esac
    cxxflags="$(prefix_maps -ffile-prefix-map=)"
    # openh264 has NEON code that it chooses at run time; the package holds none, so that its instructions can be checked.
    case "$triple" in arm-*) cxxflags+=" -UHAVE_NEON" ;; esac
    case "$triple" in arm-*-gnueabihf) copies=$(libc_copies "$target") ;; esac
    # Lines NAME=VALUE without blanks, so as words.
    # shellcheck disable=SC2086
    env PATH="$tools:$PATH" $toolchain \
        CARGO_TARGET_DIR="$PWD/target/cross" \
        PICAM_STREAM_LINK_WITH="$copies" \
        "CXXFLAGS_${triple//-/_}=$cxxflags" "CFLAGS_${triple//-/_}=$cxxflags" \
        CARGO_PROFILE_RELEASE_STRIP=none \
        "$tools/cargo-zigbuild" zigbuild --quiet --locked --release --bin picam-stream --target "$target" \
        --config "target.$triple.rustflags=[$flags]" $std
}

# Assembles libc-copies.s, prints where the object is.
libc_copies() {
    local object=$PWD/target/cross/libc-copies.o
    mkdir -p target/cross
    target/tools/python/bin/python -m ziglang cc -target "${1/#arm-unknown-/arm-}" -mcpu=generic+v6+strict_align -g0 -c \
        -o "$object" tests/packaging/libc-copies.s
    echo "$object"
}

# As an array of TOML; cargo adds what .cargo/config.toml holds for the target. Without glibc the program is static.
rust_flags() {
    local flag flags=""
    for flag in $(prefix_maps --remap-path-prefix=); do flags+="'$flag',"; done
    [ -n "$1" ] || flags+="'-Ctarget-feature=+crt-static','-Clink-self-contained=no',"
    echo "$flags"
}

# The folders that would otherwise be found in the binary.
prefix_maps() { echo "$1${CARGO_HOME:-$HOME/.cargo}=/cargo $1$PWD=/picam-stream"; }

main "$@"
