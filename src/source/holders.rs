//! Who has the camera now: the processes with one of its devices open, and those that are known to use cameras. Only what
//! /proc shows to our user is seen; a service without privileges sees its own processes alone.

use std::fmt;
use std::fs;
use std::path::Path;

use super::needs;

/// What programs that use the camera of the legacy stack are called.
const LEGACY_PROGRAMS: [&str; 11] = [
    "raspivid",
    "raspistill",
    "raspiyuv",
    "raspividyuv",
    "picam-stream",
    "raspimjpeg",
    "motion",
    "mjpg_streamer",
    "uv4l",
    "picam",
    "rpicamsrc",
];

/// A process that has a camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    pub process_id: u32,
    /// Its name as the kernel has it, at most 15 letters.
    pub name: String,
    /// The first such device it has open; none where it is known by its name alone.
    pub device: Option<String>,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (process {}", self.name, self.process_id)?;
        if let Some(device) = &self.device {
            write!(f, ", {device}")?;
        }
        f.write_str(")")
    }
}

/// What to do about a camera that these hold; `nodes` are its device nodes, for where nobody is seen.
pub fn end_holders(holders: &[Holder], nodes: &str) -> String {
    if holders.is_empty() {
        return format!(
            "another program has the camera: end it, or find it with: sudo fuser -v {nodes}"
        );
    }
    let names: Vec<_> = holders.iter().map(ToString::to_string).collect();
    format!(
        "the camera is in use by {}, and serves one program at a time: end that first",
        names.join(", ")
    )
}

/// All who have a device of libcamera's open, but ourselves.
pub fn holders() -> Vec<Holder> {
    holders_in(Path::new("/proc"), &needs::LIBCAMERA.is_held_by)
}

/// All holders of a device that `is_one` says yes to, but ourselves, in a folder like /proc; by their numbers.
pub fn holders_in(proc: &Path, is_one: &dyn Fn(&str) -> bool) -> Vec<Holder> {
    let holder = |process_id| {
        let device = Some(open_file(proc, process_id, is_one)?);
        let name = name(proc, process_id);
        Some(Holder {
            process_id,
            name,
            device,
        })
    };
    others(proc).filter_map(holder).collect()
}

/// Who has the legacy camera: a program that is known for it, or one that talks to the VideoCore.
pub fn legacy_holder() -> Option<Holder> {
    legacy_holder_in(Path::new("/proc"))
}

fn legacy_holder_in(proc: &Path) -> Option<Holder> {
    let known = |process_id| {
        let name = name(proc, process_id);
        let is_known = LEGACY_PROGRAMS.contains(&name.as_str());
        is_known.then_some(Holder {
            process_id,
            name,
            device: None,
        })
    };
    let talking = || holders_in(proc, &needs::MMAL.is_held_by);
    others(proc)
        .find_map(known)
        .or_else(|| talking().into_iter().next())
}

/// All processes but ourselves, by their numbers.
fn others(proc: &Path) -> impl Iterator<Item = u32> + use<> {
    let entries = fs::read_dir(proc).into_iter().flatten().flatten();
    let processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut others: Vec<u32> = processes
        .filter(|&process| process != std::process::id())
        .collect();
    others.sort_unstable();
    others.into_iter()
}

fn open_file(proc: &Path, process_id: u32, is_one: &dyn Fn(&str) -> bool) -> Option<String> {
    let descriptors = fs::read_dir(proc.join(process_id.to_string()).join("fd"))
        .ok()?
        .flatten();
    let mut targets = descriptors.filter_map(|entry| fs::read_link(entry.path()).ok());
    targets.find_map(|target| {
        target
            .to_str()
            .filter(|path| is_one(path))
            .map(str::to_owned)
    })
}

fn name(proc: &Path, process_id: u32) -> String {
    fs::read_to_string(proc.join(process_id.to_string()).join("comm")).map_or_else(
        |_| "a program".to_owned(),
        |name| name.trim_end().to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use tempfile::TempDir;

    /// A folder like /proc with these processes: number, name, and what each has open.
    fn proc(processes: &[(u32, &str, &str)]) -> TempDir {
        let proc = TempDir::new().unwrap();
        for &(id, name, opened) in processes {
            let process = proc.path().join(id.to_string());
            fs::create_dir_all(process.join("fd")).unwrap();
            fs::write(process.join("comm"), format!("{name}\n")).unwrap();
            symlink(opened, process.join("fd/3")).unwrap();
        }
        proc
    }

    fn legacy(processes: &[(u32, &str, &str)]) -> Option<String> {
        legacy_holder_in(proc(processes).path()).map(|holder| holder.to_string())
    }

    #[test]
    fn a_camera_program_is_found_by_its_name() {
        let processes = [
            (1, "systemd", "/dev/null"),
            (40, "kodi", "/dev/vchiq"),
            (812, "raspivid", "/dev/null"),
        ];
        assert_eq!(
            legacy(&processes).as_deref(),
            Some("raspivid (process 812)")
        );
    }

    #[test]
    fn another_program_is_found_by_the_device_it_has_open() {
        let processes = [(1, "systemd", "/dev/null"), (40, "python3", "/dev/vchiq")];
        assert_eq!(
            legacy(&processes).as_deref(),
            Some("python3 (process 40, /dev/vchiq)")
        );
    }

    #[test]
    fn this_process_is_not_its_own_rival() {
        assert_eq!(
            legacy(&[(std::process::id(), "picam-stream", "/dev/vchiq")]),
            None
        );
    }
}
