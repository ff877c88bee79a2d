//! What the H.264 encoder of the VideoCore can do, and how raspivid fits a request into it. A
//! source that learns the size only from its sensor (`-w 0`, `-h 0`) asks here again.

use super::model::{Options, SourceChoice};
use super::words::{Codec, H264Level};
use crate::error::{Error, Result};
use crate::units::{Bitrate, Fps, Size};

/// Macroblocks a second at levels 4 and 4.1 (ITU-T H.264, table A-1).
const LEVEL_4_MACROBLOCKS: u64 = 245_760;
/// The same at level 4.2, where the encoder ends.
const LEVEL_4_2_MACROBLOCKS: u64 = 522_240;
/// Bits a second at level 4 in High profile, which raspivid takes for MJPEG too (ITU-T H.264, table
/// A-1 and A.3.3).
const LEVEL_4_BITRATE: Bitrate = Bitrate(25_000_000);
/// The same at levels 4.1 and 4.2.
const LEVEL_4_1_BITRATE: Bitrate = Bitrate(62_500_000);
/// The widest picture that raspivid cuts into slices.
const MAX_SLICED_WIDTH: u32 = 1280;

/// Common sizes, to name one that fits.
const SIZES: [Size; 6] = [
    Size {
        width: 1920,
        height: 1080,
    },
    Size {
        width: 1640,
        height: 922,
    },
    Size {
        width: 1280,
        height: 720,
    },
    Size {
        width: 800,
        height: 600,
    },
    Size {
        width: 640,
        height: 480,
    },
    Size {
        width: 320,
        height: 240,
    },
];

/// The level that so many pictures of this size need: the one asked for, or 4.2.
///
/// Errors: `Usage` where even 4.2 is too little.
pub fn level_for(size: Size, fps: Fps, asked: H264Level) -> Result<H264Level> {
    let rate = macroblocks(size) * u64::from(fps.0);
    if rate > LEVEL_4_2_MACROBLOCKS {
        Err(Error::Usage(too_fast(size, fps, rate)))
    } else if rate > LEVEL_4_MACROBLOCKS {
        Ok(H264Level::Level42)
    } else {
        Ok(asked)
    }
}

/// The number of slices that is used of those asked for: as many as there are rows of macroblocks
/// at most, one above a width of 1280.
pub fn slices_for(size: Size, asked: u32) -> u32 {
    if size.width > MAX_SLICED_WIDTH {
        1
    } else {
        asked.min(size.height.div_ceil(16).max(1))
    }
}

/// Fits `options` into the encoder. A size of 0 is not known yet and left for the source. A recording was encoded
/// already: size and rate of an encoder do not bound how fast it is played. A shared camera has options of its own.
pub fn fit(options: &mut Options) -> Result<()> {
    if matches!(
        options.source,
        SourceChoice::File(_) | SourceChoice::Shared(_)
    ) {
        return Ok(());
    }
    fit_bitrate(options);
    let size = options.video.size;
    if options.video.codec == Codec::Mjpeg || size.width == 0 || size.height == 0 {
        return Ok(());
    }
    let asked = options.video.level;
    let level = level_for(size, options.effective_fps(), asked)?;
    if level != asked {
        let fps = options.video.fps.0;
        options.warnings.push(format!(
            "{size} at {fps} frames a second is more than level {} takes: -lev is raised to {}",
            asked.name(),
            level.name()
        ));
        options.video.level = level;
    }
    fit_slices(options);
    Ok(())
}

/// The cap follows the level as it was given, before it is raised.
fn fit_bitrate(options: &mut Options) {
    let level = options.video.level;
    let (cap, by) = match options.video.codec {
        Codec::Mjpeg => (LEVEL_4_BITRATE, "MJPEG takes".to_owned()),
        Codec::H264 if level == H264Level::Level4 => {
            (LEVEL_4_BITRATE, format!("level {} takes", level.name()))
        }
        Codec::H264 => (LEVEL_4_1_BITRATE, format!("level {} takes", level.name())),
    };
    let asked = options.report_only.bitrate_asked;
    match u32::try_from(asked).map(Bitrate) {
        Ok(rate) if rate <= cap => options.video.bitrate = rate,
        Ok(_) => {
            options.warnings.push(format!(
                "-b {asked} is more than {by}: reduced to {} bits a second",
                cap.0
            ));
            options.video.bitrate = cap;
        }
        Err(_) => {
            options.warnings.push(format!(
                "-b is read as {asked}, which is below zero: as much as {by} is used, {} bits a second",
                cap.0
            ));
            options.video.bitrate = cap;
        }
    }
}

fn fit_slices(options: &mut Options) {
    let (size, asked) = (options.video.size, options.video.slices);
    let used = slices_for(size, asked);
    if used != asked {
        let why = if size.width > MAX_SLICED_WIDTH {
            format!("works up to a width of {MAX_SLICED_WIDTH} only and is left out")
        } else {
            format!("is more than the rows of macroblocks: reduced to {used}")
        };
        options.warnings.push(format!("-sl {asked} {why}"));
        options.video.slices = used;
    }
}

/// A picture in macroblocks of 16x16 pixels.
fn macroblocks(size: Size) -> u64 {
    u64::from(size.width.div_ceil(16)) * u64::from(size.height.div_ceil(16))
}

fn too_fast(size: Size, fps: Fps, rate: u64) -> String {
    let mut fits = Vec::new();
    let most = LEVEL_4_2_MACROBLOCKS / macroblocks(size);
    if most > 0 {
        fits.push(format!("-fps {most} at this size"));
    }
    let smaller = SIZES
        .iter()
        .find(|size| macroblocks(**size) * u64::from(fps.0) <= LEVEL_4_2_MACROBLOCKS);
    if let Some(Size { width, height }) = smaller {
        fits.push(format!("-w {width} -h {height} at this rate"));
    }
    format!(
        "{size} (-w, -h) at {} frames a second (-fps) is {rate} macroblocks a second, more than the {LEVEL_4_2_MACROBLOCKS} \
         of the H.264 encoder; what fits: {}",
        fps.0,
        fits.join(", or ")
    )
}
