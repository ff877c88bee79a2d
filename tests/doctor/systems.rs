//! The systems that Raspberry Pis have had, and others: as much of their files as is looked at. Made after the systems'
//! documentation and the kernel's sources, not copied from real machines.
//!
//! Each is a folder below `tests/data/doctor`: its files in `root`, the page that doctor has for it, and in `machine`, one a
//! line, what a file cannot tell: `like PART` takes a folder below `parts`, `device NAME` is a device that the group video may
//! use, `v4l2 DEVICE INDEX NAME` one that /sys lists, `process ID NAME FILE` a process with an open file.

use std::fs;
use std::path::{Path, PathBuf};

use crate::tree::Tree;

/// The machine of this name.
pub fn machine(name: &str) -> Tree {
    built(Tree::new(), &folder(name))
}

/// Where it, and its page, is kept.
pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/doctor")
        .join(name)
}

fn built(tree: Tree, folder: &Path) -> Tree {
    let what = folder.join("machine");
    let lines = fs::read_to_string(&what).unwrap_or_else(|e| panic!("{}: {e}", what.display()));
    let tree = lines.lines().fold(tree, |tree, line| {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let mut words = rest.splitn(3, ' ');
        let mut next = || {
            words
                .next()
                .unwrap_or_else(|| panic!("{}: {line}", what.display()))
        };
        match word {
            "#" => tree,
            "like" => built(tree, &self::folder("parts").join(rest)),
            "device" => tree.devices(&[rest]),
            "v4l2" => tree.v4l2(next(), next(), next()),
            "process" => tree.process(next().parse().expect("a number"), next(), next()),
            _ => panic!("{}: {line}", what.display()),
        }
    });
    tree.with_files_of(&folder.join("root"))
}

/// A line of /proc/net/tcp for a socket that listens on port 3333.
pub fn listener(address: &str, inode: u32) -> String {
    format!(
        "  sl  local_address remote_address st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode\n   \
         0: {address}:0D05 {address}:0000 0A 00000000:00000000 00:00000000 00000000     0        0 {inode} 1\n"
    )
}
