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

/// How often its main thread has waited so far, and so was woken.
pub fn waits(pid: Pid) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let mut lines = status.lines();
    let number = lines.find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    number
        .and_then(|number| number.trim().parse().ok())
        .expect("a number")
}

/// Its memory that is not shared with others, in KiB.
pub fn memory_kib(pid: Pid) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).expect("it runs");
    let line = rollup.lines().find(|line| line.starts_with("Pss:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.and_then(|kib| kib.parse().ok()).expect("Pss")
}
