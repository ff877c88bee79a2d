#!/bin/bash
# Reads architectures.tsv, the one list of machines that the program is built for.
#
# usage: tests/packaging/architecture.sh NAME FIELD     one field of a machine; exit status 64 and the known names otherwise
#        tests/packaging/architecture.sh packages       the names of those that a package is made for
#        tests/packaging/architecture.sh triples        the triples of these
#        tests/packaging/architecture.sh binutils       the Debian packages with the tools for all of them
set -euo pipefail
table=$(dirname "$0")/architectures.tsv

# The values of column $1 on the lines where column $2 is $3.
column() {
    awk -F'\t' -v wanted="$1" -v by="$2" -v value="$3" '
        /^# name\t/ { sub(/^# /, ""); for (i = 1; i <= NF; i++) at[$i] = i; next }
        /^#/ { next }
        !(wanted in at) || !(by in at) { exit 64 }
        $at[by] == value { print $at[wanted] }' "$table"
}

case "$#:${1-}" in
1:packages) column name package yes ;;
1:triples) column triple package yes ;;
1:binutils) awk -F'\t' '!/^#/ && $4 != "-" { print "binutils-" $4 }' "$table" | sort -u ;;
2:*)
    value=$(column "$2" name "$1") || value=""
    [ -n "$value" ] || {
        echo "there is no architecture '$1' with a '$2'; architectures: $(awk -F'\t' '!/^#/ { printf "%s ", $1 }' "$table")" >&2
        exit 64
    }
    echo "$value"
    ;;
*) sed -n '4,7s/^# //p' "$0" >&2; exit 64 ;;
esac
