#!/bin/bash
# Installs the program without a package, or takes it away again. What is built is built by the user, also under sudo;
# what is installed is installed by root.
#
# usage: [DESTDIR=] [prefix=/usr] tests/packaging/install.sh install|uninstall
#        PROGRAM=FILE: installs this file, and builds nothing
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
cd "$here"
DESTDIR=${DESTDIR-} prefix=${prefix:-/usr}
SERVICES='raspivid@.service picam-camera.service'
root=$DESTDIR$prefix doc=$DESTDIR$prefix/share/doc/picam-stream

main() {
    case "${1-}" in
    build) build ;;
    install)
        [ -n "${PROGRAM-}" ] || as_user tests/packaging/install.sh build
        place
        next
        ;;
    uninstall) take_away ;;
    *) echo "usage: tests/packaging/install.sh install|uninstall" >&2; exit 64 ;;
    esac
}

say() { echo "install: $*" >&2; }

build() {
    tests/setup.sh run
    say "building the program: minutes the first time"
    cargo build --release --locked
    tests/packaging/docs.sh
}

# Under sudo: who called it, with the folder where rustup puts cargo.
as_user() {
    local home
    if [ "$(id -u)" != 0 ] || [ -z "${SUDO_USER-}" ]; then
        "$@"
        return
    fi
    home=$(getent passwd "$SUDO_USER" | cut -d: -f6)
    sudo -H -u "$SUDO_USER" env PATH="$home/.cargo/bin:$PATH" CARGO_TARGET_DIR="$here/target" "$@"
}

# Into a folder that is no system the user himself may write.
as_root() { if [ "$(id -u)" = 0 ] || [ -n "$DESTDIR" ]; then "$@"; else sudo "$@"; fi; }

# MODE, what is installed, and where.
files() {
    echo "755 ${PROGRAM:-target/release/picam-stream} $root/bin/picam-stream"
    echo "644 target/deb/picam-stream.1 $root/share/man/man1/picam-stream.1"
    echo "644 target/deb/picam-stream $root/share/bash-completion/completions/picam-stream"
    echo "644 target/deb/copyright $doc/copyright"
    echo "644 README.md $doc/README.md"
    echo "644 debian/changelog $doc/changelog"
    local example
    for example in debian/examples/*; do echo "644 $example $doc/examples/${example##*/}"; done
    local units=$root/lib/systemd/system
    echo "644 debian/raspivid.socket $units/raspivid.socket"
    local socket
    for socket in debian/picam-*.socket; do echo "644 $socket $units/${socket##*/}"; done
    local service
    for service in $SERVICES; do echo "644 target/deb/$service $units/$service"; done
}

place() {
    local mode from to
    local service
    for service in $SERVICES; do sed "s|/usr/bin/|$prefix/bin/|" "debian/$service" >"target/deb/$service"; done
    files | while read -r mode from to; do as_root install -D -m "$mode" "$from" "$to"; done
    [ -e "$DESTDIR/etc/default/raspivid" ] ||
        as_root install -D -m 644 assets/default/raspivid "$DESTDIR/etc/default/raspivid"
}

next() {
    [ -z "$DESTDIR" ] || return 0
    cat <<TEXT

picam-stream is installed. What is left to do:

  sudo systemctl daemon-reload && sudo systemctl enable --now raspivid.socket
  picam-stream doctor                     looks at camera, options and port

The options are in /etc/default/raspivid. A player opens tcp://$(hostname).local:3333 (VLC: tcp/h264://$(hostname).local:3333).
make uninstall takes all of it away again, but for the options.
TEXT
}

take_away() {
    local to
    if [ -z "$DESTDIR" ] && [ -d /run/systemd/system ]; then
        as_root systemctl disable --now raspivid.socket picam-web.socket picam-rtsp.socket picam-camera.socket || true
        as_root systemctl stop picam-camera.service 'raspivid@*.service' || true
    fi
    files | while read -r _ _ to; do as_root rm -f "$to"; done
    [ ! -d "$doc" ] || as_root rmdir --ignore-fail-on-non-empty "$doc/examples" "$doc"
    [ -n "$DESTDIR" ] || [ ! -d /run/systemd/system ] || as_root systemctl daemon-reload
    [ ! -e "$DESTDIR/etc/default/raspivid" ] || say "your options are kept: $DESTDIR/etc/default/raspivid"
}

main "$@"
