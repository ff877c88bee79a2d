//! Turns the end of the capture program into our error: what we were doing, its last words, and what the user can do.

use std::fmt::Write;
use std::os::unix::process::ExitStatusExt;

use nix::sys::signal::Signal;

use super::child::Ended;
use super::messages::Messages;
use super::program::Program;
use crate::error::Error;
use crate::source::holders::{end_holders, holders};

/// A remedy for what the program says.
struct Hint {
    /// What is looked for in its last lines, in small letters.
    said: &'static [&'static str],
    remedy: fn() -> String,
}

/// What it says when another has the camera.
const BUSY: &[&str] = &[
    "in use by another process",
    "failed to acquire camera",
    "resource busy",
];

/// The first that fits is given.
const HINTS: &[Hint] = &[
    Hint {
        said: &["legacy camera stack"],
        remedy: || {
            "the legacy camera is switched on: use --source mmal, or switch it off with raspi-config and reboot".into()
        },
    },
    Hint {
        said: &["only supports the raspberry pi"],
        remedy: || "this machine has no Raspberry Pi camera".into(),
    },
    // libcamera finds no camera where it may not open these: rights come before cables.
    Hint {
        said: &[
            "dma heap",
            "dmaheap device",
            "dma-buf provider",
            "/dev/dma_heap",
        ],
        remedy: || {
            "it may not open /dev/dma_heap: the user must be in the group video (sudo usermod -aG video USER), a rule of \
             udev must give /dev/dma_heap/* to that group, as Raspberry Pi OS has it (else: SUBSYSTEM==\"dma_heap\", \
             GROUP=\"video\", MODE=\"0660\" in /etc/udev/rules.d), and a unit must let it through \
             (DeviceAllow=char-dma_heap rw)"
                .into()
        },
    },
    Hint {
        said: &["permission denied"],
        remedy: || {
            "the user must be in the group video, and the unit must let the camera's devices through".into()
        },
    },
    Hint {
        said: &["failed to open v4l2 h264 encoder"],
        remedy: || {
            "the Pi's encoder is /dev/video11: where it is there, the user must be in the group video and the unit must \
             let it through (DeviceAllow=char-video4linux rw); where it is not, load its driver: sudo modprobe \
             bcm2835-codec"
                .into()
        },
    },
    Hint {
        said: BUSY,
        remedy: || end_holders(&holders(), "/dev/media* /dev/video*"),
    },
    Hint {
        said: &["no cameras available"],
        remedy: || {
            "no camera was detected: check its cable at both ends and camera_auto_detect=1 in config.txt, then reboot"
                .into()
        },
    },
    Hint {
        said: &["selected camera is not available"],
        remedy: || "there is no camera of this number: choose another with -cs".into(),
    },
    Hint {
        said: &[
            "cannot allocate memory",
            "failed to allocate",
            "unable to allocate",
            "allocation fail",
        ],
        remedy: || {
            "memory for pictures (CMA) ran out: choose a smaller -w and -h, end other users of the camera or the \
             screen, or raise it in config.txt (dtoverlay=vc4-kms-v3d,cma-256)"
                .into()
        },
    },
    Hint {
        said: &[
            "unable to find an appropriate h.264 codec",
            "cannot find video encoder",
        ],
        remedy: || {
            "this board encodes in software, which needs: sudo apt install rpicam-apps-encoder (before rpicam-apps \
             1.8: rpicam-apps)"
                .into()
        },
    },
    Hint {
        said: &[
            "unrecognised option",
            "unknown option",
            "ambiguous",
            "cannot be specified more than once",
        ],
        remedy: || "check the options behind --: this version does not take one of them".into(),
    },
    Hint {
        said: &["device timeout", "frontend has timed out", "dequeue timer"],
        remedy: || "the sensor sends no pictures: check the camera's cable at both ends".into(),
    },
];

/// The program ended although nobody had asked it to.
pub fn ended(program: &Program, ended: &Ended, messages: &Messages, frames: u64) -> Error {
    let doing = if frames == 0 {
        "cannot start the camera"
    } else {
        "the camera stopped"
    };
    let mut text = format!("{doing}: {program} {}", how(ended));
    if frames == 0 && ended.status.success() {
        text.push_str(" without a picture");
    } else if frames > 0 {
        // Writing to a String cannot fail.
        let _ = write!(text, " after {frames} frames");
    }
    add_reason(&mut text, ended, messages);
    if frames > 0 {
        Error::Stalled(text)
    } else if BUSY.iter().any(|said| messages.mention(said)) {
        Error::Busy(text)
    } else {
        Error::Camera(text)
    }
}

/// The program could not be asked for its options.
pub fn no_help(program: &Program, ended: &Ended, messages: &Messages) -> Error {
    let mut text = format!(
        "cannot use {program}: it {} when asked for its options (--help)",
        how(ended)
    );
    add_reason(&mut text, ended, messages);
    Error::Camera(text)
}

/// A program that was killed has not said why: only what it called an error may be the reason then.
fn add_reason(text: &mut String, ended: &Ended, messages: &Messages) {
    let killed = ended.status.signal().is_some();
    let reason = if killed {
        messages.errors()
    } else {
        messages.reason()
    };
    if !reason.is_empty() {
        text.push_str(": ");
        text.push_str(&reason);
    }
    let hint = HINTS
        .iter()
        .find(|hint| hint.said.iter().any(|said| messages.mention(said)));
    if let Some(hint) = hint {
        text.push_str("; ");
        text.push_str(&(hint.remedy)());
    } else if killed && !ended.by_us {
        text.push_str(
            "; something else on this machine has ended it: where memory ran out, journalctl -k tells of it",
        );
    }
}

/// What we did to it is not told as if it had happened to it.
fn how(ended: &Ended) -> String {
    if ended.by_us {
        return "closed its output and did not end".into();
    }
    match (ended.status.code(), ended.status.signal()) {
        (Some(code), _) => format!("ended with status {code}"),
        (_, Some(number)) => {
            let name = Signal::try_from(number).map_or("a signal", Signal::as_str);
            format!("was ended by {name} from outside")
        }
        _ => "ended".into(),
    }
}
