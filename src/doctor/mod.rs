//! `picam-stream doctor`: what is wrong between the camera and the viewer, and what to do about it.
//!
//! One file a subject, each a function from what was found to checks. Nothing is changed and no camera is started; what
//! this user may not see is said to be unknown, not guessed.

mod command;
mod conffile;
mod devices;
mod effects;
mod failures;
mod json;
mod machine;
mod memory;
mod port;
mod power;
mod processes;
mod report;
mod stack;
mod text;
mod units;

use self::command::Line;
pub use self::report::Report;
use self::report::Section;
use self::units::Unit;
use crate::options::SourceChoice;
use crate::source::auto::{self, Camera, Survey};
use crate::system::System;

/// What several subjects need to know.
struct Facts<'a> {
    system: &'a System,
    survey: Survey,
    /// What the options of the service ask for.
    wanted: SourceChoice,
    /// The camera that this leads to; none, too, where no camera is asked for.
    camera: Option<Camera>,
    /// The board, such as "Raspberry Pi 4 Model B Rev 1.4"; empty where the machine does not tell.
    model: String,
    socket: Unit,
    service: Unit,
    /// How the service starts the program.
    command: Line,
    /// Who is not root cannot see the files of others' processes.
    sees_all: bool,
}

impl Facts<'_> {
    /// Whether the stream comes from the system's capture program.
    fn streams_through_a_program(&self) -> bool {
        self.wanted == SourceChoice::Rpicam || matches!(self.camera, Some(Camera::Libcamera { .. }))
    }

    /// Whether a viewer is to see a camera, and there is none.
    fn lacks_camera(&self) -> bool {
        let without = matches!(self.wanted, SourceChoice::Test | SourceChoice::File(_));
        self.camera.is_none() && !without
    }
}

/// Looks at everything.
pub fn examine(system: &System) -> Report {
    let survey = auto::survey(system);
    let service = Unit::ask(system, units::SERVICE);
    let command = Line::of(&service);
    let wanted = conffile::source(system, &command);
    let facts = Facts {
        system,
        camera: stack::wanted(&survey, &wanted),
        wanted,
        survey,
        model: machine::model(system),
        socket: Unit::ask(system, units::SOCKET),
        service,
        command,
        sees_all: system.shows_all_processes(),
    };
    let section = |title, checks| Section { title, checks };
    Report {
        sections: vec![
            section(
                "Machine",
                [
                    machine::checks(&facts),
                    power::checks(&facts),
                    memory::checks(&facts),
                ]
                .concat(),
            ),
            section(
                "Camera",
                [
                    stack::checks(&facts),
                    devices::checks(&facts),
                    processes::checks(&facts),
                ]
                .concat(),
            ),
            section("Options", conffile::checks(&facts)),
            section(
                "Service",
                [
                    units::checks(&facts),
                    port::checks(&facts),
                    failures::checks(&facts),
                ]
                .concat(),
            ),
        ],
    }
}
