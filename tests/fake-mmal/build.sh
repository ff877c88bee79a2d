#!/bin/bash
# Builds the emulated libmmal for 32-bit ARM, with the tools that tests/setup.sh installs, and prints its path.
set -euo pipefail
cd "$(dirname "$0")/../.."

triple=$(tests/packaging/architecture.sh armhf triple)
glibc=$(tests/packaging/architecture.sh armhf glibc)
target=$PWD/target/fake-mmal

toolchain=$(tests/packaging/toolchain.sh "$triple")
std=""
case "$toolchain" in *BUILD_STD=*) std="-Zbuild-std=std,panic_abort" ;; esac
# Lines NAME=VALUE without blanks, so as words.
# shellcheck disable=SC2086
env PATH="$PWD/target/tools/python/bin:$PATH" $toolchain CARGO_TARGET_DIR="$target" \
    cargo-zigbuild zigbuild --quiet --locked --release -p fake-mmal --target "$triple.$glibc" $std >&2
echo "$target/$triple/release/libmmal.so"
