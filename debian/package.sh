#!/bin/bash
# Packs the program that debian/cross.sh built, with its manual page and completion, as a Debian package. It builds
# nothing for the other machine.
#
# usage: debian/package.sh armhf|arm64|amd64 [FOLDER [VERSION]]     writes FOLDER/picam-stream_VERSION_ARCH.deb (dist/)
set -euo pipefail
cd "$(dirname "$0")/.."

main() {
    local triple version arch=$1 folder=${2-dist} override=${3-}
    case "$arch" in
    armhf) triple=arm-unknown-linux-gnueabihf ;;
    arm64) triple=aarch64-unknown-linux-gnu ;;
    amd64) triple=x86_64-unknown-linux-gnu ;;
    *) echo "usage: debian/package.sh armhf|arm64|amd64 [FOLDER [VERSION]]" >&2; exit 64 ;;
    esac
    export PATH="$PWD/target/tools/bin:$PATH" CARGO_TARGET_DIR="$PWD/target"
    version=$(version_of_all)
    # The time of everything in the package: that of the commit, so that the same commit gives the same bytes.
    SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH-$(git log -1 --format=%ct)}
    export SOURCE_DATE_EPOCH
    debian/docs.sh
    pack "$triple" "$arch" "$folder" "$override"
    echo "$folder/picam-stream_${override:-$version}_$arch.deb"
}

# The version stands in two files; they must agree.
version_of_all() {
    local crate changelog
    crate=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n1)
    changelog=$(dpkg-parsechangelog -S Version)
    if [ "$crate" != "$changelog" ]; then
        echo "debian/package.sh: Cargo.toml has version $crate, debian/changelog $changelog" >&2
        exit 1
    fi
    echo "$crate"
}

pack() {
    local triple=$1 arch=$2 folder=$3 override=$4 prefix options=()
    [ -z "$override" ] || options=(--deb-version "$override")
    case "$arch" in
    armhf) prefix=arm-linux-gnueabihf- ;;
    arm64) prefix=aarch64-linux-gnu- ;;
    amd64) prefix="" ;;
    esac
    mkdir -p "$folder"
    CARGO_TARGET_DIR="$PWD/target/cross" env "STRIP_$triple=/usr/bin/${prefix}strip" \
        cargo deb --quiet --no-build --locked --target "$triple" --strip --output "$folder" "${options[@]}" >/dev/null
}

main "$@"
