//! USB cameras through the real program, with the stand-in of tests/support in place of the kernel's driver: what they give is
//! not always what they should. What comes out is decoded by ffmpeg and compared with what went in.

mod camera;
mod formats;
mod jpegs;
mod pictures;
