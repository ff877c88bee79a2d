//! raspivid's own options that shape the stream: time, rate and the encoder.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::{Beyond, Fate, Group, Kind, Row, Scan, Unknown, Whole};
use crate::options::draft::Draft;
use crate::options::value::{Checked, instead};
use crate::options::words::{Codec, H264Level, H264Profile, IntraRefresh, WaitMethod};
use crate::options::{names, scan};
use crate::units::{Fps, Gop};

const ENCODER: Row = Row {
    group: Group::Video,
    fate: Fate::Encoder,
    ..Row::BLANK
};

pub const ROWS: &[Row] = &[
    Row {
        long: names::BITRATE,
        short: "b",
        placeholder: "BITS",
        kind: Kind::Special {
            takes: "a whole number of bits a second from 0 up, also as 800k, 4M or 2.5M",
            set: bitrate,
        },
        default: Some("17000000"),
        help: "bits a second, such as 800000, 800k or 2.5M; 0 sets no rate",
        more: "k is 1000, M is 1000000. With 0 the encoder chooses, or -qp. More than the level allows is reduced with a warning: 25000000 at \
               level 4 and for MJPEG, 62500000 at levels 4.1 and 4.2.",
        ..ENCODER
    },
    Row {
        long: names::TIMEOUT,
        short: "t",
        placeholder: "MS",
        kind: Kind::Special {
            takes: "a whole number of milliseconds from -1 up",
            set: timeout,
        },
        default: Some("5000"),
        fate: Fate::Session,
        help: "end after so many milliseconds; 0 streams until stopped",
        more: "-1 is as good as not given. Without it -k, -s and -td never end; after -t 0 no other -t counts. The time runs from the first \
               picture; with -l it runs anew for each viewer.",
        ..ENCODER
    },
    Row {
        long: names::FRAMERATE,
        short: "fps",
        placeholder: "FPS",
        kind: Kind::Whole(Whole {
            beyond: Beyond::Refused,
            unit: "frames a second",
            set: |draft, fps| draft.options.video.fps = Fps(fps.cast_unsigned()),
            ..Whole::BLANK
        }),
        default: Some("30"),
        help: "frames a second; 0 is variable",
        more: "More than 245760 macroblocks (16x16 pixels) a second raise the level to 4.2 with a warning; \
               more than 522240, which is 1920x1080 at 64 frames a second, are refused. A shutter time \
               (-ss) longer than a frame makes the rate variable.",
        ..ENCODER
    },
    Row {
        long: names::PENC,
        short: "e",
        kind: Kind::Flag(|draft| draft.options.video.mutable_input = true),
        help: "let the encoder draw into its input pictures",
        ..ENCODER
    },
    Row {
        long: names::INTRA,
        short: "g",
        placeholder: "FRAMES",
        kind: Kind::Whole(Whole {
            min: -1,
            unit: "frames",
            set: |draft, n| {
                draft.options.video.intra_period = (n != -1).then_some(Gop(n.cast_unsigned()));
            },
            ..Whole::BLANK
        }),
        default: Some("-1"),
        help: "a key frame every so many frames; 0 is one at the start only",
        more: "-1 leaves it to the encoder. A viewer that joins or falls behind waits for the next key \
               frame, so a second's worth (25 at -fps 25) is a good choice for live video.",
        ..ENCODER
    },
    Row {
        long: names::PROFILE,
        short: "pf",
        placeholder: "PROFILE",
        kind: Kind::Words {
            words: H264Profile::NAMES,
            exact: false,
            unknown: Unknown::Default,
            set: |draft, at| draft.options.video.profile = H264Profile::ALL[at],
        },
        default: Some("high"),
        help: "H.264 profile",
        ..ENCODER
    },
    Row {
        long: names::LEVEL,
        short: "lev",
        placeholder: "LEVEL",
        kind: Kind::Words {
            words: H264Level::NAMES,
            exact: false,
            unknown: Unknown::Default,
            set: |draft, at| draft.options.video.level = H264Level::ALL[at],
        },
        default: Some("4"),
        help: "H.264 level",
        more: "It decides how many bits a second are allowed, see -b, and is raised to 4.2 where size and \
               rate ask for it, see -fps.",
        ..ENCODER
    },
    Row {
        long: names::QP,
        short: "qp",
        placeholder: "QP",
        // 51 is the largest quantiser of 8-bit H.264 (ITU-T H.264, 7.4.2.2).
        kind: Kind::Whole(Whole {
            max: 51,
            set: |draft, qp| draft.options.video.qp = qp.cast_unsigned(),
            ..Whole::BLANK
        }),
        default: Some("0"),
        help: "fixed quantiser, about 10 (fine) to 40 (coarse); 0 is off",
        more: "Goes well with -b 0. H.264 only.",
        ..ENCODER
    },
    Row {
        long: names::INLINE,
        short: "ih",
        kind: Kind::Flag(|draft| draft.options.video.inline_headers = true),
        help: "put SPS and PPS before every key frame",
        more: "A viewer always gets them; here it is accepted as raspivid's name for it.",
        ..ENCODER
    },
    Row {
        long: names::IREFRESH,
        short: "if",
        placeholder: "TYPE",
        kind: Kind::Words {
            words: IntraRefresh::NAMES,
            exact: false,
            unknown: Unknown::Unset(|draft| draft.options.video.intra_refresh = None),
            set: |draft, at| draft.options.video.intra_refresh = Some(IntraRefresh::ALL[at]),
        },
        help: "kind of intra refresh",
        more: "Without it the encoder keeps its own. H.264 only.",
        ..ENCODER
    },
    Row {
        long: names::CODEC,
        short: "cd",
        placeholder: "CODEC",
        kind: Kind::Words {
            words: Codec::NAMES,
            exact: true,
            unknown: Unknown::Refused,
            set: |draft, at| draft.options.video.codec = Codec::ALL[at],
        },
        default: Some("H264"),
        help: "codec, in capitals",
        ..ENCODER
    },
    Row {
        long: names::SPSTIMINGS,
        short: "stm",
        kind: Kind::Flag(|draft| draft.options.video.sps_timing = true),
        help: "put the frame rate into the SPS",
        ..ENCODER
    },
    Row {
        long: names::SLICES,
        short: "sl",
        placeholder: "N",
        kind: Kind::Whole(Whole {
            scan: Scan::Signed,
            min: 1,
            beyond: Beyond::Refused,
            unit: "slices",
            set: |draft, n| draft.options.video.slices = n.cast_unsigned(),
            ..Whole::BLANK
        }),
        default: Some("1"),
        help: "slices a frame",
        more: "H.264 only, and only up to a width of 1280; at most one a row of macroblocks.",
        ..ENCODER
    },
];

/// Thirty-one years: room for the long rows of nines that people write for "for ever".
const MAX_TIME_MS: i64 = 999_999_999_999;

fn bitrate(draft: &mut Draft, text: &OsStr) -> Checked {
    let (number, rest) = scan::bits(text.as_bytes()).ok_or_else(String::new)?;
    draft.options.report_only.bitrate_asked = number;
    // Below zero it is told when the encoder's limit is known.
    Ok(instead(true, rest, number))
}

fn timeout(draft: &mut Draft, text: &OsStr) -> Checked {
    let (number, rest) = scan::whole(text.as_bytes()).ok_or_else(String::new)?;
    draft.time_ms = number.clamp(-2, MAX_TIME_MS);
    if number == 0 {
        draft.waiting.get_or_insert(WaitMethod::Forever);
    }
    if number < -1 {
        return Ok(Some("the stream ends at its first picture".to_owned()));
    }
    Ok(instead(draft.time_ms == number, rest, draft.time_ms))
}
