//! Who has the camera open now: the processes with a descriptor on a media or video device. Only what /proc shows to
//! our user is seen; a service without privileges sees its own processes alone.

use std::fmt;
use std::fs;
use std::path::Path;

/// A process that has a camera device open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    pub process_id: u32,
    /// Its name as the kernel has it, at most 15 letters.
    pub name: String,
    /// The first such device it has open.
    pub device: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} (process {}, {})",
            self.name, self.process_id, self.device
        )
    }
}

/// All holders but ourselves.
pub fn holders() -> Vec<Holder> {
    holders_in(Path::new("/proc"), &is_camera)
}

/// All holders of a device that `is_one` says yes to, but ourselves, in a folder like /proc; by their numbers.
pub fn holders_in(proc: &Path, is_one: &dyn Fn(&str) -> bool) -> Vec<Holder> {
    let entries = fs::read_dir(proc).into_iter().flatten().flatten();
    let processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let others = processes.filter(|&process| process != std::process::id());
    let mut holders: Vec<Holder> = others
        .filter_map(|process| holder(proc, process, is_one))
        .collect();
    holders.sort_by_key(|holder| holder.process_id);
    holders
}

fn holder(proc: &Path, process_id: u32, is_one: &dyn Fn(&str) -> bool) -> Option<Holder> {
    let directory = proc.join(process_id.to_string());
    let descriptors = fs::read_dir(directory.join("fd")).ok()?.flatten();
    let mut targets = descriptors.filter_map(|entry| fs::read_link(entry.path()).ok());
    let device = targets.find_map(|target| {
        target
            .to_str()
            .filter(|path| is_one(path))
            .map(str::to_owned)
    })?;
    let name = fs::read_to_string(directory.join("comm"))
        .unwrap_or_default()
        .trim_end()
        .to_owned();
    Some(Holder {
        process_id,
        name,
        device,
    })
}

/// /dev/media0, /dev/video0, …
pub fn is_camera(path: &str) -> bool {
    let number = path
        .strip_prefix("/dev/media")
        .or_else(|| path.strip_prefix("/dev/video"));
    number.is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_media_and_video_devices_count() {
        for path in ["/dev/media0", "/dev/video11"] {
            assert!(is_camera(path), "{path}");
        }
        for path in [
            "/dev/video",
            "/dev/videoX",
            "/dev/v4l-subdev0",
            "/tmp/media0",
            "socket:[1]",
        ] {
            assert!(!is_camera(path), "{path}");
        }
    }
}
