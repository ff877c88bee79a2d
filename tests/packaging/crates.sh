#!/bin/bash
# Writes the paragraphs of debian/copyright for the crates that are linked into the program: whose they are, by their
# licence files, and the licence. Where a crate leaves the choice, MIT ("Expat" to Debian) is taken; where it does not
# offer MIT alone, its licence files are given in full.
#
# usage: tests/packaging/crates.sh
set -euo pipefail
cd "$(dirname "$0")/../.."

main() {
    local crate version licence folder
    cargo fetch --quiet --locked
    linked | while IFS='|' read -r crate version licence; do
        folder=$(echo "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/"$crate-$version")
        [ -d "$folder" ] || { echo "tests/packaging/crates.sh: no sources of $crate $version" >&2; exit 1; }
        printf '\nFiles: %s-%s/*\nCopyright: %s\n' "$crate" "$version" "$(holders "$folder" "$crate")"
        if [[ "$licence" =~ ^(.*\ OR\ |.*/)?MIT(\ OR\ .*|/.*)?$ && "$licence" != *AND* ]]; then
            echo "License: Expat"
        else
            echo "License: ${licence// /-}"
            text "$folder" "$licence"
        fi
    done
}

# NAME|VERSION|LICENCE of what the binary holds, on any architecture that has a package; macros run while it is built.
linked() {
    local targets
    mapfile -t targets < <(tests/packaging/architecture.sh triples | sed 's/^/--target=/')
    cargo tree --quiet --locked --edges normal,no-proc-macro --prefix none --format '{p}|{l}' "${targets[@]}" |
        sed -n 's/^\([^ ]*\) v\([^ |]*\)[^|]*|\(.*\)$/\1|\2|\3/p' | sed 's/ (\*)$//' | grep -v '^picam-stream|' | sort -u
}

holders() {
    local lines
    lines=$(licence_files "$1" | xargs -d '\n' -r cat |
        grep -iE '^ *(copyright +(\(c\)|©)|copyright +[0-9]{4}|\(c\) copyright)' |
        sed 's/^ *//; s/[Cc]opyright //; s/([Cc]) //; s/© //; s/ *$//' | sort -u | head -n 8 | sed '2,$s/^/ /') || true
    echo "${lines:-the authors of $2}"
}

# The long text of the Apache License is on every Debian system.
text() {
    licence_files "$1" | { grep -vi apache || true; } | xargs -d '\n' -r cat | sed 's/[[:space:]]*$//; s/^$/./; s/^/ /'
    [[ "$2" != *Apache-2.0* ]] || printf ' .\n The Apache License is in /usr/share/common-licenses/Apache-2.0.\n'
}

# Those of C++ sources that come with a crate, too.
licence_files() {
    find "$1" -maxdepth 2 -iregex "$1/\(upstream/\)?\(licen[cs]e\|copying\|copyright\)[^/]*" -type f | sort
}

main "$@"
