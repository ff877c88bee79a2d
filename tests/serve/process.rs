//! What the kernel says of a running process.

use std::fs;

use nix::unistd::Pid;

/// How many descriptors it has open.
pub fn descriptors(pid: Pid) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd"))
        .expect("it runs")
        .count()
}

/// How many threads it has.
pub fn threads(pid: Pid) -> usize {
    fs::read_dir(format!("/proc/{pid}/task"))
        .expect("it runs")
        .count()
}

/// Its memory that is not shared with others, in KiB.
pub fn memory_kib(pid: Pid) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).expect("it runs");
    let line = rollup.lines().find(|line| line.starts_with("Pss:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.and_then(|kib| kib.parse().ok()).expect("Pss")
}
