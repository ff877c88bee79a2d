//! Which other process has the camera, found in /proc: as well as the rights of this one let it.

use std::fs;
use std::path::{Path, PathBuf};

/// What programs of the legacy stack are called.
const CAMERA_PROGRAMS: [&str; 11] = [
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
const CHANNEL: &str = "/dev/vchiq";

/// `NAME (process ID)` of a process that uses the camera: the names are known, or it talks to the VideoCore.
pub fn find() -> Option<String> {
    find_in(Path::new("/proc"), std::process::id())
}

fn find_in(proc: &Path, own_id: u32) -> Option<String> {
    let ids = fs::read_dir(proc)
        .ok()?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let others: Vec<(u32, PathBuf)> = ids
        .filter(|&id| id != own_id)
        .map(|id| (id, proc.join(id.to_string())))
        .collect();
    let known = others
        .iter()
        .find(|(_, process)| CAMERA_PROGRAMS.contains(&name(process).as_str()));
    let found = known.or_else(|| {
        others
            .iter()
            .find(|(_, process)| talks_to_videocore(process))
    })?;
    Some(format!("{} (process {})", name(&found.1), found.0))
}

fn name(process: &Path) -> String {
    fs::read_to_string(process.join("comm")).map_or_else(
        |_| "a program".to_owned(),
        |name| name.trim_end().to_owned(),
    )
}

fn talks_to_videocore(process: &Path) -> bool {
    let descriptors = fs::read_dir(process.join("fd"))
        .into_iter()
        .flatten()
        .flatten();
    descriptors
        .filter_map(|descriptor| fs::read_link(descriptor.path()).ok())
        .any(|target| target == Path::new(CHANNEL))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// A folder like /proc, gone at the end.
    struct Proc(PathBuf);

    impl Proc {
        fn new(test: &str) -> Self {
            let folder =
                std::env::temp_dir().join(format!("picam-stream-{test}-{}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            Self(folder)
        }

        fn add(&self, id: u32, name: &str, opened: &str) {
            let fd = self.0.join(id.to_string()).join("fd");
            fs::create_dir_all(&fd).unwrap();
            fs::write(
                self.0.join(id.to_string()).join("comm"),
                format!("{name}\n"),
            )
            .unwrap();
            symlink(opened, fd.join("3")).unwrap();
        }
    }

    impl Drop for Proc {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_camera_program_is_found_by_its_name() {
        let proc = Proc::new("known");
        proc.add(1, "systemd", "/dev/null");
        proc.add(40, "kodi", "/dev/vchiq");
        proc.add(812, "raspivid", "/dev/null");
        assert_eq!(
            find_in(&proc.0, 900).as_deref(),
            Some("raspivid (process 812)")
        );
    }

    #[test]
    fn another_program_is_found_by_the_device_it_has_open() {
        let proc = Proc::new("device");
        proc.add(1, "systemd", "/dev/null");
        proc.add(40, "python3", "/dev/vchiq");
        assert_eq!(
            find_in(&proc.0, 900).as_deref(),
            Some("python3 (process 40)")
        );
    }

    #[test]
    fn this_process_is_not_its_own_rival() {
        let proc = Proc::new("own");
        proc.add(900, "picam-stream", "/dev/vchiq");
        assert_eq!(find_in(&proc.0, 900), None);
    }
}
