//! The repository of `make repo`, read by gpgv and by apt itself, with nothing of this machine's own settings.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use test_support::commands::{Done, command, printed, run};
use test_support::packages::{VERSION, package, packaged, project};

#[test]
fn both_signatures_are_by_the_key_beside_them() {
    let repository = built();
    let stable = repository.join("dists/stable");
    let key = repository.join("picam-stream.gpg");
    let keyring = [Path::new("--keyring"), &key];
    printed(
        "gpgv",
        keyring
            .into_iter()
            .chain([stable.join("InRelease").as_path()]),
    );
    printed(
        "gpgv",
        keyring.into_iter().chain([
            stable.join("Release.gpg").as_path(),
            &stable.join("Release"),
        ]),
    );
    let armored = fs::read_to_string(repository.join("picam-stream.asc")).unwrap();
    assert!(
        armored.starts_with("-----BEGIN PGP PUBLIC KEY BLOCK-----"),
        "{armored}"
    );
}

#[test]
fn apt_finds_the_package_by_name_for_every_architecture_and_gets_the_same_bytes() {
    for arch in packaged() {
        let client = Client::of(&built(), arch);
        client.apt(&["update"]).good();
        let fetched = client.apt(&["download", "picam-stream"]);
        fetched.good();
        let file = client
            .folder
            .path()
            .join(format!("picam-stream_{}_{arch}.deb", *VERSION));
        assert!(
            fs::read(file).unwrap() == fs::read(package(arch)).unwrap(),
            "{arch}: other bytes"
        );
    }
}

#[test]
fn apt_refuses_a_list_that_was_changed_after_it_was_signed() {
    let folder = TempDir::new().unwrap();
    let copy = folder.path().join("apt");
    printed("cp", [Path::new("-a"), &built(), &copy]);
    let list = copy.join("dists/stable/main/binary-armhf/Packages");
    let changed = fs::read_to_string(&list)
        .unwrap()
        .replace("libc6", "nothing");
    fs::write(&list, changed).unwrap();
    fs::remove_file(list.with_extension("gz")).unwrap();
    let result = Client::of(&copy, "armhf").apt(&["update"]);
    let said = result.err;
    assert!(
        !result.status.success() || said.contains("W:"),
        "apt took the changed list: {said}"
    );
    assert!(
        said.contains("Hash Sum mismatch") || said.contains("unexpected size"),
        "{said}"
    );
}

#[test]
fn the_users_own_key_signs_and_the_rest_does_not_depend_on_it() {
    let folder = TempDir::new().unwrap();
    let home = folder.path().join("gnupg");
    fs::create_dir(&home).unwrap();
    printed("chmod", [Path::new("700"), &home]);
    let gpg = |args: &[&str]| {
        run(command("gpg")
            .env("GNUPGHOME", &home)
            .args(["--batch", "--quiet", "--passphrase", ""])
            .args(args))
    };
    gpg(&[
        "--quick-generate-key",
        "A Maintainer <maintainer@example.org>",
        "rsa3072",
        "sign",
        "never",
    ])
    .good();
    let made = folder.path().join("apt");
    let mut script = command("tests/packaging/repository.sh");
    script
        .env("GNUPGHOME", &home)
        .env("SIGNING_KEY", "maintainer@example.org")
        .arg("dist")
        .arg(&made);
    run(&mut script).good();
    run(command("gpgconf")
        .env("GNUPGHOME", &home)
        .args(["--kill", "all"]));

    let key = printed(
        "gpg",
        [Path::new("--show-keys"), &made.join("picam-stream.asc")],
    );
    assert!(key.contains("maintainer@example.org"), "{key}");
    for unsigned in [
        "Release",
        "main/binary-armhf/Packages",
        "main/binary-armhf/Packages.gz",
    ] {
        let [ours, theirs] = [&built(), &made]
            .map(|root| fs::read(root.join("dists/stable").join(unsigned)).unwrap());
        assert!(
            ours == theirs,
            "{unsigned} differs from one run to the next"
        );
    }
}

#[test]
fn without_a_key_of_ones_own_one_is_made_once_and_kept() {
    let folder = TempDir::new().unwrap();
    let home = folder.path().join("data");
    let make = |name: &str| {
        let made = folder.path().join(name);
        let mut script = command("tests/packaging/repository.sh");
        script
            .env("XDG_DATA_HOME", &home)
            .env_remove("SIGNING_KEY")
            .arg("dist")
            .arg(&made);
        run(&mut script).good();
        fs::read(made.join("picam-stream.gpg")).unwrap()
    };
    assert!(make("first") == make("second"), "the second key is another");
}

fn built() -> PathBuf {
    let repository = project().join("dist/apt");
    assert!(
        repository.join("dists").is_dir(),
        "{} is missing: make repo",
        repository.display()
    );
    repository
}

/// An apt with one source, one architecture, and folders of its own.
struct Client {
    folder: TempDir,
    settings: PathBuf,
}

impl Client {
    fn of(repository: &Path, arch: &str) -> Client {
        let folder = TempDir::new().expect("a folder for apt");
        let root = folder.path();
        for path in [
            "lists/partial",
            "cache/archives/partial",
            "etc/apt.conf.d",
            "etc/preferences.d",
        ] {
            fs::create_dir_all(root.join(path)).unwrap();
        }
        fs::write(root.join("status"), "").unwrap();
        let key = repository.join("picam-stream.gpg");
        let source = format!(
            "deb [signed-by={}] file:{} stable main\n",
            key.display(),
            repository.display()
        );
        fs::write(root.join("sources.list"), source).unwrap();
        let at = root.display();
        let settings = format!(
            "APT::Architecture \"{arch}\"; APT::Architectures {{ \"{arch}\"; }};\n\
             Dir::Etc \"{at}/etc\"; Dir::Etc::sourcelist \"{at}/sources.list\"; Dir::Etc::sourceparts \"-\";\n\
             Dir::State \"{at}\"; Dir::State::status \"{at}/status\"; Dir::State::lists \"{at}/lists\";\n\
             Dir::Cache \"{at}/cache\"; APT::Sandbox::User \"root\"; Acquire::Languages \"none\";\n"
        );
        let file = root.join("apt.conf");
        fs::write(&file, settings).unwrap();
        Client {
            settings: file,
            folder,
        }
    }

    fn apt(&self, args: &[&str]) -> Done {
        let mut apt: Command = command("apt-get");
        run(apt
            .env("APT_CONFIG", &self.settings)
            .current_dir(self.folder.path())
            .args(args))
    }
}
