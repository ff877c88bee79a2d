//! raspivid's options as MMAL parameters: one row says which option ends in which parameter, on which ports, with which
//! values, when it is left out, and whether a refusal ends everything. The order of the rows is raspivid's.

use mmal_sys as ffi;

use super::annotate_parameter;
use super::parameter::{Parameter, PortPlace, Value, may, must};
use super::request::Request;
use crate::options::{Codec, IntraRefresh, StereoMode, names};

const CAMERA: &[PortPlace] = &[PortPlace::CameraControl];
const CAMERA_OUTPUTS: &[PortPlace] = &[PortPlace::Preview, PortPlace::Video, PortPlace::Still];
const ENCODER: &[PortPlace] = &[PortPlace::EncoderOutput];

/// Which camera and how it works: before anything is enabled.
pub const SELECTION: &[Parameter] = &[
    must(
        names::STEREO,
        CAMERA_OUTPUTS,
        ffi::MMAL_PARAMETER_STEREOSCOPIC_MODE,
        Value::Words(|r| Some(stereo(r))),
    ),
    must(
        names::CAMSELECT,
        CAMERA,
        ffi::MMAL_PARAMETER_CAMERA_NUM,
        Value::Word(|r| Some(r.options.camera.number)),
    ),
    must(
        names::MODE,
        CAMERA,
        ffi::MMAL_PARAMETER_CAMERA_CUSTOM_SENSOR_CONFIG,
        Value::Word(|r| Some(r.options.camera.sensor_mode)),
    ),
];

/// What the camera has to reserve: once its control port is enabled.
pub const CONFIGURATION: Parameter = may(
    names::WIDTH,
    CAMERA,
    ffi::MMAL_PARAMETER_CAMERA_CONFIG,
    Value::Words(|r| Some(configuration(r))),
);

/// The limits of a variable frame rate, each before its port's format.
pub const PREVIEW_RATE: Parameter = may(
    names::SHUTTER,
    &[PortPlace::Preview],
    ffi::MMAL_PARAMETER_FPS_RANGE,
    Value::Words(|r| rate_range(r, 166)),
);
pub const VIDEO_RATE: Parameter = may(
    names::SHUTTER,
    &[PortPlace::Video],
    ffi::MMAL_PARAMETER_FPS_RANGE,
    Value::Words(|r| rate_range(r, 167)),
);

/// How the picture looks: once the camera is enabled.
pub const CONTROLS: &[Parameter] = &[
    may(
        names::SATURATION,
        CAMERA,
        ffi::MMAL_PARAMETER_SATURATION,
        Value::Words(|r| percent(r.options.camera.saturation)),
    ),
    may(
        names::SHARPNESS,
        CAMERA,
        ffi::MMAL_PARAMETER_SHARPNESS,
        Value::Words(|r| percent(r.options.camera.sharpness)),
    ),
    may(
        names::CONTRAST,
        CAMERA,
        ffi::MMAL_PARAMETER_CONTRAST,
        Value::Words(|r| percent(r.options.camera.contrast)),
    ),
    may(
        names::BRIGHTNESS,
        CAMERA,
        ffi::MMAL_PARAMETER_BRIGHTNESS,
        Value::Words(|r| percent(r.options.camera.brightness)),
    ),
    may(
        names::ISO,
        CAMERA,
        ffi::MMAL_PARAMETER_ISO,
        Value::Word(|r| Some(r.options.camera.iso.cast_unsigned())),
    ),
    may(
        names::VSTAB,
        CAMERA,
        ffi::MMAL_PARAMETER_VIDEO_STABILISATION,
        Value::Word(|r| flag(r.options.camera.stabilisation)),
    ),
    may(
        names::EV,
        CAMERA,
        ffi::MMAL_PARAMETER_EXPOSURE_COMP,
        Value::Word(|r| Some(r.options.camera.exposure_compensation.cast_unsigned())),
    ),
    may(
        names::EXPOSURE,
        CAMERA,
        ffi::MMAL_PARAMETER_EXPOSURE_MODE,
        Value::Word(|r| Some(r.options.camera.exposure.mmal())),
    ),
    may(
        names::FLICKER,
        CAMERA,
        ffi::MMAL_PARAMETER_FLICKER_AVOID,
        Value::Word(|r| Some(r.options.camera.flicker.mmal())),
    ),
    may(
        names::METERING,
        CAMERA,
        ffi::MMAL_PARAMETER_EXP_METERING_MODE,
        Value::Word(|r| Some(r.options.camera.metering.mmal())),
    ),
    may(
        names::AWB,
        CAMERA,
        ffi::MMAL_PARAMETER_AWB_MODE,
        Value::Word(|r| Some(r.options.camera.awb.mmal())),
    ),
    may(
        names::AWBGAINS,
        CAMERA,
        ffi::MMAL_PARAMETER_CUSTOM_AWB_GAINS,
        Value::Words(|r| {
            let (red, blue) = r.options.camera.awb_gains?;
            Some([fraction(red), fraction(blue)].concat())
        }),
    ),
    may(
        names::IMXFX,
        CAMERA,
        ffi::MMAL_PARAMETER_IMAGE_EFFECT,
        Value::Word(|r| Some(r.options.camera.image_effect.mmal())),
    ),
    may(
        names::COLFX,
        CAMERA,
        ffi::MMAL_PARAMETER_COLOUR_EFFECT,
        Value::Words(|r| {
            Some(match r.options.camera.colour_effect {
                Some((u, v)) => vec![1, u.cast_unsigned(), v.cast_unsigned()],
                None => vec![0, 128, 128],
            })
        }),
    ),
    may(
        names::ROTATION,
        CAMERA_OUTPUTS,
        ffi::MMAL_PARAMETER_ROTATION,
        Value::Word(|r| Some(r.options.camera.rotation_degrees.cast_unsigned())),
    ),
    may(
        names::HFLIP,
        CAMERA_OUTPUTS,
        ffi::MMAL_PARAMETER_MIRROR,
        Value::Word(|r| {
            Some(u32::from(r.options.camera.vflip) | u32::from(r.options.camera.hflip) << 1)
        }),
    ),
    may(
        names::ROI,
        CAMERA,
        ffi::MMAL_PARAMETER_INPUT_CROP,
        Value::Words(|r| {
            let roi = r.options.camera.roi;
            Some(
                [roi.x, roi.y, roi.width, roi.height]
                    .map(|part| ((part * 65536.0) as i32).cast_unsigned())
                    .to_vec(),
            )
        }),
    ),
    may(
        names::SHUTTER,
        CAMERA,
        ffi::MMAL_PARAMETER_SHUTTER_SPEED,
        Value::Word(|r| Some(r.options.camera.shutter_us.cast_unsigned())),
    ),
    may(
        names::DRC,
        CAMERA,
        ffi::MMAL_PARAMETER_DYNAMIC_RANGE_COMPRESSION,
        Value::Word(|r| Some(r.options.camera.drc.mmal())),
    ),
    may(
        names::STATS,
        CAMERA,
        ffi::MMAL_PARAMETER_CAPTURE_STATS_PASS,
        Value::Word(|r| flag(r.options.camera.stats)),
    ),
    may(
        names::ANNOTATE,
        CAMERA,
        ffi::MMAL_PARAMETER_ANNOTATE,
        Value::Versions(|r| annotate_parameter::versions(&r.options.annotation, &r.user_text)),
    ),
    may(
        names::ANALOGGAIN,
        CAMERA,
        ffi::MMAL_PARAMETER_ANALOG_GAIN,
        Value::Words(|r| Some(fraction(r.options.camera.analog_gain).to_vec())),
    ),
    may(
        names::DIGITALGAIN,
        CAMERA,
        ffi::MMAL_PARAMETER_DIGITAL_GAIN,
        Value::Words(|r| Some(fraction(r.options.camera.digital_gain).to_vec())),
    ),
    may(
        names::FOCUS,
        CAMERA,
        ffi::MMAL_PARAMETER_DRAW_BOX_FACES_AND_FOCUS,
        Value::Word(|r| flag(r.options.camera.focus_window)),
    ),
    may(
        names::SETTINGS,
        CAMERA,
        ffi::MMAL_PARAMETER_CHANGE_EVENT_REQUEST,
        Value::Words(|r| {
            r.options
                .camera
                .settings_events
                .then(|| vec![ffi::MMAL_PARAMETER_CAMERA_SETTINGS, 1])
        }),
    ),
];

/// The text in the picture; sent again when it changes.
pub const ANNOTATION: Parameter = may(
    names::ANNOTATE,
    CAMERA,
    ffi::MMAL_PARAMETER_ANNOTATE,
    Value::Versions(|r| annotate_parameter::versions(&r.options.annotation, &r.text)),
);

/// How the stream is coded: once the encoder's output has its format.
pub const CODING: &[Parameter] = &[
    must(
        names::INTRA,
        ENCODER,
        ffi::MMAL_PARAMETER_INTRAPERIOD,
        Value::Word(|r| h264(r)?.options.video.intra_period.map(|gop| gop.0)),
    ),
    must(
        names::SLICES,
        ENCODER,
        ffi::MMAL_PARAMETER_MB_ROWS_PER_SLICE,
        Value::Word(|r| {
            let slices = h264(r)?.slices;
            (slices > 1).then(|| r.size.height.div_ceil(16).div_ceil(slices))
        }),
    ),
    must(
        names::QP,
        ENCODER,
        ffi::MMAL_PARAMETER_VIDEO_ENCODE_INITIAL_QUANT,
        Value::Word(quantiser),
    ),
    must(
        names::QP,
        ENCODER,
        ffi::MMAL_PARAMETER_VIDEO_ENCODE_MIN_QUANT,
        Value::Word(quantiser),
    ),
    must(
        names::QP,
        ENCODER,
        ffi::MMAL_PARAMETER_VIDEO_ENCODE_MAX_QUANT,
        Value::Word(quantiser),
    ),
    must(
        names::PROFILE,
        ENCODER,
        ffi::MMAL_PARAMETER_PROFILE,
        Value::Words(|r| Some(vec![h264(r)?.options.video.profile.mmal(), r.level.mmal()])),
    ),
    may(
        names::PENC,
        &[PortPlace::EncoderInput],
        ffi::MMAL_PARAMETER_VIDEO_IMMUTABLE_INPUT,
        Value::Word(|r| flag(!r.options.video.mutable_input)),
    ),
    // Always on: every key frame begins with SPS and PPS, so that a viewer may come at any.
    may(
        names::INLINE,
        ENCODER,
        ffi::MMAL_PARAMETER_VIDEO_ENCODE_INLINE_HEADER,
        Value::Word(|r| h264(r).map(|_| 1)),
    ),
    may(
        names::SPSTIMINGS,
        ENCODER,
        ffi::MMAL_PARAMETER_VIDEO_ENCODE_SPS_TIMING,
        Value::Word(|r| flag(h264(r)?.options.video.sps_timing)),
    ),
    // Always off: motion vectors are no part of a stream.
    may(
        names::VECTORS,
        ENCODER,
        ffi::MMAL_PARAMETER_VIDEO_ENCODE_INLINE_VECTORS,
        Value::Word(|r| h264(r).map(|_| 0)),
    ),
    must(
        names::IREFRESH,
        ENCODER,
        ffi::MMAL_PARAMETER_VIDEO_INTRA_REFRESH,
        Value::First {
            length: 5,
            word: |r| h264(r)?.options.video.intra_refresh.map(IntraRefresh::mmal),
        },
    ),
];

/// Whether pictures flow.
pub const CAPTURE: u32 = ffi::MMAL_PARAMETER_CAPTURE;
/// A key frame next, please.
pub const REQUEST_KEY_FRAME: u32 = ffi::MMAL_PARAMETER_VIDEO_REQUEST_I_FRAME;

/// The request, where it is for H.264.
fn h264(request: &Request) -> Option<&Request> {
    (request.options.video.codec == Codec::H264).then_some(request)
}

fn quantiser(request: &Request) -> Option<u32> {
    Some(h264(request)?.options.video.qp).filter(|&qp| qp != 0)
}

fn flag(on: bool) -> Option<u32> {
    Some(u32::from(on))
}

/// A rational number of hundredths.
fn percent(value: Option<i32>) -> Option<Vec<u32>> {
    Some(vec![value?.cast_unsigned(), 100])
}

/// A rational number of 65536ths, cut off and not rounded.
fn fraction(value: f32) -> [u32; 2] {
    [(value * 65536.0) as u32, 65536]
}

/// MMAL_PARAMETER_STEREOSCOPIC_MODE_T: without two cameras in one picture the rest says nothing.
fn stereo(request: &Request) -> Vec<u32> {
    let stereo = request.options.camera.stereo;
    match stereo.mode {
        StereoMode::Off => vec![0, 0, 0],
        mode => vec![mode.mmal(), stereo.decimate.into(), stereo.swap_eyes.into()],
    }
}

/// MMAL_PARAMETER_CAMERA_CONFIG_T: sizes as asked for; frames of the preview, more above 30 a second; times in the pts
/// of the VideoCore's own clock (1).
fn configuration(request: &Request) -> Vec<u32> {
    let (width, height) = (request.size.width, request.size.height);
    let preview_frames = 3 + request.options.video.fps.0.saturating_sub(30) / 10;
    vec![width, height, 0, 0, width, height, preview_frames, 0, 0, 1]
}

/// From so many to so many frames in a thousand seconds, for exposures of more than a second.
fn rate_range(request: &Request, lowest: u32) -> Option<Vec<u32>> {
    match request.options.camera.shutter_us {
        ..=1_000_000 => None,
        1_000_001..=6_000_000 => Some(vec![lowest, 1000, 999, 1000]),
        _ => Some(vec![5, 1000, 166, 1000]),
    }
}
