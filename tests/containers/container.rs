//! One Debian system on a throw-away layer: booted by systemd-nspawn, or as a bare chroot.
//!
//! The layer, its mounts and all processes belong to one child process: when that dies, with the test or before it,
//! nothing of them is left. In a booted one every directive of the units takes effect as on a real machine, as far as
//! qemu-user allows.

use crate::net::Net;
use crate::root::{Root, roots};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;
use test_support::commands::{Done, command, run, say, until};

/// qemu-user 7.2 cannot make these namespaces; all the other directives work under it, or are ignored.
const EMULATED: &str = "[Service]\nPrivateNetwork=no\nPrivateUsers=no\n";

/// Lays the layer ($1 the mount point, $2 the root below), moves into the control groups ($3) and becomes what follows.
/// The mount namespace is its own, so nothing has to be unmounted.
const START: &str = r#"
set -e
mount -t tmpfs -o mode=755 layer "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
for group in $3; do echo $$ >"$group/cgroup.procs"; done
cd "$1"; shift 3
exec "$@"
"#;

pub struct Container {
    pub root: &'static Root,
    name: String,
    child: Child,
    leader: u32,
    groups: Vec<PathBuf>,
}

impl Container {
    /// A running system with systemd as its first process.
    pub fn boot(root: &'static Root) -> Container {
        let (begun, name) = (Instant::now(), new_name(root));
        let mut container = Container::start(root, &name, &nspawn(&name));
        container.leader = until("the container has booted", 300, || {
            container.booted_leader()
        });
        if root.is_emulated() {
            for service in ["raspivid@.service", "picam-camera.service"] {
                let drop_in = format!("etc/systemd/system/{service}.d/emulated.conf");
                container.write(&drop_in, EMULATED);
            }
        }
        container.say(&format!("booted in {:.1?}", begun.elapsed()));
        container
    }

    /// A root in which nothing runs, as image builders have it.
    pub fn chroot(root: &'static Root) -> Container {
        let mut container = Container::start(
            root,
            &new_name(root),
            &["chroot", "root", "/bin/sleep", "infinity"],
        );
        let pid = container.child.id();
        until("the chroot is there", 60, || {
            is_another_root(pid).then_some(())
        });
        container.leader = pid;
        container
    }

    /// What the container has at `path`, mounts included, seen from outside.
    ///
    /// # Panics
    /// If it would be this machine's own.
    pub fn path(&self, path: &str) -> PathBuf {
        assert!(
            is_another_root(self.leader),
            "the container is not there any more"
        );
        Path::new(&format!("/proc/{}/root", self.leader)).join(path)
    }

    /// Its name, which no other container has.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    }

    /// Runs a shell line inside, as root.
    pub fn try_sh(&self, line: &str) -> Done {
        let mut command = command("nsenter");
        command
            .env_clear()
            .envs([
                ("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
                ("LANG", "C.UTF-8"),
            ])
            .envs([("HOME", "/root"), ("DEBIAN_FRONTEND", "noninteractive")])
            .arg(format!("--target={}", self.leader))
            .args(["--all", "--root", "--wd", "--", "sh", "-c", line]);
        run(&mut command)
    }

    /// Runs a shell line inside and gives what it printed, without the last line end.
    ///
    /// # Panics
    /// If it fails.
    #[track_caller]
    pub fn sh(&self, line: &str) -> String {
        self.try_sh(line).good().trim_end().to_owned()
    }

    /// The process that is number 1 inside, by its number here.
    pub fn leader(&self) -> u32 {
        self.leader
    }

    pub fn net(&self) -> Net {
        Net::of(self.leader)
    }

    /// The processes inside whose program has this name, by their numbers here.
    pub fn processes(&self, name: &str) -> Vec<u32> {
        let Ok(own) = fs::read_link(self.ns_of(self.leader)) else {
            return Vec::new();
        };
        let is_ours = |pid: &u32| {
            fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == name)
                && fs::read_link(self.ns_of(*pid)).is_ok_and(|ns| ns == own)
        };
        let all = fs::read_dir("/proc").unwrap().flatten();
        all.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(is_ours)
            .collect()
    }

    pub fn say(&self, line: &str) {
        say(&format!("[{}] {line}", self.root.name()));
    }

    /// A named part of a longer test: says how long it took.
    pub fn step<T>(&self, what: &str, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let result = work();
        self.say(&format!("{what}: {:.1?}", begun.elapsed()));
        result
    }

    fn ns_of(&self, pid: u32) -> String {
        format!("/proc/{pid}/ns/pid")
    }

    fn start(root: &'static Root, name: &str, program: &[&str]) -> Container {
        let below = root.folder();
        let groups = make_groups(name);
        let mount_point = roots().join("layer");
        fs::create_dir_all(&mount_point).unwrap();
        let log = fs::File::create(log_file(name)).unwrap();
        let child = Command::new("setpriv")
            // The child dies with this thread, and with it all that it started.
            .args([
                "--pdeathsig",
                "KILL",
                "unshare",
                "--mount",
                "sh",
                "-c",
                START,
                "start",
            ])
            .args([&mount_point, &below])
            .arg(
                groups
                    .iter()
                    .map(|g| g.to_str().unwrap())
                    .collect::<Vec<_>>()
                    .join(" "),
            )
            .args(program)
            .envs([
                ("SYSTEMD_SECCOMP", "0"),
                ("SYSTEMD_NSPAWN_UNIFIED_HIERARCHY", "1"),
            ])
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("setpriv (util-linux) does not start");
        Container {
            root,
            name: name.to_owned(),
            child,
            leader: 0,
            groups,
        }
    }

    fn booted_leader(&mut self) -> Option<u32> {
        let pid = self.child.id();
        if let Some(status) = self.child.try_wait().unwrap() {
            panic!("systemd-nspawn ended: {status}\n{}", self.console());
        }
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
        self.leader = children.split_whitespace().last()?.parse().ok()?;
        let state = self.try_sh("systemctl is-system-running").out;
        matches!(state.trim(), "running" | "degraded").then_some(self.leader)
    }

    fn console(&self) -> String {
        fs::read_to_string(log_file(&self.name)).unwrap_or_default()
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let journal = self.try_sh("journalctl --no-pager -n 60 2>&1").out;
            self.say(&format!(
                "failed\n--- console\n{}\n--- journal\n{journal}",
                self.console()
            ));
        }
        // The root is thrown away: there is nothing that a slow shutdown would save. Without its first process the
        // container's others are gone too, and nspawn ends by itself.
        if self.leader != 0 {
            run(command("kill").args(["-KILL", &self.leader.to_string()]));
        } else {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
        self.groups.iter().for_each(|group| remove_group(group));
        let _ = fs::remove_file(log_file(&self.name));
    }
}

/// Without a registration (there need be no machined here), with no capability dropped and no filter laid, so that what
/// the units ask for is all that restricts the service.
fn nspawn(machine: &str) -> [&str; 13] {
    [
        "systemd-nspawn",
        "--quiet",
        "--register=no",
        "--keep-unit",
        "--settings=no",
        "--hostname=raspberrypi",
        "--machine",
        machine,
        "--capability=all",
        "--private-network",
        "--console=pipe",
        "--directory=root",
        "--boot",
    ]
}

/// Whether process `pid` sees another root than this one does.
fn is_another_root(pid: u32) -> bool {
    let place = |path: &str| fs::metadata(path).map(|root| (root.dev(), root.ino()));
    place(&format!("/proc/{pid}/root/")).is_ok_and(|root| root != place("/").unwrap())
}

fn new_name(root: &Root) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("picam-{}-{}-{number}", root.name(), std::process::id())
}

fn log_file(name: &str) -> PathBuf {
    roots().join(format!("{name}.log"))
}

/// A control group of its own in each hierarchy that systemd uses: two containers in one would take each other's
/// processes for theirs.
fn make_groups(name: &str) -> Vec<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    let lines = mounts
        .lines()
        .map(|line| line.split(' ').collect::<Vec<_>>());
    let systemds = lines.filter(|m| m[2] == "cgroup2" || m[3].contains("name=systemd"));
    let groups: Vec<PathBuf> = systemds.map(|m| Path::new(m[1]).join(name)).collect();
    for group in &groups {
        fs::create_dir_all(group).unwrap_or_else(|e| panic!("{}: {e}", group.display()));
    }
    groups
}

fn remove_group(group: &Path) {
    let inner = fs::read_dir(group).into_iter().flatten().flatten();
    inner
        .filter(|e| e.path().is_dir())
        .for_each(|e| remove_group(&e.path()));
    let _ = fs::remove_dir(group);
}
