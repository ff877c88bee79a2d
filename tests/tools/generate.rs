//! Prints what is made from the table of options, for packaging: `cargo run --example generate --
//! man|completion|help`. It runs on the machine that builds, whatever machine the package is for.

use std::io::{Error, Result, Write, stdout};

use picam_stream::options::{bash_completion, help, man_page};

fn main() -> Result<()> {
    let text = match std::env::args().nth(1).as_deref() {
        Some("man") => man_page(),
        Some("completion") => bash_completion(),
        Some("help") => help(),
        _ => return Err(Error::other("say what to print: man, completion or help")),
    };
    stdout().write_all(text.as_bytes())
}
