//! The report of `-v`: the settings, line for line as raspivid prints them, because its users know
//! them from their journals. The lines about components, which follow there, belong to the source
//! that has such components.

use super::model::Options;
use super::words::IntraRefresh;

/// The lines of the report, empty ones too. `camera_name` is the source's own name.
pub fn settings(options: &Options, camera_name: &str) -> Vec<String> {
    let mut lines = head(options, camera_name);
    lines.extend(stream(options));
    lines.extend(image(options));
    lines
}

fn head(options: &Options, camera_name: &str) -> Vec<String> {
    let size = options.video.size;
    let report = &options.report_only;
    vec![
        String::new(),
        format!(
            "\"picam-stream\" Camera App (version {})",
            env!("CARGO_PKG_VERSION")
        ),
        String::new(),
        format!("Camera Name {camera_name}"),
        format!(
            "Width {}, Height {}, filename {}",
            size.width,
            size.height,
            report.filename.as_deref().unwrap_or("(null)")
        ),
        format!(
            "Using camera {}, sensor mode {}",
            options.camera.number.cast_signed(),
            options.camera.sensor_mode.cast_signed()
        ),
        String::new(),
        format!(
            "GPS output {}",
            if report.gps { "Enabled" } else { "Disabled" }
        ),
        String::new(),
    ]
}

fn stream(options: &Options) -> Vec<String> {
    let (video, report) = (&options.video, &options.report_only);
    let mut lines = vec![
        format!(
            "bitrate {}, framerate {}, time delay {}",
            report.bitrate_asked, video.fps.0, report.time_delay_ms
        ),
        format!("H264 Profile {}", video.profile.name()),
        format!("H264 Level {}", report.level_asked.name()),
        format!(
            "H264 Quantisation level {}, Inline headers {}",
            video.qp.cast_signed(),
            yes(video.inline_headers)
        ),
        format!("H264 Fill SPS Timings {}", yes(video.sps_timing)),
        format!(
            "H264 Intra refresh type {}, period {}",
            video.intra_refresh.map_or("(null)", IntraRefresh::name),
            video.intra_period.map_or(-1, |gop| gop.0.cast_signed())
        ),
        format!("H264 Slices {}", report.slices_asked),
    ];
    if report.segment_ms != 0 {
        lines.push(format!(
            "Segment size {}, segment wrap value {}, initial segment number {}",
            report.segment_ms, report.segment_wrap, report.segment_start
        ));
    }
    if let Some(format) = report.raw_format {
        lines.push(format!("Raw output enabled, format {}", format.name()));
    }
    lines.push(format!("Wait method : {}", report.wait_method.name()));
    lines.push(format!("Initial state '{}'", report.initial_state.name()));
    lines.extend([String::new(), String::new()]);
    lines
}

fn image(options: &Options) -> Vec<String> {
    let (camera, report) = (&options.camera, &options.report_only);
    let (x, y, width, height) = report.preview_window;
    let (u, v) = camera.colour_effect.unwrap_or((128, 128));
    let roi = camera.roi;
    vec![
        format!(
            "Preview {}, Full screen {}",
            yes(report.preview),
            yes(report.fullscreen)
        ),
        format!("Preview window {x},{y},{width},{height}"),
        format!("Opacity {}", report.opacity),
        format!(
            "Sharpness {}, Contrast {}, Brightness {}",
            report.sharpness_asked, report.contrast_asked, report.brightness_asked
        ),
        format!(
            "Saturation {}, ISO {}, Video Stabilisation {}, Exposure compensation {}",
            report.saturation_asked,
            camera.iso,
            yes(camera.stabilisation),
            camera.exposure_compensation
        ),
        format!(
            "Exposure Mode '{}', AWB Mode '{}', Image Effect '{}'",
            camera.exposure.name(),
            camera.awb.name(),
            camera.image_effect.name()
        ),
        format!("Flicker Avoid Mode '{}'", camera.flicker.name()),
        format!(
            "Metering Mode '{}', Colour Effect Enabled {} with U = {u}, V = {v}",
            camera.metering.name(),
            yes(camera.colour_effect.is_some())
        ),
        format!(
            "Rotation {}, hflip {}, vflip {}",
            report.rotation_asked,
            yes(camera.hflip),
            yes(camera.vflip)
        ),
        format!(
            "ROI x {:.6}, y {:.6}, w {:.6} h {:.6}",
            roi.x, roi.y, roi.width, roi.height
        ),
    ]
}

fn yes(set: bool) -> &'static str {
    if set { "Yes" } else { "No" }
}
