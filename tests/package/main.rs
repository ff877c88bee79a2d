//! What the packages are, looked at from outside with Debian's own tools: their files and fields, the instructions in
//! the binary, the units, the repository, and whether a second build gives the same bytes.
//!
//! It reads what `make deb` (for all three architectures), `make zero` and `make repo` left in `dist` and `target`, and
//! fails where that is missing. What the packages do once they are installed is tested in `tests/containers`.

mod binary;
mod contents;
mod install;
mod repository;
mod reproducible;
mod units;
