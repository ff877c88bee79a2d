//! The same commit gives the same bytes: armhf is built once more, in another folder, with another cargo home, another
//! file mode mask, another time zone and language, and the packages are compared.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use test_support::commands::{command, printed, run};
use test_support::packages::{package, project};

#[test]
fn a_second_build_elsewhere_gives_the_same_package() {
    let folder = TempDir::new().expect("a folder for the second build");
    let copy = folder.path().join("elsewhere");
    let cargo_home = folder.path().join("cargo");
    copy_sources(&copy);
    lend(&copy, &cargo_home);
    let script = "umask 027; export TZ=Pacific/Kiritimati LC_ALL=C
        CARGO_HOME=\"$1\" tests/packaging/cross.sh armhf >/dev/null && tests/packaging/package.sh armhf";
    // Without a time limit: on a busy machine it takes long.
    let mut build = Command::new("sh");
    build
        .current_dir(&copy)
        .env("CARGO_HOME", &cargo_home)
        .env("SOURCE_DATE_EPOCH", commit_time());
    build
        .args(["-c", script, "sh"])
        .arg(&cargo_home)
        .env_remove("CARGO_TARGET_DIR");
    run(&mut build).good();
    let [first, second] = [
        package("armhf"),
        copy.join("dist")
            .join(package("armhf").file_name().unwrap()),
    ];
    if fs::read(&first).unwrap() != fs::read(&second).unwrap() {
        panic!("the packages differ:\n{}", difference(&first, &second));
    }
}

/// The files that git has, as they are now.
fn copy_sources(copy: &Path) {
    fs::create_dir(copy).unwrap();
    let script = "git ls-files -z | tar --null --files-from=- -c | tar -x -C \"$1\"";
    run(command("sh").args(["-c", script, "sh"]).arg(copy)).good();
}

/// The tools, the sources of the crates, and what was built for this machine: none of it is in the package.
fn lend(copy: &Path, cargo_home: &Path) {
    let target = copy.join("target");
    fs::create_dir(&target).unwrap();
    for shared in ["tools", "debug"] {
        symlink(project().join("target").join(shared), target.join(shared)).unwrap();
    }
    fs::create_dir(cargo_home).unwrap();
    let real = std::env::var_os("CARGO_HOME").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").expect("HOME")).join(".cargo"),
        PathBuf::from,
    );
    for entry in fs::read_dir(real).unwrap().flatten() {
        symlink(entry.path(), cargo_home.join(entry.file_name())).unwrap();
    }
}

fn commit_time() -> String {
    printed("git", ["log", "-1", "--format=%ct"])
        .trim()
        .to_owned()
}

/// Which files of the two packages are not the same; where all are, their times.
fn difference(first: &Path, second: &Path) -> String {
    let folder = TempDir::new().unwrap();
    let [a, b] = ["a", "b"].map(|name| folder.path().join(name));
    for (package, place) in [(first, &a), (second, &b)] {
        printed("dpkg-deb", [Path::new("--raw-extract"), package, place]);
    }
    let compared = run(command("diff").args(["-rq"]).args([&a, &b]));
    if !compared.out.is_empty() {
        return compared.out;
    }
    let [first, second] =
        [first, second].map(|package| printed("dpkg-deb", [Path::new("--contents"), package]));
    format!("by times or modes alone; was there a commit since `make deb`?\n{first}\n{second}")
}
