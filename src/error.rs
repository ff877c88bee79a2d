//! What can end a session early: one variant for each way in which the caller reacts.

use std::fmt;

/// The result of everything that can end a session.
pub type Result<T> = std::result::Result<T, Error>;

/// Why something ended. Each text says what was being done, on what, why it failed and what the user can do.
#[derive(Debug)]
pub enum Error {
    /// The command line cannot be understood or cannot work.
    Usage(String),
    /// The camera was not found or could not be set up.
    Camera(String),
    /// Another program or viewer has the camera.
    Busy(String),
    /// The output could not be opened or written, other than by a viewer leaving.
    Output(String),
    /// The camera gives no more frames.
    Stalled(String),
    /// The viewer is gone: the ordinary end of a stream, and a success.
    Viewer(Departure),
}

/// How a viewer goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departure {
    /// It closed its end, or its machine is gone.
    Left,
    /// It took nothing for so long that it was dropped.
    Stuck,
}

/// An exit status of the process, and when it is given.
#[derive(Debug, PartialEq, Eq)]
pub struct ExitStatus {
    /// A number of sysexits.h.
    pub code: u8,
    /// In the words of README and the manual page.
    pub when: &'static str,
}

const ORDERLY: ExitStatus = ExitStatus {
    code: 0,
    when: "the viewer left or was stuck, `-t` is over, SIGTERM or SIGINT",
};
const COMMAND_LINE: ExitStatus = ExitStatus {
    code: 64,
    when: "command line",
};
const CAMERA: ExitStatus = ExitStatus {
    code: 70,
    when: "the camera was not found, is busy, or could not be set up",
};
const OUTPUT: ExitStatus = ExitStatus {
    code: 74,
    when: "the output could not be opened or written",
};
const STALLED: ExitStatus = ExitStatus {
    code: 75,
    when: "the camera stalled",
};

/// All of them: the manual page is made from this list, README's table is tested against it.
pub const EXIT_STATUSES: [ExitStatus; 5] = [ORDERLY, COMMAND_LINE, CAMERA, OUTPUT, STALLED];

impl Error {
    /// How a stream has ended, in the words of the closing line.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Viewer(Departure::Left) => "viewer left",
            Self::Viewer(Departure::Stuck) => "viewer stuck",
            Self::Stalled(_) => "camera stalled",
            Self::Output(_) => "output failed",
            Self::Busy(_) => "camera busy",
            Self::Usage(_) | Self::Camera(_) => "camera failed",
        }
    }

    /// The exit status of the process.
    pub fn exit_status(&self) -> u8 {
        let status = match self {
            Self::Usage(_) => COMMAND_LINE,
            Self::Camera(_) | Self::Busy(_) => CAMERA,
            Self::Output(_) => OUTPUT,
            Self::Stalled(_) => STALLED,
            Self::Viewer(_) => ORDERLY,
        };
        status.code
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text)
            | Self::Camera(text)
            | Self::Busy(text)
            | Self::Output(text)
            | Self::Stalled(text) => f.write_str(text),
            Self::Viewer(_) => f.write_str(self.reason()),
        }
    }
}

impl std::error::Error for Error {}
