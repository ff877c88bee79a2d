//! The machine as it is looked at to find a camera or a fault: its files, and programs that are asked. All of it can be
//! another folder, so that any system can be tried on any machine.
//!
//! `PICAM_STREAM_ROOT` names such a folder. It is meant for tests: paths below are then looked up in it, programs are
//! found in it alone, and the file `architecture` at its top says what the program there is made for (`arm`, `aarch64`).
//! Nothing is ever written.

use std::ffi::OsStr;
use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use nix::unistd::geteuid;

/// The environment variable that names another root.
const ROOT: &str = "PICAM_STREAM_ROOT";

/// How long a program may take to answer: systemctl and journalctl on a busy Pi Zero take seconds.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// No file that is looked at is meant to have more.
const MOST_BYTES: u64 = 4 << 20;

/// Where programs are beside PATH: a user's has no sbin.
const PROGRAM_FOLDERS: [&str; 4] = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin"];

/// A root folder and what is below it.
#[derive(Clone, Debug)]
pub struct System {
    root: PathBuf,
}

/// What a program that was asked has said.
#[derive(Clone, Debug)]
pub struct Answer {
    pub success: bool,
    pub stdout: String,
    pub stderr: String,
}

impl System {
    /// This machine, or the folder that stands for one.
    pub fn here() -> Self {
        let root = env::var_os(ROOT).filter(|root| !root.is_empty());
        Self::at(root.map_or_else(|| PathBuf::from("/"), PathBuf::from))
    }

    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Where `path`, which begins with a slash, is.
    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    pub fn exists(&self, path: &str) -> bool {
        self.path(path).exists()
    }

    /// The text of a file, without the blanks, line ends and zero bytes (of the device tree) at its end.
    pub fn read(&self, path: &str) -> Option<String> {
        let bytes = self.bytes(path).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        Some(
            text.trim_end_matches(|c: char| c.is_whitespace() || c == '\0')
                .to_owned(),
        )
    }

    /// The bytes of a regular file that is not too large to be looked at: a FIFO in its place would be waited for.
    pub fn bytes(&self, path: &str) -> io::Result<Vec<u8>> {
        let mut options = OpenOptions::new();
        let file = options
            .read(true)
            .custom_flags(nix::libc::O_NONBLOCK)
            .open(self.path(path))?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        let mut bytes = Vec::new();
        file.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MOST_BYTES {
            let text = format!("it is larger than {} MiB", MOST_BYTES >> 20);
            return Err(io::Error::other(text));
        }
        Ok(bytes)
    }

    /// The names in a folder, in the order of the alphabet, numbers by their value; none where it cannot be read.
    pub fn list(&self, path: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(path))
            .into_iter()
            .flatten()
            .flatten();
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort_by_cached_key(|name| sort_key(name));
        names
    }

    /// Where a symbolic link points, as it is written there.
    pub fn link(&self, path: &str) -> Option<PathBuf> {
        fs::read_link(self.path(path)).ok()
    }

    pub fn metadata(&self, path: &str) -> Option<Metadata> {
        fs::metadata(self.path(path)).ok()
    }

    /// What this program is made for, in the words of `std::env::consts::ARCH`.
    pub fn architecture(&self) -> String {
        let told = (!self.is_real())
            .then(|| self.read("/architecture"))
            .flatten();
        told.unwrap_or_else(|| env::consts::ARCH.to_owned())
    }

    /// Whether the files of all processes can be seen: by root, and in a folder that stands for a machine.
    pub fn shows_all_processes(&self) -> bool {
        !self.is_real() || geteuid().is_root()
    }

    /// The file of the program `name`, as this system calls it.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = env::split_paths(&path)
            .filter(|_| self.is_real())
            .chain(PROGRAM_FOLDERS.map(PathBuf::from));
        let mut files = folders.map(|folder| folder.join(name));
        files.find(|file| file.to_str().is_some_and(|file| self.is_program(file)))
    }

    /// Runs a program and waits for its answer; nothing where it is not there or does not answer in time.
    pub fn ask(&self, name: &str, args: &[&str]) -> Option<Answer> {
        let file = self.program(name)?;
        let mut command = Command::new(self.path(file.to_str()?));
        command
            .args(args)
            .env("LC_ALL", "C.UTF-8")
            .env("SYSTEMD_COLORS", "0");
        answer(&mut command)
    }

    fn is_real(&self) -> bool {
        self.root == Path::new("/")
    }

    fn is_program(&self, file: &str) -> bool {
        self.metadata(file)
            .is_some_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
    }
}

/// `video10` comes after `video9`.
fn sort_key(name: &str) -> (String, u64) {
    let digits = name.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (word, number) = name.split_at(name.len() - digits);
    (word.to_owned(), number.parse().unwrap_or(0))
}

/// Its two streams go to threads, so that a program with much to say does not wait for us.
fn answer(command: &mut Command) -> Option<Answer> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let stdout = reader(child.stdout.take()?);
    let stderr = reader(child.stderr.take()?);
    let deadline = Instant::now() + ANSWER_LIMIT;
    let status = loop {
        match child.try_wait().ok()? {
            Some(status) => break status,
            None if Instant::now() < deadline => thread::sleep(Duration::from_millis(5)),
            None => {
                // It may have ended meanwhile.
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    };
    Some(Answer {
        success: status.success(),
        stdout: stdout.join().ok()?,
        stderr: stderr.join().ok()?,
    })
}

fn reader(mut stream: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read until then is the answer.
        let _ = stream.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// The name at the end of a path, for messages.
pub fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or(OsStr::new("?"))
        .to_string_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_at_the_end_of_names_count() {
        let mut names = ["video10", "video9", "media0", "video1"];
        names.sort_by_cached_key(|name| sort_key(name));
        assert_eq!(names, ["media0", "video1", "video9", "video10"]);
    }

    #[test]
    fn a_program_is_asked_and_its_absence_is_told() {
        let here = System::at("/");
        let answer = here
            .ask("sh", &["-c", "echo out; echo err >&2; exit 3"])
            .unwrap();
        assert!(!answer.success);
        assert_eq!(
            (answer.stdout.as_str(), answer.stderr.as_str()),
            ("out\n", "err\n")
        );
        assert!(here.ask("no-program-of-this-name", &[]).is_none());
    }
}
