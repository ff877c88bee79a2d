//! A folder that stands for a machine, and the program that looks at it.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;
use test_support::program::{Words, program};

/// Gone at the end of the test.
pub struct Tree(TempDir);

impl Tree {
    /// A machine with a group for its cameras: ours, so that any user can run the tests.
    pub fn new() -> Self {
        let tree = Self(TempDir::new().expect("a temporary folder"));
        let group = fs::metadata(tree.0.path()).expect("the folder").gid();
        tree.file(
            "etc/group",
            &format!("root:x:999999:\nvideo:x:{group}:pi\n"),
        )
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn file(self, name: &str, text: &str) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, text).expect("a file");
        self
    }

    fn with_mode(self, name: &str, text: &str, mode: u32) -> Self {
        let tree = self.file(name, text);
        fs::set_permissions(tree.path(name), fs::Permissions::from_mode(mode)).expect("the mode");
        tree
    }

    /// Copies of all files in a folder, with their modes.
    pub fn with_files_of(self, folder: &Path) -> Self {
        copy(folder, self.0.path());
        self
    }

    /// A program, as a script.
    pub fn program(self, name: &str, script: &str) -> Self {
        self.with_mode(
            &format!("usr/bin/{name}"),
            &format!("#!/bin/sh\n{script}\n"),
            0o755,
        )
    }

    /// Devices that the group video may use.
    pub fn devices(self, names: &[&str]) -> Self {
        names
            .iter()
            .fold(self, |tree, name| tree.device(name, 0o660))
    }

    pub fn device(self, name: &str, mode: u32) -> Self {
        self.with_mode(&format!("dev/{name}"), "", mode)
    }

    /// A V4L2 device in /sys.
    pub fn v4l2(self, device: &str, index: &str, name: &str) -> Self {
        let folder = format!("sys/class/video4linux/{device}");
        self.file(&format!("{folder}/name"), &format!("{name}\n"))
            .file(&format!("{folder}/index"), &format!("{index}\n"))
    }

    /// A process with an open file.
    pub fn process(self, id: u32, name: &str, opened: &str) -> Self {
        let tree = self.file(&format!("proc/{id}/comm"), &format!("{name}\n"));
        let folder = tree.path(&format!("proc/{id}/fd"));
        fs::create_dir_all(&folder).expect("a folder");
        symlink(opened, folder.join("3")).expect("a link");
        tree
    }

    pub fn without(self, name: &str) -> Self {
        fs::remove_file(self.path(name)).expect("a file that was there");
        self
    }

    /// Runs picam-stream on it.
    pub fn run(&self, args: impl Words) -> Output {
        self.command(args).output().expect("the program starts")
    }

    /// picam-stream on it.
    pub fn command(&self, args: impl Words) -> Command {
        let mut command = program();
        command
            .args(args.words())
            .stdin(Stdio::null())
            .env("PICAM_STREAM_ROOT", self.0.path())
            .env("TZ", "UTC0");
        command
    }
}

/// A machine may have no files of its own.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).into_iter().flatten().flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            fs::create_dir_all(&to).expect("a folder");
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).expect("a file");
        }
    }
}
