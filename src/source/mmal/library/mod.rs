//! libmmal, found and loaded when a camera is wanted: where each Raspbian keeps it, and what is said when it is not there.
//!
//! The program names no library of the VideoCore to the loader, so that one package starts on every Raspbian.
//! What is loaded stays loaded: the library has threads of its own.

mod sys;

use std::ffi::CStr;
use std::fmt;
use std::path::Path;

use super::places::{self, FOLDERS};
use crate::error::{Error, Result};

/// Proof that libmmal is loaded: without it nothing of this module's parent can be called.
#[derive(Clone, Copy, Debug)]
pub struct Library(());

/// Why a library could not be used.
#[derive(Debug)]
pub enum LoadError {
    /// The loader's words on the candidate that came nearest, or nothing where no file was found.
    Missing(Option<String>),
    /// The library has no such symbol.
    Symbol(&'static str),
}

impl Library {
    /// Loads libmmal, once for the life of the process.
    ///
    /// # Errors
    /// `Error::Camera` where there is none, or one that is too old.
    pub fn load() -> Result<Self> {
        sys::load().map_err(|error| Error::Camera(error.to_string()))?;
        Ok(Self(()))
    }

    /// Asks the firmware, as the `vcgencmd` program does. `None` where it does not answer.
    pub fn ask_firmware(self, question: &CStr) -> Option<String> {
        sys::gencmd(question)
    }
}

/// The files that may be library `name`: what the loader finds in its own path first.
fn candidates(name: &str) -> impl Iterator<Item = String> {
    places::names(name).chain(places::files(name))
}

/// Whether the loader was given a file that is there, so that its complaint is worth telling.
fn exists(candidate: &str) -> bool {
    candidate.starts_with('/') && Path::new(candidate).exists()
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(None) => write!(
                f,
                "libmmal is not installed (looked in the loader's path, {} and {}): this system has no legacy camera stack. \
                 From Raspberry Pi OS bookworm on, and on every 64-bit one, the camera is libcamera's: use --source rpicam or \
                 --source auto. On Raspbian up to bullseye: sudo apt install libraspberrypi0",
                FOLDERS[0], FOLDERS[1],
            ),
            Self::Missing(Some(reason)) => write!(
                f,
                "libmmal cannot be loaded: {reason}. Put it in order with: sudo apt install --reinstall libraspberrypi0"
            ),
            Self::Symbol(name) => write!(
                f,
                "libmmal has no function {name}: the library is too old for this program. Bring it up to date with: \
                 sudo apt update && sudo apt full-upgrade"
            ),
        }
    }
}
