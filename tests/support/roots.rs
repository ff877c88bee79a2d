//! The Debian root file systems that the containers and the emulated machine start from.
//!
//! Each is made once by mmdebstrap and kept under `target/roots`; it is never written to again, since every test works
//! on a throw-away layer or copy of it. The ARM ones run by qemu-user through binfmt_misc.

use crate::commands::{command, run, say};
use crate::packages::project;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

/// What a Raspbian has and a test needs; the rest would only cost time under emulation.
const PACKAGES: &str = "systemd,systemd-sysv,dbus,init,apt,init-system-helpers";

/// A Debian release for one architecture.
pub struct Root {
    pub suite: &'static str,
    pub arch: &'static str,
    /// Packages beyond those that all have.
    more: &'static [&'static str],
    making: Mutex<()>,
}

impl Root {
    pub const fn new(
        suite: &'static str,
        arch: &'static str,
        more: &'static [&'static str],
    ) -> Root {
        Root {
            suite,
            arch,
            more,
            making: Mutex::new(()),
        }
    }

    pub fn name(&self) -> String {
        [&[self.suite, self.arch], self.more].concat().join("-")
    }

    /// Whether its programs run by qemu-user, as ARM ones do on a PC.
    pub fn is_emulated(&self) -> bool {
        self.arch == "armhf" && cfg!(target_arch = "x86_64")
    }

    /// The folder that holds it; made on the first call.
    ///
    /// # Panics
    /// If it cannot be had from the mirror.
    pub fn folder(&self) -> PathBuf {
        self.try_folder()
            .unwrap_or_else(|reason| panic!("{reason}"))
    }

    /// The folder that holds it, or why the mirror did not give it in three tries.
    pub fn try_folder(&self) -> Result<PathBuf, String> {
        let _one_at_a_time = self
            .making
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if self.is_emulated() {
            enable_emulation();
        }
        let folder = roots().join(self.name());
        if !folder.exists() {
            self.make(&folder)?;
        }
        Ok(folder)
    }

    fn make(&self, folder: &Path) -> Result<(), String> {
        assert!(
            nix::unistd::geteuid().is_root(),
            "the tests of installed packages must run as root"
        );
        let part = roots().join(format!("{}.part", self.name()));
        let begun = Instant::now();
        let mut last = String::new();
        for _ in 0..3 {
            fs::create_dir_all(roots()).unwrap();
            remove(&part);
            let packages = [&[PACKAGES], self.more].concat().join(",");
            let done = run(command("mmdebstrap")
                .args(["--mode=root", "--variant=minbase", "--format=directory"])
                .arg(format!("--architectures={}", self.arch))
                .arg(format!("--include={packages}"))
                .arg(self.suite)
                .arg(&part)
                .arg(mirror()));
            if done.status.success() {
                fs::rename(&part, folder).unwrap();
                say(&format!(
                    "[{}] made in {:.0?}",
                    self.name(),
                    begun.elapsed()
                ));
                return Ok(());
            }
            last = done.err;
        }
        remove(&part);
        Err(format!(
            "no {} root (a mirror in the middle of an update answers with an index of another size than its Release \
             file says; then try again later):\n{last}",
            self.name()
        ))
    }
}

/// The mirror that this machine's own apt takes Debian from.
pub fn mirror() -> String {
    let format = "$(ORIGIN) $(LABEL) $(REPO_URI)";
    let done =
        run(command("apt-get").args(["indextargets", "--format", format, "Identifier: Packages"]))
            .good();
    let mirror = done
        .lines()
        .find_map(|line| line.strip_prefix("Debian Debian "));
    mirror
        .expect("apt-get update has been run, and a Debian mirror is among its sources")
        .trim_end_matches('/')
        .to_owned()
}

/// Where the roots, and the mount point of the throw-away layers, lie.
pub fn roots() -> PathBuf {
    project().join("target/roots")
}

fn remove(folder: &Path) {
    if folder.exists() {
        fs::remove_dir_all(folder).unwrap();
    }
}

/// Lets the kernel start ARM programs by qemu-user, which a machine without systemd does not do at its start.
fn enable_emulation() {
    let registered = Path::new("/proc/sys/fs/binfmt_misc/qemu-arm");
    if registered.exists() {
        return;
    }
    if !Path::new("/proc/sys/fs/binfmt_misc/register").exists() {
        let place = "/proc/sys/fs/binfmt_misc";
        run(command("mount").args(["-t", "binfmt_misc", "binfmt_misc", place])).good();
    }
    run(command("update-binfmts").args(["--enable", "qemu-arm"])).good();
    assert!(
        registered.exists(),
        "install qemu-user-static and binfmt-support"
    );
}
