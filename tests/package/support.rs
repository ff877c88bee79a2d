//! Running tools, and finding what the build left. A tool that is missing fails the test with the way to get it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A machine that the program is built for: a line of `tests/packaging/architectures.tsv`.
pub struct Architecture {
    pub name: &'static str,
    pub triple: &'static str,
    /// The oldest glibc that the program must start on; `-` where it is static.
    pub glibc: &'static str,
    pub has_package: bool,
}

/// All of the table.
pub fn architectures() -> impl Iterator<Item = Architecture> {
    let table = include_str!("../packaging/architectures.tsv");
    let rows = table.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| {
        let fields: Vec<_> = row.split('\t').collect();
        let [name, triple, glibc, _, _, _, package] = fields[..] else {
            panic!("a row of architectures.tsv has seven fields: {row}")
        };
        Architecture {
            name,
            triple,
            glibc,
            has_package: package == "yes",
        }
    })
}

/// The names of those that packages are made for.
pub fn packaged() -> impl Iterator<Item = &'static str> {
    architectures()
        .filter(|architecture| architecture.has_package)
        .map(|architecture| architecture.name)
}

/// The version in Cargo.toml.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The top folder of the project.
pub fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The package for `arch` in `dist`.
pub fn package(arch: &str) -> PathBuf {
    let path = project().join(format!("dist/picam-stream_{VERSION}_{arch}.deb"));
    assert!(
        path.exists(),
        "{} is missing: make deb ARCH={arch}",
        path.display()
    );
    path
}

/// The package's files, in a folder that goes when the value does.
pub fn unpacked(arch: &str) -> TempDir {
    let folder = TempDir::new().expect("a folder for the package's files");
    stdout(
        "dpkg-deb",
        [Path::new("--extract"), &package(arch), folder.path()],
    );
    folder
}

/// A command that runs in the project's folder, speaks English and finds system administration programs.
pub fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    let path = std::env::var("PATH").unwrap_or_default();
    command
        .current_dir(project())
        .env("LC_ALL", "C.UTF-8")
        .env("PATH", path + ":/usr/sbin:/sbin");
    command
}

/// Runs a tool to its end, whatever that is.
pub fn output<A: AsRef<OsStr>>(program: &str, args: impl IntoIterator<Item = A>) -> Output {
    run(command(program).args(args))
}

/// Runs a prepared command to its end, whatever that is.
pub fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|e| {
        panic!(
            "{:?}: {e} (tests/setup.sh test deb installs it)",
            command.get_program()
        )
    })
}

/// What a tool that must succeed prints.
pub fn stdout<A: AsRef<OsStr>>(program: &str, args: impl IntoIterator<Item = A>) -> String {
    text(program, &output(program, args))
}

/// What a command that must have succeeded printed.
pub fn text(what: &str, output: &Output) -> String {
    assert!(
        output.status.success(),
        "{what}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}
