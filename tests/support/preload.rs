//! Libraries in C that are preloaded into a program, ours or a peer, and answer some of its calls.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::commands::run;
use crate::packages::project;
use crate::program::program_path;

/// The library that this file of the project makes, by its path below the top folder; it needs no other library than C's.
pub fn library(source: &str) -> PathBuf {
    let source = project().join(source);
    let name = Path::new(source.file_name().expect("a file"));
    let library = program_path().with_file_name(name.with_extension("so"));
    let own = library.with_extension(std::process::id().to_string());
    run(Command::new("gcc")
        .args(["-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o"])
        .args([&own, &source]))
    .good();
    // In one step: another test process may load it just now.
    fs::rename(&own, &library).expect("its place");
    library
}
