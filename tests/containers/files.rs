//! What lies in a container's root, to be compared before and after.

use crate::container::Container;
use std::collections::BTreeSet;
use test_support::commands::{command, run};

/// What changes by itself while a system runs and installs packages: logs, caches, lists, the package database's own
/// files, the journal's and the timers' state.
const RESTLESS: [&str; 12] = [
    "etc/apt/keyrings",
    "etc/apt/sources.list.d",
    "root",
    "run",
    "srv",
    "tmp",
    "var/cache",
    "var/lib/apt",
    "var/lib/dpkg",
    "var/lib/systemd/timers",
    "var/log",
    "var/tmp",
];

/// What dpkg's own folder keeps of single packages, and must not after a purge.
const KEPT_IN_DPKG: &str = "var/lib/dpkg/info/picam-stream";

/// Every file and folder with its type, mode, owner, size and link target; folders without size.
pub struct Files(BTreeSet<String>);

impl Files {
    pub fn of(container: &Container) -> Files {
        let root = format!("{}/", container.path("").display());
        let mut find = command("find");
        find.args([
            &root,
            "-xdev",
            "-type",
            "d",
            "-printf",
            "%P\\t%y\\t%m\\t%U:%G\\n",
        ]);
        find.args(["-o", "-printf", "%P\\t%y\\t%m\\t%U:%G\\t%s\\t%l\\n"]);
        let list = run(&mut find);
        let lines = list.out.lines().map(str::to_owned);
        Files(lines.filter(|line| !is_restless(line)).collect())
    }

    /// What came and what went since.
    pub fn changes_to(&self, later: &Files) -> Vec<String> {
        let came = later.0.difference(&self.0).map(|line| format!("+ {line}"));
        let went = self.0.difference(&later.0).map(|line| format!("- {line}"));
        came.chain(went).collect()
    }
}

fn is_restless(line: &str) -> bool {
    let path = line.split('\t').next().unwrap_or_default();
    let lies_in = |folder: &str| {
        path.strip_prefix(folder)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    RESTLESS.iter().any(|folder| lies_in(folder)) && !path.starts_with(KEPT_IN_DPKG)
}
