//! The libcamera cameras through the real program, with `stand_in.py` in place of rpicam-vid and libcamera-vid: no
//! machine without a Pi's camera can run the real ones. Emulated are their options, output, messages and endings.

mod arguments;
mod endings;
mod failures;
mod floods;
mod frames;
mod software;
