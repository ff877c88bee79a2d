#!/bin/bash
# Makes the manual page, the completion of bash and the copyright file, in target/deb: from the table of options and
# from the list of crates that are linked into the program.
#
# usage: tests/packaging/docs.sh
set -euo pipefail
cd "$(dirname "$0")/../.."

mkdir -p target/deb
cargo run --quiet --locked --example generate -- man >target/deb/picam-stream.1
cargo run --quiet --locked --example generate -- completion >target/deb/picam-stream
tests/packaging/crates.sh | cat debian/copyright - >target/deb/copyright
