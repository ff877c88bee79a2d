//! The report of `-v`, line for line.

use super::options;
use crate::options::settings;

#[test]
fn the_report_of_the_service_s_line_is_raspivid_s() {
    let given = options(
        "-w 1280 -h 720 -a 12 -fl -ih -b 800000 -fps 25 -pf main -g 25 -awb auto -v -n -t 0 -o -",
    );
    let version = env!("CARGO_PKG_VERSION");
    let first = format!("\"picam-stream\" Camera App (version {version})");
    assert_eq!(
        settings(&given, "imx219"),
        [
            "",
            first.as_str(),
            "",
            "Camera Name imx219",
            "Width 1280, Height 720, filename -",
            "Using camera 0, sensor mode 0",
            "",
            "GPS output Disabled",
            "",
            "bitrate 800000, framerate 25, time delay 0",
            "H264 Profile main",
            "H264 Level 4",
            "H264 Quantisation level 0, Inline headers Yes",
            "H264 Fill SPS Timings No",
            "H264 Intra refresh type (null), period 25",
            "H264 Slices 1",
            "Wait method : Capture forever",
            "Initial state 'record'",
            "",
            "",
            "Preview No, Full screen Yes",
            "Preview window 0,0,1024,768",
            "Opacity 255",
            "Sharpness 0, Contrast 0, Brightness 50",
            "Saturation 0, ISO 0, Video Stabilisation No, Exposure compensation 0",
            "Exposure Mode 'auto', AWB Mode 'auto', Image Effect 'none'",
            "Flicker Avoid Mode 'off'",
            "Metering Mode 'average', Colour Effect Enabled No with U = 128, V = 128",
            "Rotation 0, hflip No, vflip No",
            "ROI x 0.000000, y 0.000000, w 1.000000 h 1.000000",
        ]
    );
}

#[test]
fn the_report_shows_values_as_they_were_given() {
    let given = options(
        "-b 30M -fps 60 -ss 100000 -if both -sl 9 -sh 150 -rot 100 -cfx 1:2 -roi 0.5,0.5,1,0.25 -gps -i pause \
         -sg 1000 -wr 9 -sn 2 -r raw -rf gray -k -stm -vs -hf -vf -ev -4 -ISO 400",
    );
    let report = settings(&given, "OV5647").join("\n");
    for line in [
        "filename (null)",
        "GPS output Enabled",
        "bitrate 30000000, framerate 60, time delay 0",
        "H264 Level 4\n",
        "H264 Fill SPS Timings Yes",
        "H264 Intra refresh type both, period -1",
        "H264 Slices 9\n\
         Segment size 1000, segment wrap value 9, initial segment number 2\n\
         Raw output enabled, format gray\n\
         Wait method : Cycle on keypress\n\
         Initial state 'pause'\n\n\n\
         Preview Yes, Full screen Yes\n",
        "Sharpness 150, Contrast 0, Brightness 50",
        "Saturation 0, ISO 400, Video Stabilisation Yes, Exposure compensation -4",
        "Colour Effect Enabled Yes with U = 1, V = 2",
        "Rotation 100, hflip Yes, vflip Yes",
        "ROI x 0.500000, y 0.500000, w 0.500000 h 0.250000",
    ] {
        assert!(report.contains(line), "{line:?} is not in\n{report}");
    }
}
