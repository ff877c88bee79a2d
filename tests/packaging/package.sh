#!/bin/bash
# Packs the program that tests/packaging/cross.sh built, with its manual page and completion, as a Debian package. It builds
# nothing for the other machine.
#
# usage: tests/packaging/package.sh ARCHITECTURE [FOLDER [VERSION]]     writes FOLDER/picam-stream_VERSION_ARCH.deb (dist/)
set -euo pipefail
cd "$(dirname "$0")/../.."

main() {
    local triple version arch=${1-} folder=${2-dist} override=${3-}
    triple=$(tests/packaging/architecture.sh "$arch" triple)
    export PATH="$PWD/target/tools/bin:$PATH" CARGO_TARGET_DIR="$PWD/target"
    version=$(version_of_all)
    # The time of everything in the package: that of the commit, so that the same commit gives the same bytes.
    SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH-$(git log -1 --format=%ct)}
    export SOURCE_DATE_EPOCH
    tests/packaging/docs.sh
    pack "$triple" "$arch" "$folder" "$override"
    echo "$folder/picam-stream_${override:-$version}_$arch.deb"
}

# The version stands in two files; they must agree.
version_of_all() {
    local crate changelog
    crate=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n1)
    changelog=$(dpkg-parsechangelog -S Version)
    if [ "$crate" != "$changelog" ]; then
        echo "tests/packaging/package.sh: Cargo.toml has version $crate, debian/changelog $changelog" >&2
        exit 1
    fi
    echo "$crate"
}

pack() {
    local triple=$1 arch=$2 folder=$3 override=$4 prefix options=()
    [ -z "$override" ] || options=(--deb-version "$override")
    prefix=$(tests/packaging/architecture.sh "$arch" binutils)-
    [ "$prefix" != -- ] || prefix=""
    mkdir -p "$folder"
    CARGO_TARGET_DIR="$PWD/target/cross" env "STRIP_$triple=/usr/bin/${prefix}strip" \
        cargo deb --quiet --no-build --locked --target "$triple" --strip --output "$folder" "${options[@]}" >/dev/null
}

main "$@"
