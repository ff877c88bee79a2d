//! The resident memory of a process, looked at every second.

use std::fmt;
use std::fs;

/// What a queue that is now fuller, now emptier, makes of difference: less than two seconds of video.
const MARGIN_KB: u64 = 1024;

/// In kB, in the order in which it was looked at.
#[derive(Default)]
pub struct Memory(Vec<u64>);

impl Memory {
    /// Looks at the process once more, if it is still there.
    pub fn look_at(&mut self, process_id: u32) {
        let status = fs::read_to_string(format!("/proc/{process_id}/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kb = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        self.0.extend(kb);
    }

    /// The median of the second quarter, when all is warm, and of the last.
    fn early_and_late_kb(&self) -> (u64, u64) {
        let quarter = self.0.len() / 4;
        assert!(
            quarter >= 5,
            "the memory was seen {} times only",
            self.0.len()
        );
        let median = |part: &[u64]| {
            let mut sorted = part.to_vec();
            sorted.sort_unstable();
            sorted[sorted.len() / 2]
        };
        let late = self.0.len() - quarter;
        (
            median(&self.0[quarter..2 * quarter]),
            median(&self.0[late..]),
        )
    }

    pub fn assert_steady(&self, name: &str) {
        let (early, late) = self.early_and_late_kb();
        assert!(
            late <= early + MARGIN_KB,
            "{name}: the memory grew from {early} kB to {late} kB: {:?}",
            self.0
        );
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (early, late) = self.early_and_late_kb();
        let most = self.0.iter().max().expect("it was seen");
        write!(f, "{early} kB early, {late} kB late, {most} kB at most")
    }
}
