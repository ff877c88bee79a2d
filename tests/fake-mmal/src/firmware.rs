//! The part of the VideoCore that decides: which components there are, what their ports look like at first, and what
//! is answered to questions.

use crate::abi::{
    ENOMEM, ENOSPC, ENOSYS, PortType, Rational, Rect, SUCCESS, Status, VideoFormat, fourcc,
};
use crate::clock::sys::stc_us;
use crate::config::{Config, config};
use crate::parameters;

pub const CAMERA: &str = "vc.ril.camera";
pub const VIDEO_ENCODER: &str = "vc.ril.video_encode";

pub const H264: u32 = fourcc(b"H264");
pub const MJPEG: u32 = fourcc(b"MJPG");
const OPAQUE: u32 = fourcc(b"OPQV");
const I420: u32 = fourcc(b"I420");

/// Size of the camera list with its header, as the firmware has had it since cameras have names.
const CAMERA_INFO_SIZE: u32 = 152;
/// Most cameras in the list.
const CAMERAS_MAX: usize = 4;

/// Inputs and outputs of a component; the status of its creation.
pub fn create(name: &str) -> Result<(u32, u32), Status> {
    let config = config();
    match name {
        CAMERA if config.is_on("NOCAMERA") || config.is_on("UNSUPPORTED") => Err(ENOMEM),
        VIDEO_ENCODER if config.is_on("NO_ENCODER") => Err(ENOMEM),
        CAMERA => Ok((0, 3)),
        "vc.camera_info" => Ok((0, 0)),
        "vc.null_sink" | "vc.ril.video_render" => Ok((1, 0)),
        "vc.ril.video_splitter" => Ok((1, 4)),
        VIDEO_ENCODER | "vc.ril.image_encode" | "vc.ril.isp" | "vc.ril.resize" => Ok((1, 1)),
        _ => Err(ENOSYS),
    }
}

pub fn enable(name: &str) -> Status {
    if name == CAMERA && config().is_on("BUSY") {
        ENOSPC
    } else {
        SUCCESS
    }
}

/// Format and buffer needs of a port.
#[derive(Clone, Copy, Debug, Default)]
pub struct PortModel {
    pub encoding: u32,
    pub encoding_variant: u32,
    pub bitrate: u32,
    pub video: VideoFormat,
    pub buffer_num_min: u32,
    pub buffer_size_min: u32,
    pub buffer_num_recommended: u32,
    pub buffer_size_recommended: u32,
    pub buffer_num: u32,
    pub buffer_size: u32,
}

/// How a port looks when its component has just been made.
pub fn port(component: &str, kind: PortType) -> PortModel {
    let mut model = PortModel {
        encoding: OPAQUE,
        encoding_variant: I420,
        ..PortModel::default()
    };
    model.video = video(320, 240);
    (model.buffer_num_min, model.buffer_size_min) = (1, 128);
    (model.buffer_num_recommended, model.buffer_size_recommended) = (3, 128);
    if kind == PortType::Control {
        model = PortModel {
            buffer_num_min: 1,
            buffer_size_min: 128,
            ..PortModel::default()
        };
    }
    if component == VIDEO_ENCODER || component == "vc.ril.image_encode" {
        model.video = video(160, 64);
        model.encoding_variant = 0;
        if kind == PortType::Output {
            encoded(&mut model, component, config());
        }
    }
    (model.buffer_num, model.buffer_size) = (model.buffer_num_min, model.buffer_size_min);
    model
}

fn encoded(model: &mut PortModel, component: &str, config: &Config) {
    model.encoding = if component == VIDEO_ENCODER {
        H264
    } else {
        fourcc(b"JPEG")
    };
    model.buffer_size_min = config.buffer_size.min(2048);
    model.buffer_size_recommended = config.buffer_size;
    model.buffer_num_recommended = config.buffer_num;
}

fn video(width: u32, height: u32) -> VideoFormat {
    VideoFormat {
        width,
        height,
        crop: Rect {
            x: 0,
            y: 0,
            width: width as i32,
            height: height as i32,
        },
        frame_rate: Rational { num: 0, den: 1 },
        ..VideoFormat::default()
    }
}

/// The answer to a question for a parameter: payload, or status and the size that is needed.
pub fn answer(id: u32, size: u32, stored: Option<&[u8]>) -> Result<Vec<u8>, (Status, u32)> {
    match id {
        parameters::CAMERA_INFO => camera_info(size),
        parameters::SYSTEM_TIME if size == 16 => Ok(stc_us().to_le_bytes().to_vec()),
        parameters::SUPPORTED_ENCODINGS => Ok(encodings(size)),
        _ if parameters::check(id, size) != SUCCESS => Err((parameters::check(id, size), size)),
        _ => Ok(fitted(stored.unwrap_or(&[]), size)),
    }
}

fn camera_info(size: u32) -> Result<Vec<u8>, (Status, u32)> {
    let old = config().is_on("OLD_FIRMWARE");
    if size < CAMERA_INFO_SIZE && !old {
        return Err((ENOSPC, CAMERA_INFO_SIZE));
    }
    let cameras = if config().is_on("NOCAMERA") {
        &[][..]
    } else {
        &config().cameras[..]
    };
    let mut bytes = Vec::new();
    push(&mut bytes, &[cameras.len() as u32, 0]);
    for (at, camera) in cameras.iter().take(CAMERAS_MAX).enumerate() {
        push(&mut bytes, &[at as u32, camera.width, camera.height, 0]);
        if !old {
            let name = camera
                .name
                .bytes()
                .chain(std::iter::repeat(0))
                .take(15)
                .chain([0]);
            bytes.extend(name);
        }
    }
    Ok(fitted(&bytes, size))
}

fn encodings(size: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    push(
        &mut bytes,
        &[
            OPAQUE,
            I420,
            fourcc(b"NV12"),
            fourcc(b"RGB3"),
            fourcc(b"BGR3"),
            H264,
            MJPEG,
        ],
    );
    bytes.truncate(size.saturating_sub(8) as usize);
    bytes
}

fn push(bytes: &mut Vec<u8>, values: &[u32]) {
    values
        .iter()
        .for_each(|value| bytes.extend(value.to_le_bytes()));
}

/// The payload of a parameter of this size, filled up with zeros.
fn fitted(bytes: &[u8], size: u32) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes.resize(size.saturating_sub(8) as usize, 0);
    bytes
}

/// The answer to a command of the general command service.
pub fn general_command(command: &str) -> String {
    let config = config();
    let supported = u32::from(!config.is_on("UNSUPPORTED"));
    let detected = if config.is_on("NOCAMERA") || supported == 0 {
        0
    } else {
        config.cameras.len()
    };
    match command {
        "get_camera" => {
            let libcamera = config.fault("LIBCAMERA").unwrap_or(0);
            format!("supported={supported} detected={detected}, libcamera interfaces={libcamera}")
        }
        "get_mem gpu" => format!("gpu={}M", config.fault("GPU_MEM").unwrap_or(128)),
        "get_mem arm" => "arm=896M".into(),
        "version" => "Jan  1 2021 00:00:00\nemulated\nversion 0 (release) (start_x)".into(),
        _ => "error=1 error_msg=\"Command not registered\"".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_camera_list_of_old_firmware_is_refused() {
        assert_eq!(camera_info(148), Err((ENOSPC, 152)));
        let full = camera_info(152).unwrap();
        assert_eq!((full.len(), full[0]), (144, 1));
        assert_eq!(&full[24..31], b"imx219\0");
    }
}
