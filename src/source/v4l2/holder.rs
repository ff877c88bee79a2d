//! Who has a device open: the links in /proc/PID/fd (proc(5)). Of other users' processes only root sees them.

use std::fs;
use std::path::Path;

/// The processes other than this one that have `device` open, as `name (PID)`.
pub fn of(device: &Path) -> Vec<String> {
    let device = fs::canonicalize(device).unwrap_or_else(|_| device.to_path_buf());
    let own = std::process::id();
    let Ok(processes) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    processes
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .filter(|&pid| pid != own && has_open(pid, &device))
        .map(|pid| format!("{} ({pid})", name(pid)))
        .collect()
}

fn has_open(pid: u32, device: &Path) -> bool {
    fs::read_dir(format!("/proc/{pid}/fd")).is_ok_and(|links| {
        links
            .filter_map(|link| fs::read_link(link.ok()?.path()).ok())
            .any(|target| target == device)
    })
}

fn name(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/comm"))
        .map_or_else(|_| "a process".into(), |name| name.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn a_process_that_has_a_file_open_is_named_with_its_pid() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("device");
        let file = fs::File::create(&path).expect("a file");
        assert!(of(&path).is_empty(), "this process does not count");
        let mut child = Command::new("sleep")
            .arg("60")
            .stdin(Stdio::from(file))
            .spawn()
            .expect("sleep starts");
        let found = of(&path);
        child.kill().expect("it runs");
        child.wait().expect("waiting works");
        assert_eq!(found, [format!("sleep ({})", child.id())]);
    }
}
