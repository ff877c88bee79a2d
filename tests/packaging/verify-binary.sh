#!/bin/bash
# Checks that a freshly built, unstripped binary runs where the package promises: processor, libraries, glibc. On armhf
# every instruction is looked at: one that the first Raspberry Pi does not know kills the program there with SIGILL,
# and nothing on a newer machine shows it.
#
# usage: tests/packaging/verify-binary.sh ARCHITECTURE BINARY     a name in architectures.tsv
#        tests/packaging/verify-binary.sh scan BINARY     the instructions alone
set -euo pipefail
here=$(dirname "$0")

# What is in the package libc6 itself.
LIBRARIES='^(libc\.so\.6|libpthread\.so\.0|libdl\.so\.2|libm\.so\.6|librt\.so\.1|ld-linux.*\.so\.[0-9])$'

main() {
    local oldest
    [ $# = 2 ] || { echo "usage: tests/packaging/verify-binary.sh ARCHITECTURE|scan BINARY" >&2; exit 64; }
    binary=$2
    [ -r "$binary" ] || fail "no such file"
    if [ "$1" = scan ]; then instructions; return; fi
    machine "$("$here/architecture.sh" "$1" machine)"
    case "$("$here/architecture.sh" "$1" instructions)" in armv6) arm_attributes; instructions ;; esac
    oldest=$("$here/architecture.sh" "$1" glibc)
    if [ "$oldest" = - ]; then static; else libraries; glibc "$oldest"; fi
}

fail() { echo "verify: $binary: $*" >&2; exit 1; }

machine() {
    readelf -hW "$binary" | grep -qx " *Machine: *$1" || fail "is not for the processor $1"
}

arm_attributes() {
    local attributes
    attributes=$(readelf -A "$binary")
    grep -qx ' *Tag_CPU_arch: v6\(K\|KZ\)\?' <<<"$attributes" || fail "its attributes do not say ARMv6: $attributes"
    grep -qx ' *Tag_FP_arch: VFPv2' <<<"$attributes" || fail "its attributes do not say VFPv2: $attributes"
    readelf -hW "$binary" | grep -q 'hard-float ABI\|Version5 EABI' || fail "is not hard-float"
}

libraries() {
    local other
    other=$(needed | grep -vE "$LIBRARIES") || return 0
    fail "needs a library other than glibc's: $other"
}

static() {
    [ -z "$(needed)" ] || fail "is not static: it needs $(needed)"
}

needed() { readelf -dW "$binary" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }

glibc() {
    local highest oldest=$1
    highest=$(readelf -VW "$binary" | { grep -o 'GLIBC_[0-9.]*' || true; } | sed 's/GLIBC_//' | sort -uV | tail -n1)
    [ -n "$highest" ] || fail "names no version of glibc"
    [ "$(printf '%s\n' "$highest" "$oldest" | sort -V | tail -n1)" = "$oldest" ] ||
        fail "needs glibc $highest; it must start where there is $oldest"
    echo "verify: $binary: glibc $highest at most, libraries $(needed | tr '\n' ' ')"
}

# Only the mapping symbols tell code ($a: ARM, $t: Thumb) from the constants between it ($d).
instructions() {
    local marks
    marks=$(readelf -sW "$binary" | awk '$8 ~ /^\$[adt]/ { print substr($8, 1, 2) }' | sort | uniq -c)
    grep -qF "\$a" <<<"$marks" || fail "holds no mapping symbols: the check needs the unstripped binary"
    if grep -qF "\$t" <<<"$marks"; then fail "holds Thumb code"; fi
    arm-linux-gnueabihf-objdump -d --no-show-raw-insn "$binary" | awk -F'\t' -f "$here/armv6.awk" ||
        fail "holds instructions that an ARMv6K processor does not know"
}

main "$@"
