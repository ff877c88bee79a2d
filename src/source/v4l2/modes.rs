//! What a camera can be asked for, as it tells itself: a line for each pixel format. Nothing is set and nothing starts, so
//! somebody else may be streaming from it.

use std::path::Path;

use super::abi::{FourCc, Fraction, QueueKind};
use super::device::pixel_formats;
use super::format::understood;
use super::sys::{Device, FrameSizes};
use crate::options::Codec;
use crate::units::Size;

/// No device has so many of anything; one that never says EINVAL must not keep us here.
const MOST: u32 = 256;

const MOST_NAMES: usize = 8;

/// The lines.
///
/// # Errors
/// Why the device does not tell.
pub fn modes(path: &Path) -> std::io::Result<Vec<String>> {
    let device = Device::open(path)?;
    device.capability()?;
    let offered = pixel_formats(&device, QueueKind::Capture);
    let understood = understood(Codec::H264);
    let (usable, others): (Vec<FourCc>, Vec<FourCc>) = offered
        .iter()
        .partition(|format| understood.contains(format));
    let mut lines: Vec<String> = usable.iter().map(|&format| line(&device, format)).collect();
    lines.extend(unused(&others));
    Ok(lines)
}

/// The formats that nothing is done with; a camera has one or two of them, an emulated one dozens.
fn unused(formats: &[FourCc]) -> Option<String> {
    let mut names: Vec<String> = formats
        .iter()
        .map(|format| format.to_string().trim_end().to_owned())
        .collect();
    let more = names.len().saturating_sub(MOST_NAMES);
    names.truncate(MOST_NAMES);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    (!names.is_empty()).then(|| format!("not used: {}{more}", names.join(" ")))
}

/// A pixel format, what has to be done with its pictures, and its sizes with the highest rate of each.
fn line(device: &Device, format: FourCc) -> String {
    let work = match format {
        FourCc::H264 => "sent as it is",
        FourCc::MJPEG | FourCc::JPEG => "decoded and encoded here, or sent as it is with -cd MJPEG",
        _ => "encoded here",
    };
    let sizes: Vec<String> = (0..MOST)
        .map_while(|index| device.frame_size(format, index).ok())
        .map(|sizes| told(device, format, sizes))
        .collect();
    let sizes = match sizes.as_slice() {
        [] => "sizes not told".to_owned(),
        sizes => sizes.join(", "),
    };
    format!("{format} ({work}): {sizes}")
}

fn told(device: &Device, format: FourCc, sizes: FrameSizes) -> String {
    let (text, size) = match sizes {
        FrameSizes::One(size) => (size.to_string(), size),
        FrameSizes::Range { least, greatest } => (format!("{least} to {greatest}"), greatest),
    };
    match shortest(device, format, size) {
        Some(interval) => format!("{text} at up to {} fps", interval.rate()),
        None => text,
    }
}

/// The shortest time per frame that the device tells for this size.
fn shortest(device: &Device, format: FourCc, size: Size) -> Option<Fraction> {
    (0..MOST)
        .map_while(|index| device.frame_interval(format, size, index).ok())
        .filter(|interval| interval.numerator > 0 && interval.denominator > 0)
        .max_by(|a, b| a.frames_per_second().total_cmp(&b.frames_per_second()))
}
