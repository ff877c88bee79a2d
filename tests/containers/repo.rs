//! The apt repositories that the containers install from: the built one, and a second one with higher versions.
//!
//! The higher versions are the built package with another version number and another line in its conffile: what an
//! upgrade does is decided by these, and nothing has to be compiled for them.

use crate::container::Container;
use std::fs;
use std::path::{Path, PathBuf};
use test_support::commands::{command, run};

/// As the package names it.
pub const CONFFILE: &str = "etc/default/raspivid";

/// Versions above any real one, in the order in which they are installed.
pub const VERSIONS: [&str; 4] = ["99.1", "99.2", "99.3", "99.4"];

/// Gives the container the repository that `make repo` made, and no other.
pub fn add(container: &Container) {
    container.write("etc/apt/sources.list", "");
    add_source(container, "picam-stream", &dist().join("apt"));
}

/// Adds a repository with [`VERSIONS`].
pub fn add_next(container: &Container) {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(container.name());
    for version in VERSIONS {
        repack(&package(container.root.arch), version, &place, |tree| {
            edit(&tree.join(CONFFILE), |shipped| {
                next_conffile(version, shipped)
            });
        });
    }
    let made = place.join("apt");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packaging/repository.sh");
    run(command(script.to_str().unwrap()).args([&place, &made])).good();
    add_source(container, "picam-next", &made);
    fs::remove_dir_all(&place).unwrap();
}

/// As the README tells a user to add it, but for the web server.
fn add_source(container: &Container, name: &str, repository: &Path) {
    let key = repository.join("picam-stream.gpg");
    if !key.exists() {
        missing(&key.display().to_string());
    }
    fs::create_dir_all(container.path("etc/apt/keyrings")).unwrap();
    fs::copy(
        &key,
        container.path(&format!("etc/apt/keyrings/{name}.gpg")),
    )
    .unwrap();
    run(command("cp")
        .arg("-r")
        .arg(repository)
        .arg(container.path(&format!("srv/{name}"))))
    .good();
    let line =
        format!("deb [signed-by=/etc/apt/keyrings/{name}.gpg] file:/srv/{name} stable main\n");
    container.write(&format!("etc/apt/sources.list.d/{name}.list"), line);
    container.sh("apt-get update");
}

/// The built package for this architecture.
pub fn package(arch: &str) -> PathBuf {
    let is_it =
        |name: &str| name.starts_with("picam-stream_") && name.ends_with(&format!("_{arch}.deb"));
    find(&dist(), is_it).unwrap_or_else(|| missing(&format!("dist/picam-stream_*_{arch}.deb")))
}

/// The conffile as version `version` ships it.
pub fn next_conffile(version: &str, shipped: &str) -> String {
    format!("{shipped}# This line came with version {version}.\n")
}

/// Puts the package as version 0.1.0 had it, in conffile and units, into the container.
pub fn add_first(container: &Container) -> String {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-first", container.name()));
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/0.1.0");
    repack(&package(container.root.arch), "0.1.0", &place, |tree| {
        let units = tree.join("usr/lib/systemd/system");
        for (name, folder) in [
            ("raspivid", tree.join("etc/default")),
            ("raspivid.socket", units.clone()),
            ("raspivid@.service", units.clone()),
        ] {
            fs::copy(data.join(name), folder.join(name)).unwrap();
        }
    });
    let is_it = |name: &str| name.ends_with(".deb");
    let deb = find(&place, is_it).expect("the package of 0.1.0");
    fs::copy(deb, container.path("root/first.deb")).unwrap();
    fs::remove_dir_all(&place).unwrap();
    "/root/first.deb".to_owned()
}

fn repack(deb: &Path, version: &str, place: &Path, change: impl Fn(&Path)) {
    let tree = place.join("tree");
    fs::create_dir_all(place).unwrap();
    run(command("dpkg-deb").arg("--raw-extract").args([deb, &tree])).good();
    edit(&tree.join("DEBIAN/control"), |control| {
        let with_version = |line: &str| match line.starts_with("Version: ") {
            true => format!("Version: {version}\n"),
            false => format!("{line}\n"),
        };
        control.lines().map(with_version).collect()
    });
    change(&tree);
    let _ = fs::remove_file(tree.join("DEBIAN/md5sums"));
    run(command("dpkg-deb")
        .args(["-Zgzip", "--build"])
        .args([&tree, place]))
    .good();
    fs::remove_dir_all(&tree).unwrap();
}

fn edit(file: &Path, change: impl FnOnce(&str) -> String) {
    let text = fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    fs::write(file, change(&text)).unwrap();
}

fn dist() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("dist")
}

fn find(folder: &Path, is_it: impl Fn(&str) -> bool) -> Option<PathBuf> {
    let names = fs::read_dir(folder).ok()?.flatten();
    names
        .map(|entry| entry.path())
        .find(|path| is_it(&path.file_name().unwrap_or_default().to_string_lossy()))
}

fn missing(what: &str) -> ! {
    panic!("there is no {what}: run `make deb`, for each architecture, and `make repo` first")
}
