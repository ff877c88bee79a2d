//! What doctor looks at: one file a subject, each with a function from what was found to checks. A new subject is a file
//! here, and a word in `all`.

mod camera_stack;
mod camera_users;
mod device_rights;
mod gpu_memory;
mod last_failure;
mod machine;
mod option_effects;
mod port;
mod power;
mod service_options;
mod service_units;
mod shared_camera;

pub use self::camera_stack::wanted;
pub use self::machine::model;
pub use self::service_options::source;
pub use self::shared_camera::told as shared_camera;
use super::{Facts, report, start_line, unit};
use crate::doctor::report::{Check, Section};

/// A subject.
type Examine = fn(&Facts) -> Vec<Check>;

/// All checks, in the order of the page.
pub fn all(facts: &Facts) -> Vec<Section> {
    let page: [(&str, &[Examine]); 4] = [
        (
            "Machine",
            &[machine::checks, power::checks, gpu_memory::checks],
        ),
        (
            "Camera",
            &[
                camera_stack::checks,
                device_rights::checks,
                camera_users::checks,
            ],
        ),
        ("Options", &[service_options::checks]),
        (
            "Service",
            &[
                service_units::checks,
                port::checks,
                shared_camera::checks,
                last_failure::checks,
            ],
        ),
    ];
    let section = |(title, subjects): (&'static str, &[Examine])| Section {
        title,
        checks: subjects.iter().flat_map(|checks| checks(facts)).collect(),
    };
    page.into_iter().map(section).collect()
}
