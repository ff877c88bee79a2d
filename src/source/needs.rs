//! What each kind of camera needs of the machine: its device nodes, the words by which a unit lets it through, and the open
//! files by which a process that uses it is known. The sources, `auto` and doctor read it here; the unit's own
//! `DeviceAllow=` lines are tested against it.

use crate::system::System;

/// The channel to the VideoCore, without which there is no legacy camera.
pub const VIDEOCORE_CHANNEL: &str = "/dev/vchiq";

/// Memory shared with the VideoCore: one of these, by the age of the kernel. libmmal does without where it can.
pub const VIDEOCORE_MEMORY: [&str; 3] = ["/dev/vcsm-cma", "/dev/vcsm", "/dev/vc-sm"];

/// Where the kernel lists its V4L2 devices: a folder each, with its name in a file.
pub const V4L2_CLASS: &str = "/sys/class/video4linux";

/// What one kind of camera needs.
#[derive(Debug)]
pub struct Needs {
    /// The beginnings of the paths of its device nodes.
    nodes: &'static [&'static str],
    /// What a unit's `DeviceAllow=` must name (systemd.resource-control(5)).
    pub allowed_as: &'static [&'static str],
    /// Whether a process with this file open uses such a camera.
    pub is_held_by: fn(&str) -> bool,
}

/// The cameras of libcamera.
pub const LIBCAMERA: Needs = Needs {
    nodes: &[
        "/dev/media",
        "/dev/video",
        "/dev/v4l-subdev",
        "/dev/dma_heap/",
    ],
    allowed_as: &["char-video4linux", "char-media", "char-dma_heap"],
    is_held_by: is_media_or_video,
};

/// The camera of the legacy stack.
pub const MMAL: Needs = Needs {
    nodes: &[VIDEOCORE_CHANNEL, "/dev/vcsm", "/dev/vc-sm"],
    allowed_as: &[VIDEOCORE_CHANNEL],
    is_held_by: |path| path == VIDEOCORE_CHANNEL,
};

/// USB cameras, and others with a V4L2 device.
pub const V4L2: Needs = Needs {
    nodes: &["/dev/video"],
    allowed_as: &["char-video4linux"],
    is_held_by: is_media_or_video,
};

impl Needs {
    /// Those of its nodes that are there.
    pub fn nodes(&self, system: &System) -> Vec<String> {
        let there = |beginning: &&str| {
            let (folder, prefix) = beginning.rsplit_once('/').unwrap_or(("", beginning));
            let names = system.list(folder).into_iter();
            names
                .filter(|name| name.starts_with(prefix))
                .map(|name| format!("{folder}/{name}"))
                .collect::<Vec<_>>()
        };
        self.nodes.iter().flat_map(there).collect()
    }
}

/// /dev/media0, /dev/video0, …
fn is_media_or_video(path: &str) -> bool {
    let number = ["/dev/media", "/dev/video"]
        .iter()
        .find_map(|beginning| path.strip_prefix(beginning));
    number.is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_media_and_video_devices_show_a_user_of_a_camera() {
        for path in ["/dev/media0", "/dev/video11"] {
            assert!(
                (LIBCAMERA.is_held_by)(path) && (V4L2.is_held_by)(path),
                "{path}"
            );
        }
        for path in [
            "/dev/video",
            "/dev/videoX",
            "/dev/v4l-subdev0",
            "/tmp/media0",
            "socket:[1]",
            "/dev/vchiq",
        ] {
            assert!(!(LIBCAMERA.is_held_by)(path), "{path}");
        }
    }

    #[test]
    fn the_channel_to_the_videocore_shows_a_user_of_the_legacy_camera() {
        assert!((MMAL.is_held_by)("/dev/vchiq"));
        for path in ["/dev/vchiq0", "/dev/vcsm-cma", "/dev/video0"] {
            assert!(!(MMAL.is_held_by)(path), "{path}");
        }
    }
}
