//! Everything about options. Reading only checks; nothing is opened or run while options are read. Each of these knows those
//! above it alone:
//!
//! | file | holds |
//! | --- | --- |
//! | `scan`, `value`, `shown`, `similar` | how the text of one value is read, what can become of it, and how it is told |
//! | `names`, `words`, `model` | the names that code refers to, the words that options take, what is asked for as plain data |
//! | `annotation`, `endpoints`, `h264_limits` | what is read, or fitted, with more rules than one |
//! | `draft` | the options while they are read, as plain data |
//! | `table` | one row an option |
//! | `apply`, `service`, `finish`, `serve` | a value goes into the draft by its row; what only shows when all is read |
//! | `commands`, `parse` | from the words of a command line to what it asks for |
//! | `help`, `man`, `complete`, `settings_report`, `unhonoured` | how options are told |

mod annotation;
mod apply;
mod commands;
mod complete;
mod draft;
mod endpoints;
mod finish;
mod h264_limits;
mod help;
mod man;
mod model;
pub mod names;
mod parse;
mod scan;
mod serve;
mod service;
mod settings_report;
mod shown;
mod similar;
mod table;
#[cfg(test)]
mod tests;
mod unhonoured;
mod value;
mod words;

pub use commands::{COMMANDS, CommandWord};
pub use complete::bash_completion;
pub use h264_limits::{level_for, slices_for};
pub use help::help;
pub use man::man_page;
pub use model::{
    Annotation, Camera, Command, Options, Output, ReportOnly, Roi, ServeOptions, SourceChoice,
    Stereo, Video,
};
pub use parse::{Use, parse, uses};
pub use settings_report::settings;
pub use table::{Fate, Group, Kind, Row, find, rows};
pub use unhonoured::{Unhonoured, unhonoured};
pub use words::{
    AwbMode, Codec, DrcLevel, ExposureMode, FlickerAvoidance, Format, H264Level, H264Profile,
    ImageEffect, InitialState, IntraRefresh, MeteringMode, RawFormat, StereoMode, WaitMethod,
};
