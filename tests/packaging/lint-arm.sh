#!/bin/bash
# Lints what is compiled for 32-bit ARM alone, which no lint for this machine sees: the source of the legacy camera. C and
# C++ are left uncompiled, since nothing is linked.
#
# usage: tests/packaging/lint-arm.sh [--find]     with --find only says whether there is a clippy that can do it
set -euo pipefail
cd "$(dirname "$0")/../.."

triple=$(tests/packaging/architecture.sh armhf triple)
mapfile -t toolchain < <(tests/packaging/toolchain.sh "$triple")
cargo="" std=()
for word in "${toolchain[@]}"; do
    case "$word" in
    CARGO=*) cargo=${word#CARGO=} ;;
    BUILD_STD=yes) std=("-Zbuild-std=std,panic_abort") ;;
    esac
done
[ -x "${cargo%/*}/cargo-clippy" ] || { echo "tests/packaging/lint-arm.sh: no clippy beside ${cargo:-cargo}" >&2; exit 1; }
[ "${1-}" != --find ] || exit 0

name=${triple//-/_}
exec env "${toolchain[@]}" PATH="${cargo%/*}:$PATH" CARGO_TARGET_DIR="$PWD/target/lint" \
    "CC_$name=/bin/true" "CXX_$name=/bin/true" "AR_$name=/bin/true" \
    "$cargo" clippy --quiet --locked --lib --bins --target "$triple" "${std[@]}" -- -D warnings
