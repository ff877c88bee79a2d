//! The tests of `controls`.

use super::*;
use crate::options::{self, Fate};

fn range(minimum: i32, maximum: i32, step: i32, default: i32) -> ControlRange {
    ControlRange {
        minimum,
        maximum,
        step,
        default,
        is_button: false,
    }
}

fn brightness(value: i32) -> Amount {
    Amount::Scaled {
        value,
        least: 0,
        neutral: 50,
        most: 100,
    }
}

#[test]
fn the_neutral_point_is_the_default_of_the_device_and_the_ends_are_its_ends() {
    let skewed = range(-64, 64, 1, 20);
    assert_eq!(brightness(50).within(skewed), Some(20));
    assert_eq!(brightness(0).within(skewed), Some(-64));
    assert_eq!(brightness(100).within(skewed), Some(64));
    assert_eq!(brightness(75).within(skewed), Some(42));
    // bcm2835-v4l2 has raspivid's own scale.
    assert_eq!(brightness(73).within(range(0, 100, 1, 50)), Some(73));
}

#[test]
fn values_come_to_lie_on_the_steps_of_the_control() {
    assert_eq!(brightness(100).within(range(0, 255, 10, 128)), Some(250));
    assert_eq!(Amount::Exact(90).within(range(0, 270, 90, 0)), Some(90));
    let widest = range(i32::MIN, i32::MAX, 1, 0);
    assert_eq!(brightness(0).within(widest), Some(i32::MIN));
    assert_eq!(brightness(100).within(widest), Some(i32::MAX));
}

#[test]
fn an_exact_value_that_the_control_does_not_reach_is_refused() {
    assert_eq!(Amount::Exact(7500).within(range(2000, 6500, 1, 4000)), None);
    assert_eq!(Amount::Exact(0).within(range(1, 3, 1, 3)), None);
}

#[test]
fn only_options_that_were_given_are_set_and_how_the_picture_lies() {
    let names_of = |given: Vec<&'static str>| -> Vec<_> {
        let options = Options {
            given,
            ..Options::raspivid()
        };
        picture_wishes(&options)
            .iter()
            .map(|wish| wish.option)
            .collect()
    };
    assert_eq!(names_of(vec![]), ALWAYS_SET);
    let with_brightness = [
        names::BRIGHTNESS,
        names::ROTATION,
        names::HFLIP,
        names::VFLIP,
    ];
    assert_eq!(
        names_of(vec![names::HFLIP, names::BRIGHTNESS]),
        with_brightness
    );
}

/// What V4L2 has no control for: the format says it, or nothing does.
const WITHOUT_CONTROL: [&str; 26] = [
    names::FRAMERATE,
    names::PENC,
    names::IREFRESH,
    names::CODEC,
    names::SPSTIMINGS,
    names::SLICES,
    names::WIDTH,
    names::HEIGHT,
    names::CAMSELECT,
    names::MODE,
    names::ISO,
    names::IMXFX,
    names::COLFX,
    names::ROI,
    names::DRC,
    names::STATS,
    names::ANNOTATE,
    names::STEREO,
    names::DECIMATE,
    names::SWAP_EYES,
    names::ANNOTATEEX,
    names::ANALOGGAIN,
    names::DIGITALGAIN,
    names::SETTINGS,
    names::FOCUS,
    names::METERING,
];

#[test]
fn every_option_for_camera_and_encoder_has_a_control_or_is_known_to_have_none() {
    let mut options = Options::raspivid();
    options.camera.awb_gains = Some((1.0, 1.0));
    options.camera.metering = MeteringMode::Backlit;
    options.video.qp = 20;
    options.video.intra_period = Some(crate::units::Gop(30));
    let of_picture = |row: &&options::Row| matches!(row.fate, Fate::Encoder | Fate::Camera);
    options.given = options::rows()
        .filter(of_picture)
        .map(|row| row.long)
        .collect();
    let wishes = picture_wishes(&options)
        .into_iter()
        .chain(encoder_wishes(&options));
    let mut answered: Vec<_> = wishes.map(|wish| wish.option).collect();
    answered.extend(WITHOUT_CONTROL);
    answered.sort_unstable();
    options.given.sort_unstable();
    assert_eq!(answered, options.given);
}
