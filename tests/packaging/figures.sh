#!/bin/bash
# Prints the package's figures: sizes, and how much systemd thinks an instance is exposed (0 to 10).
#
# usage: tests/packaging/figures.sh [FOLDER]     the packages' folder (dist)
set -euo pipefail
cd "$(dirname "$0")/../.."

for package in "${1-dist}"/picam-stream_*.deb; do
    [ -e "$package" ] || { echo "tests/packaging/figures.sh: no package in ${1-dist}: make deb" >&2; exit 1; }
    printf '%s: %d bytes, installed %d kB\n' "${package##*/}" "$(stat -c %s "$package")" \
        "$(dpkg-deb --field "$package" Installed-Size)"
done
echo "exposure of raspivid@.service: $(systemd-analyze security --offline=true debian/raspivid@.service |
    sed -n 's/.*exposure level.*: \([0-9.]*\) .*/\1/p')"
