//! Debian's kernel, its headers, busybox and v4l2loopback, downloaded once as packages and unpacked, never installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use test_support::commands::run;

/// Where the packages lie unpacked; kept between runs.
pub struct Kernel {
    pub image: PathBuf,
    pub modules: PathBuf,
    pub busybox: PathBuf,
    /// v4l2loopback, built for this kernel.
    pub loopback: PathBuf,
}

impl Kernel {
    pub fn fetch() -> Self {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("v4l2-kernel");
        let ready = folder.join("ready");
        if !ready.exists() {
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir_all(folder.join("root")).expect("a folder for the kernel");
            // Old lists name packages that the mirror has no more. Who may not renew them goes on with what there is.
            let _ = Command::new("apt-get").args(["-qq", "update"]).status();
            let image = depends("linux-image-amd64").remove(0);
            let headers = image.replace("linux-image-", "linux-headers-");
            let mut packages = vec![image, headers.clone()];
            packages.extend(
                depends(&headers)
                    .into_iter()
                    .filter(|name| name.starts_with("linux-")),
            );
            packages.extend(["busybox-static".into(), "v4l2loopback-dkms".into()]);
            for package in packages {
                unpack(&folder, &package);
            }
            build_loopback(&folder.join("root/usr/src"), &headers);
            fs::write(&ready, "").expect("the mark that all is there");
        }
        let root = folder.join("root");
        Self {
            image: only_entry(&root.join("boot"), "vmlinuz-"),
            modules: only_entry(&root.join("lib/modules"), "").join("kernel"),
            busybox: root.join("bin/busybox"),
            loopback: only_entry(&root.join("usr/src"), "v4l2loopback-").join("v4l2loopback.ko"),
        }
    }

    /// The modules that `names` need, in the order in which they are loaded.
    pub fn module_files(&self, names: &[&str]) -> Vec<PathBuf> {
        let mut all = Vec::new();
        find_modules(&self.modules, &mut all);
        let mut order = Vec::new();
        for name in names {
            add_module(name, &all, &mut order);
        }
        order
    }
}

/// What a package depends on.
fn depends(package: &str) -> Vec<String> {
    let output = run(Command::new("apt-cache").args(["depends", package])).good();
    let names: Vec<_> = output
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Depends: "))
        .map(str::to_owned)
        .collect();
    assert!(
        !names.is_empty(),
        "apt does not know {package}; `apt-get update` may help"
    );
    names
}

/// The headers of the kernel expect to lie in /usr/src.
fn build_loopback(sources: &Path, headers: &str) {
    let headers = sources.join(headers);
    let makefile = headers.join("Makefile");
    let text = fs::read_to_string(&makefile).expect("the Makefile of the headers");
    let text = text.replace("/usr/src", &sources.display().to_string());
    fs::write(&makefile, text).expect("the Makefile of the headers");
    let module = only_entry(sources, "v4l2loopback-");
    run(Command::new("make")
        .args(["-s", "-C"])
        .arg(&headers)
        .arg(format!("M={}", module.display()))
        .arg("modules"))
    .good();
}

fn unpack(folder: &Path, package: &str) {
    run(Command::new("apt-get")
        .args(["-q", "download", package])
        .current_dir(folder))
    .good();
    let file = only_entry(folder, &format!("{package}_"));
    run(Command::new("dpkg-deb")
        .arg("-x")
        .arg(&file)
        .arg(folder.join("root")))
    .good();
    fs::remove_file(file).expect("the package is not needed any more");
}

fn only_entry(folder: &Path, prefix: &str) -> PathBuf {
    fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a readable folder").path())
        .find(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with(prefix))
        })
        .unwrap_or_else(|| panic!("{}/{prefix}* is missing", folder.display()))
}

fn find_modules(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of modules") {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            find_modules(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "ko") {
            found.push(path);
        }
    }
}

/// A module says in its section .modinfo what it depends on, as `depends=a,b`.
fn add_module(name: &str, all: &[PathBuf], order: &mut Vec<PathBuf>) {
    let same = |path: &&PathBuf| {
        let stem = path.file_stem().expect("a name").to_string_lossy();
        stem.replace('-', "_") == name.replace('-', "_")
    };
    if order.iter().any(|path| same(&path)) {
        return;
    }
    let path = all
        .iter()
        .find(same)
        .unwrap_or_else(|| panic!("the kernel has no module {name}"));
    let bytes = fs::read(path).expect("a readable module");
    let key = b"\0depends=";
    let begin = memchr::memmem::find(&bytes, key).expect("a .modinfo") + key.len();
    let end = begin + memchr::memchr(0, &bytes[begin..]).expect("its end");
    for needed in String::from_utf8_lossy(&bytes[begin..end]).split(',') {
        if !needed.is_empty() {
            add_module(needed, all, order);
        }
    }
    order.push(path.clone());
}
