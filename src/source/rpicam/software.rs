//! What the software encoder of a Pi 5 (x264 through libav) is told: to hold no frame back, and what raspivid's options ask
//! for. The hardware encoder does not look at these words.
//!
//! `--low-latency` of rpicam-apps 1.6 and later takes the preset ultrafast, whose pictures are Constrained Baseline whatever
//! `--profile` says; the words of `--libav-video-codec-opts` are read after it and win (encoder/libav_encoder.cpp). That
//! superfast with zerolatency gives Main and High, and holds nothing back, was seen with x264 itself: a test does it again.

use super::argument_table::Given;
use super::program::Offer;
use crate::options::{H264Profile, Options};

/// What `--low-latency` does but for the preset, in the words of the encoder, for versions without it.
const LOW_LATENCY: &str = "tune=zerolatency;bf=0;refs=1;thread_type=slice";

/// The options for the encoder.
pub fn encoder(options: &Options, offer: &Offer) -> Vec<Given> {
    let mut given = vec![("low-latency", None)];
    if offer.software_encoder || !offer.has("low-latency") {
        given.push(("libav-video-codec-opts", Some(words(options, offer))));
    }
    given
}

fn words(options: &Options, offer: &Offer) -> String {
    let video = &options.video;
    // What Baseline lacks is what makes superfast slower.
    let preset = if video.profile == H264Profile::Baseline {
        "ultrafast"
    } else {
        "superfast"
    };
    let mut words = vec![format!("preset={preset}")];
    if !offer.has("low-latency") {
        words.push(LOW_LATENCY.to_owned());
        words.push("slices=4".to_owned());
    }
    if video.slices > 1 {
        // x264 makes as many slices as threads that work on one picture.
        words.push(format!("slices={0};threads={0}", video.slices));
    }
    if video.qp > 0 {
        words.push(format!("qp={}", video.qp));
    }
    words.join(";")
}
