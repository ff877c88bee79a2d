//! An emulated Raspberry Pi of the legacy stack around the ARM program: processor by qemu-user, libmmal by
//! `tests/fake-mmal`, devices in a `/dev` of its own. All of it lies in one folder that goes with the value.

use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::sys::stat::{Mode, SFlag, makedev, mknod};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::program::Words;

use super::arm::{ARM_ROOT, emulator, library, program};

/// Generous: the machine may be busy, and the processor is emulated.
const PATIENCE: Duration = Duration::from_secs(60);
/// User and group of nobody.
const NOBODY: &str = "65534";

/// An emulated Raspberry Pi.
pub struct Pi {
    folder: TempDir,
    settings: Vec<(String, String)>,
    is_root: bool,
}

impl Pi {
    /// With all its devices.
    pub fn with_a_camera() -> Pi {
        let folder = tempfile::tempdir().expect("a folder for the test");
        // A program without rights writes its trace here, too.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).expect("its mode");
        let pi = Pi {
            folder,
            settings: vec![],
            is_root: true,
        };
        fs::create_dir_all(pi.path("dev")).expect("a /dev");
        fs::create_dir_all(pi.path("lib")).expect("a folder for libraries");
        for (name, minor) in [
            ("null", 3),
            ("zero", 5),
            ("full", 7),
            ("random", 8),
            ("urandom", 9),
        ] {
            pi.add_device(name, minor, 0o666);
        }
        for device in ["vchiq", "vcsm-cma"] {
            pi.add_device(device, 3, 0o660);
        }
        symlink("/proc/self/fd", pi.path("dev/fd")).expect("a /dev/fd");
        symlink(library(), pi.path("lib/libmmal.so")).expect("a libmmal");
        symlink(library(), pi.path("lib/libbcm_host.so")).expect("a libbcm_host");
        pi
    }

    /// With these faults, as `tests/fake-mmal/src/lib.rs` names them.
    pub fn with_faults(self, faults: &str) -> Pi {
        self.with("FAKE_MMAL_INJECT", faults)
    }

    /// With a variable in the environment.
    pub fn with(mut self, name: &str, value: &str) -> Pi {
        self.settings.push((name.into(), value.into()));
        self
    }

    /// Without a device or a library: `dev/vchiq`, `lib/libmmal.so`.
    pub fn without(self, file: &str) -> Pi {
        fs::remove_file(self.path(file)).expect("it was there");
        self
    }

    /// With a libmmal that lacks a function, as one of another age may.
    pub fn without_symbol(self, symbol: &str) -> Pi {
        let mut bytes = fs::read(library()).expect("the emulated libmmal");
        let name = [b"\0", symbol.as_bytes(), b"\0"].concat();
        let found = bytes.windows(name.len()).position(|window| window == name);
        // Under another name nobody finds it: what exports it is the table of names.
        bytes[found.expect("a symbol of the library") + 1] = b'_';
        for name in ["lib/libmmal.so", "lib/libbcm_host.so"] {
            fs::remove_file(self.path(name)).expect("it was there");
        }
        fs::write(self.path("lib/libmmal.so"), bytes).expect("a libmmal");
        symlink("libmmal.so", self.path("lib/libbcm_host.so")).expect("a libbcm_host");
        self
    }

    /// With the program running as a user who is in no group.
    pub fn run_by_nobody(mut self) -> Pi {
        self.is_root = false;
        self
    }

    /// A path inside its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn add_device(&self, name: &str, minor: u64, mode: u32) {
        let path = self.path("dev").join(name);
        // The number is that of one of the kernel's memory devices: what stands for the VideoCore is only opened.
        mknod(&path, SFlag::S_IFCHR, Mode::empty(), makedev(1, minor))
            .expect("a device: this test runs as root");
        fs::set_permissions(&path, Permissions::from_mode(mode)).expect("its mode");
    }

    /// Starts `picam-stream` with these words, output and complaints going to files.
    pub fn start(&self, arguments: impl Words) -> Running<'_> {
        self.start_with(arguments, &[])
    }

    /// The same with more variables in the environment.
    pub fn start_with(&self, arguments: impl Words, settings: &[(&str, &str)]) -> Running<'_> {
        let output = File::create(self.path("output")).expect("a file for the output");
        self.spawn(arguments, output.into(), settings)
    }

    /// The same with the output going elsewhere.
    pub fn start_onto(&self, arguments: impl Words, output: Stdio) -> Running<'_> {
        self.spawn(arguments, output, &[])
    }

    pub fn spawn(
        &self,
        arguments: impl Words,
        output: Stdio,
        settings: &[(&str, &str)],
    ) -> Running<'_> {
        let complaints = File::create(self.path("complaints")).expect("a file for the complaints");
        let [first, words @ ..] = &self.program()[..] else {
            unreachable!("it has a name");
        };
        let mut command = Command::new(first);
        command.args(words).args(arguments.words());
        self.set(&mut command);
        let child = command
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(complaints)
            .spawn()
            .expect("unshare (util-linux)");
        Running { pi: self, child }
    }

    /// The words that run `picam-stream` on it, to which its own are added. It has the process of the first of them.
    pub fn program(&self) -> Vec<OsString> {
        let script = "mount --bind \"$1/dev\" /dev && shift && exec \"$@\"";
        let unshare = "unshare --mount --propagation private sh -c";
        let user = match self.is_root {
            true => String::new(),
            false => format!("setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups"),
        };
        let own = |text: &str| OsString::from(text);
        let mut words: Vec<_> = unshare.split(' ').map(own).collect();
        words.extend([own(script), own("sh"), self.folder.path().into()]);
        words.extend(user.split_whitespace().map(own));
        words.extend([emulator(), "-L", ARM_ROOT, "-E"].map(own));
        words.push(format!("LD_LIBRARY_PATH={}", self.path("lib").display()).into());
        words.push(program().into());
        words
    }

    /// Where it runs, and its environment.
    pub fn set(&self, command: &mut Command) {
        command
            .current_dir(self.folder.path())
            .envs([
                ("FAKE_MMAL_ROOT", "/"),
                ("LC_ALL", "C"),
                ("RUST_BACKTRACE", "1"),
            ])
            .env("FAKE_MMAL_TRACE", self.path("trace"))
            .env("FAKE_MMAL_REPORT", self.path("report"))
            .env("FAKE_MMAL_TIMES", self.path("times"))
            .envs(self.settings.iter().map(|(name, value)| (name, value)));
    }

    /// The calls so far.
    pub fn calls(&self) -> Vec<String> {
        self.lines("trace")
    }

    /// Rules of MMAL that were broken, and what was left over at the end.
    pub fn mistakes(&self) -> Vec<String> {
        self.lines("report")
            .into_iter()
            .filter(|line| line.starts_with("error: "))
            .collect()
    }

    pub fn lines(&self, name: &str) -> Vec<String> {
        self.text(name).lines().map(str::to_owned).collect()
    }

    /// What a file holds; nothing if there is none.
    pub fn text(&self, name: &str) -> String {
        String::from_utf8_lossy(&self.bytes(name)).into_owned()
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_default()
    }
}

/// The program on its Pi. It is ended with the value if it has not ended by itself.
pub struct Running<'a> {
    pi: &'a Pi,
    pub child: Child,
}

impl Running<'_> {
    /// Waits for the end; the exit status, or minus the number of the signal that killed it.
    pub fn end(mut self) -> i32 {
        let status = until(PATIENCE, || self.child.try_wait().expect("our own child"));
        let Some(status) = status else {
            panic!("it does not end. It said: {}", self.pi.text("complaints"));
        };
        status
            .code()
            .unwrap_or_else(|| -status.signal().unwrap_or(0))
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id() as i32), signal).expect("our own child");
    }

    /// Waits until a call that begins like this has been made.
    pub fn wait_for_call(&self, start: &str) {
        let seen = || {
            self.pi
                .calls()
                .iter()
                .any(|call| call.starts_with(start))
                .then_some(())
        };
        if until(PATIENCE, seen).is_none() {
            panic!("no call {start}. It said: {}", self.pi.text("complaints"));
        }
    }

    /// Waits until so many bytes of output have come.
    pub fn wait_for_output(&self, bytes: u64) {
        let seen = || {
            fs::metadata(self.pi.path("output"))
                .is_ok_and(|file| file.len() >= bytes)
                .then_some(())
        };
        if until(PATIENCE, seen).is_none() {
            panic!("too little output. It said: {}", self.pi.text("complaints"));
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            // Our own child, by its handle; nothing is left to do if it cannot be ended.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Asks again and again until there is an answer or the time is over.
pub fn until<T>(patience: Duration, mut question: impl FnMut() -> Option<T>) -> Option<T> {
    let begin = Instant::now();
    loop {
        let answer = question();
        if answer.is_some() || begin.elapsed() > patience {
            return answer;
        }
        sleep(Duration::from_millis(20));
    }
}
