//! What processes use, as the kernel counts it.

use std::fs;
use std::time::{Duration, Instant};

use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;

/// What was used up to a moment.
pub struct Mark {
    at: Instant,
    cpu: Duration,
    switches: u64,
}

/// What was used in a second.
#[derive(Clone, Copy, Debug, Default)]
pub struct Used {
    pub cpu_ms: f64,
    pub context_switches: f64,
}

impl Mark {
    pub fn of(pids: &[Pid]) -> Self {
        Self {
            at: Instant::now(),
            cpu: pids.iter().map(|&pid| cpu(pid)).sum(),
            switches: pids.iter().map(|&pid| switches(pid)).sum(),
        }
    }

    /// What the same processes have used since.
    pub fn until_now(&self, pids: &[Pid]) -> Used {
        let now = Self::of(pids);
        let seconds = (now.at - self.at).as_secs_f64();
        Used {
            cpu_ms: (now.cpu - self.cpu).as_secs_f64() * 1000.0 / seconds,
            context_switches: (now.switches - self.switches) as f64 / seconds,
        }
    }
}

/// Of all threads, in nanoseconds: proc(5) tells hundredths of a second.
fn cpu(pid: Pid) -> Duration {
    let clock = clock_getcpuclockid(pid).expect("the process runs");
    clock_gettime(clock).expect("its clock").into()
}

/// Times that any of its threads gave way, or was made to.
fn switches(pid: Pid) -> u64 {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).expect("the process runs");
    let status =
        threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("status")).ok());
    status
        .map(|status| {
            number_of(&status, "voluntary_ctxt_switches")
                + number_of(&status, "nonvoluntary_ctxt_switches")
        })
        .sum()
}

/// The share of the machine's memory that the processes have, in MB: what several map counts for each in part.
pub fn pss_mb(pids: &[Pid]) -> f64 {
    let rollup = |pid: &Pid| {
        fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).expect("the process runs")
    };
    let kilobytes: u64 = pids.iter().map(|pid| number_of(&rollup(pid), "Pss")).sum();
    kilobytes as f64 / 1024.0
}

/// The number behind `name:` in a file of proc(5).
fn number_of(text: &str, name: &str) -> u64 {
    let line = text.lines().find(|line| {
        line.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with(':'))
    });
    let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    number.expect("a number")
}

pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
