#!/bin/bash
# Installs what the Makefile's targets need on a Debian 12 amd64 machine that has cargo, apt and python3.
# It does not build the project, and it changes nothing that is there already.
#
# usage: tests/setup.sh GROUP...      groups: run check deb test bench
set -euo pipefail
cd "$(dirname "$0")/.."

# zig is the C compiler and linker that can aim at an old glibc and at ARMv6.
DEB_PYTHON=(ziglang==0.17.1 cargo-zigbuild==0.24.1)
# PyAV is what Home Assistant opens streams with.
TEST_PYTHON=(av==18.1.0)
CARGO_DEB="^3.8"

# openh264 is C++, and on amd64 assembly: without nasm it builds too, but slow and with other bytes.
BUILD="build-essential nasm git"

packages_of() {
    case "$1" in
    run) echo "$BUILD systemd" ;;
    check) echo "$BUILD shellcheck" ;;
    # binutils for readelf, objdump and strip of the other processors; apt-utils and gnupg for the repository.
    deb) echo "$BUILD python3-venv ca-certificates dpkg-dev apt-utils gnupg man-db" \
        "$(tests/packaging/architecture.sh binutils | xargs)" ;;
    # Chromium and WebKit come with drivers, Firefox is its own; WebKit has no mode without a screen, which Xvfb is.
    # gcc-arm-linux-gnueabihf makes ARMv7 programs: what the instruction scan must refuse. libelf1 is for the build of
    # v4l2loopback, which the emulated PC of the V4L2 tests loads.
    test) echo "$BUILD systemd systemd-container mmdebstrap arch-test qemu-user-static binfmt-support qemu-system-x86" \
        "libelf1 e2fsprogs gcc-arm-linux-gnueabihf libc6-dev-armhf-cross lintian piuparts ffmpeg gstreamer1.0-tools" \
        "gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav" \
        "curl nginx-light gir1.2-gst-rtsp-server-1.0 python3-gi chromium chromium-driver firefox-esr webkit2gtk-driver xvfb" \
        "python3-venv netcat-openbsd iproute2 strace jq procps psmisc util-linux bash-completion file xz-utils" ;;
    # qemu-user's own qemu-arm takes plugins, the static one does not.
    # gstreamer, vlc and ustreamer are the peers that the shared camera is measured beside.
    bench) echo "$BUILD ffmpeg python3 strace jq systemd procps qemu-user gstreamer1.0-tools gstreamer1.0-plugins-base" \
        "gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gir1.2-gst-rtsp-server-1.0 python3-gi vlc-bin vlc-plugin-base ustreamer" ;;
    *) echo "tests/setup.sh: no group '$1' (there are run, check, deb, test, bench)" >&2; exit 64 ;;
    esac
}

main() {
    local group wanted="" missing
    [ $# -gt 0 ] || { echo "usage: tests/setup.sh GROUP...  (run check deb test bench)" >&2; exit 64; }
    for group in "$@"; do wanted+=" $(packages_of "$group")"; done
    [[ " $* " != *" deb "* ]] || arm_rust || wanted+=" rustc-web cargo-web rust-web-src"
    [[ " $* " != *" check "* ]] || arm_clippy || wanted+=" rustc-web cargo-web rust-web-src rust-web-clippy"
    # shellcheck disable=SC2086 # words on purpose
    missing=$(missing_packages $wanted)
    # shellcheck disable=SC2086
    [ -z "$missing" ] || install_packages $missing
    need_cargo
    [[ " $* " != *" deb "* ]] || { python_packages "${DEB_PYTHON[@]}"; cargo_deb; }
    [[ " $* " != *" test "* ]] || { python_packages "${TEST_PYTHON[@]}"; emulation; }
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

say() { echo "setup: $*" >&2; }

# Is there a Rust that can build for the first Raspberry Pi?
arm_rust() {
    tests/packaging/toolchain.sh "$(tests/packaging/architecture.sh armhf triple)" >/dev/null 2>&1
}

# And a clippy that can lint for it?
arm_clippy() { tests/packaging/lint-arm.sh --find >/dev/null 2>&1; }

need_cargo() {
    command -v cargo >/dev/null || { say "cargo is not on PATH: install Rust first"; exit 1; }
}

missing_packages() {
    local have
    have=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null | sed -n 's/ installed$//p') || true
    printf '%s\n' "$@" | sort -u | grep -vxF -e "$have" | tr '\n' ' ' || true
}

# Another apt may be at work, as the daily upgrades are: apt waits for it, for ten minutes at most.
tell_lock() {
    local holder
    command -v fuser >/dev/null || return 0
    holder=$(as_root fuser /var/lib/dpkg/lock-frontend 2>/dev/null | xargs) || return 0
    [ -z "$holder" ] || say "waiting for apt's lock, which $(ps -o comm= -p "${holder%% *}") (process ${holder%% *}) has"
}

# A mirror in the middle of an update names files that are not there yet: look again, a few times.
install_packages() {
    local try log
    log=$(mktemp)
    say "installing $*"
    for try in 1 2 3 4 5; do
        tell_lock
        # A foreign source that cannot be reached is no reason to stop.
        as_root apt-get -qq update >"$log" 2>&1 || true
        if as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=600 \
            --no-install-recommends install "$@" >>"$log" 2>&1
        then
            rm -f "$log"
            return
        fi
        say "apt did not succeed (try $try of 5): $(grep -m1 '^E:' "$log" || tail -n1 "$log")"
        sleep $((try * 10))
    done
    cat "$log" >&2
    rm -f "$log"
    say "apt could not install $*"
    exit 1
}

python_packages() {
    local venv=target/tools/python have
    if [ -x $venv/bin/python ]; then
        have=$($venv/bin/python -m pip --disable-pip-version-check freeze 2>/dev/null)
        [ "$(printf '%s\n' "$@" | grep -cxF -e "$have")" = $# ] && return
    fi
    say "installing $* into $venv"
    /usr/bin/python3 -m venv $venv
    $venv/bin/python -m pip install -q --disable-pip-version-check "$@"
}

cargo_deb() {
    local have
    have=$(PATH="$PWD/target/tools/bin:$PATH" cargo-deb --version 2>/dev/null | grep -o '[0-9.]*$') || have=0
    case "$have" in 3.[89].* | 3.[1-9][0-9].*) return ;; esac
    say "building cargo-deb $CARGO_DEB (about two minutes)"
    cargo install -q cargo-deb --version "$CARGO_DEB" --locked --root target/tools
}

# Programs for ARM run by qemu-user, in containers too: the kernel must know it as their interpreter.
emulation() {
    [ ! -e /proc/sys/fs/binfmt_misc/qemu-arm ] || return 0
    mountpoint -q /proc/sys/fs/binfmt_misc ||
        as_root mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
    as_root update-binfmts --enable qemu-arm >/dev/null
    [ -e /proc/sys/fs/binfmt_misc/qemu-arm ] ||
        { say "the kernel did not take qemu-arm as the interpreter for ARM (binfmt_misc)"; exit 1; }
}

main "$@"
