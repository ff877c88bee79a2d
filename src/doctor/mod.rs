//! `picam-stream doctor`: what is wrong between the camera and the viewer, and what to do about it.
//!
//! What was found out is in `Facts`; `checks` judges it, one file a subject. Nothing is changed and no camera is started; what
//! this user may not see is said to be unknown, not guessed.

mod checks;
mod json;
mod page;
mod report;
mod start_line;
mod unit;

pub use self::checks::shared_camera;
pub use self::report::Report;
use self::start_line::StartLine;
use self::unit::Unit;
use crate::options::SourceChoice;
use crate::service::{CAMERA_SOCKET_UNIT, CAMERA_UNIT, SOCKET_UNIT};
use crate::source::auto::{self, ChosenCamera, Survey};
use crate::system::System;

/// What several subjects need to know.
struct Facts<'a> {
    system: &'a System,
    survey: Survey,
    /// What the options of the service ask for.
    wanted: SourceChoice,
    /// The camera that this leads to; none, too, where no camera is asked for.
    camera: Option<ChosenCamera>,
    /// The board, such as "Raspberry Pi 4 Model B Rev 1.4"; empty where the machine does not tell.
    model: String,
    socket: Unit,
    service: Unit,
    /// The units of the shared camera.
    camera_socket: Unit,
    camera_service: Unit,
    /// How the service starts the program.
    start_line: StartLine,
    /// Who is not root cannot see the files of others' processes.
    sees_all: bool,
}

impl Facts<'_> {
    /// Whether the stream comes from the system's capture program.
    fn streams_through_a_program(&self) -> bool {
        self.wanted == SourceChoice::Rpicam
            || matches!(self.camera, Some(ChosenCamera::Libcamera { .. }))
    }

    /// Whether instances hand their viewers over.
    fn shares_camera(&self) -> bool {
        self.camera_socket.is("ActiveState", "active")
    }

    /// Whether a viewer is to see a camera, and there is none.
    fn lacks_camera(&self) -> bool {
        let without = matches!(
            self.wanted,
            SourceChoice::Test | SourceChoice::File(_) | SourceChoice::Shared(_)
        );
        self.camera.is_none() && !without
    }
}

/// Looks at everything.
pub fn examine(system: &System) -> Report {
    let survey = auto::survey(system);
    let service = Unit::ask(system, unit::DOCTORS_INSTANCE);
    let start_line = StartLine::of(&service);
    let wanted = checks::source(system, &start_line);
    let facts = Facts {
        system,
        camera: checks::wanted(&survey, &wanted),
        wanted,
        survey,
        model: checks::model(system),
        socket: Unit::ask(system, SOCKET_UNIT),
        service,
        camera_socket: Unit::ask(system, CAMERA_SOCKET_UNIT),
        camera_service: Unit::ask(system, CAMERA_UNIT),
        start_line,
        sees_all: system.shows_all_processes(),
    };
    Report {
        sections: checks::all(&facts),
    }
}
