//! What is built for which machine, and where the build left it.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use tempfile::TempDir;

use crate::commands::printed;

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
pub static VERSION: LazyLock<String> = LazyLock::new(|| {
    let manifest = std::fs::read_to_string(project().join("Cargo.toml")).expect("Cargo.toml");
    let mut lines = manifest.lines();
    let version = lines.find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"'));
    version.expect("a version").to_owned()
});

/// The top folder of the project.
pub fn project() -> &'static Path {
    let support = Path::new(env!("CARGO_MANIFEST_DIR"));
    support
        .ancestors()
        .nth(2)
        .expect("tests/support is two folders down")
}

/// The package for `arch` in `dist`.
pub fn package(arch: &str) -> PathBuf {
    let path = project().join(format!("dist/picam-stream_{}_{arch}.deb", *VERSION));
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
    printed(
        "dpkg-deb",
        [Path::new("--extract"), &package(arch), folder.path()],
    );
    folder
}
