#!/bin/bash
# Makes a signed apt repository of the packages in a folder: plain files, for any web server that hands out files. It
# builds no package, and the key is never in the project: gpg holds it.
#
# usage: SIGNING_KEY=KEY tests/packaging/repository.sh [FROM [TO]]       packages in FROM (dist), the repository in TO (dist/apt)
#        KEY as gpg understands it. Without it a key is made once and kept in the user's home, below
#        ${XDG_DATA_HOME:-~/.local/share}/picam-stream: a Pi that knows the repository takes it with no other key.
set -euo pipefail
cd "$(dirname "$0")/../.."

main() {
    local from=${1-dist} to=${2-dist/apt} arch
    compgen -G "$from/*.deb" >/dev/null || { echo "tests/packaging/repository.sh: no package in $from: make deb" >&2; exit 1; }
    SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH-$(git log -1 --format=%ct)}
    rm -rf "$to"
    mkdir -p "$to/pool/main/p/picam-stream"
    cp -p "$from"/*.deb "$to/pool/main/p/picam-stream/"
    for arch in $(tests/packaging/architecture.sh packages); do index "$to" "$arch"; done
    release "$to"
    [ -n "${SIGNING_KEY-}" ] || kept_key
    sign "$to"
    echo "$to"
}

index() {
    local to=$1 folder=dists/stable/main/binary-$2
    mkdir -p "$to/$folder"
    (cd "$to" && apt-ftparchive --arch "$2" packages pool >"$folder/Packages")
    gzip -9nk "$to/$folder/Packages"
}

# Dated like the commit, so that the same packages give the same file. There is no end of validity: nobody would renew it.
release() {
    local field options=()
    for field in Origin=picam-stream Label=picam-stream Suite=stable Codename=stable Components=main \
        "Architectures=$(tests/packaging/architecture.sh packages | xargs)" "Description=The camera of a Raspberry Pi on TCP port 3333"; do
        options+=(-o "APT::FTPArchive::Release::$field")
    done
    apt-ftparchive "${options[@]}" release "$1/dists/stable" |
        sed "s/^Date: .*/Date: $(LC_ALL=C date -u -d "@$SOURCE_DATE_EPOCH" '+%a, %d %b %Y %H:%M:%S UTC')/" \
        >"$1/Release.new"
    mv "$1/Release.new" "$1/dists/stable/Release"
}

kept_key() {
    GNUPGHOME=${XDG_DATA_HOME:-$HOME/.local/share}/picam-stream/signing
    export GNUPGHOME
    SIGNING_KEY="picam-stream repository"
    mkdir -p "$GNUPGHOME"
    chmod 700 "$GNUPGHOME"
    trap 'gpgconf --kill all' EXIT
    if ! gpg --batch --quiet --list-secret-keys "$SIGNING_KEY" >/dev/null 2>&1; then
        gpg --batch --quiet --passphrase '' --quick-generate-key "$SIGNING_KEY" rsa3072 sign never
        echo "repository: made a key to sign with. Keep a copy of $GNUPGHOME:" \
            "without it, every Pi that uses this repository has to be told a new key by hand" >&2
    fi
}

# The two forms of the signature that apt takes, and the key in the two forms that it takes below /etc/apt/keyrings.
sign() {
    local stable=$1/dists/stable gpg=(gpg --batch --yes --quiet --local-user "$SIGNING_KEY" --digest-algo SHA512)
    "${gpg[@]}" --clearsign --output "$stable/InRelease" "$stable/Release"
    "${gpg[@]}" --armor --detach-sign --output "$stable/Release.gpg" "$stable/Release"
    gpg --batch --quiet --export "$SIGNING_KEY" >"$1/picam-stream.gpg"
    gpg --batch --quiet --armor --export "$SIGNING_KEY" >"$1/picam-stream.asc"
    [ -s "$1/picam-stream.gpg" ] || { echo "tests/packaging/repository.sh: gpg has no key $SIGNING_KEY" >&2; exit 1; }
}

main "$@"
