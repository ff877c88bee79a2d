//! The words that options take, each with its number in MMAL (`interface/mmal` of the Raspberry Pi
//! userland). Only lists: which option takes which is in `table`.

use super::Word;

const fn word(name: &'static str, mmal: u32) -> Word {
    Word { name, mmal }
}

/// The two codecs, with the four characters of the encoding as MMAL stores them.
pub const CODECS: &[Word] = &[
    word("H264", u32::from_le_bytes(*b"H264")),
    word("MJPEG", u32::from_le_bytes(*b"MJPG")),
];

pub const PROFILES: &[Word] = &[word("baseline", 25), word("main", 26), word("high", 28)];

pub const LEVELS: &[Word] = &[word("4", 28), word("4.1", 29), word("4.2", 30)];

pub const INTRA_REFRESH: &[Word] = &[
    word("cyclic", 0),
    word("adaptive", 1),
    word("both", 2),
    word("cyclicrows", 0x7F00_0001),
];

pub const RAW_FORMATS: &[Word] = &[word("yuv", 0), word("rgb", 1), word("gray", 2)];

pub const INITIAL_STATES: &[Word] = &[word("record", 0), word("pause", 1)];

pub const EXPOSURES: &[Word] = &[
    word("off", 0),
    word("auto", 1),
    word("night", 2),
    word("nightpreview", 3),
    word("backlight", 4),
    word("spotlight", 5),
    word("sports", 6),
    word("snow", 7),
    word("beach", 8),
    word("verylong", 9),
    word("fixedfps", 10),
    word("antishake", 11),
    word("fireworks", 12),
];

pub const FLICKERS: &[Word] = &[
    word("off", 0),
    word("auto", 1),
    word("50hz", 2),
    word("60hz", 3),
];

pub const AWBS: &[Word] = &[
    word("off", 0),
    word("auto", 1),
    word("sun", 2),
    word("cloud", 3),
    word("shade", 4),
    word("tungsten", 5),
    word("fluorescent", 6),
    word("incandescent", 7),
    word("flash", 8),
    word("horizon", 9),
    word("greyworld", 10),
];

pub const IMAGE_EFFECTS: &[Word] = &[
    word("none", 0),
    word("negative", 1),
    word("solarise", 2),
    word("sketch", 6),
    word("denoise", 7),
    word("emboss", 8),
    word("oilpaint", 9),
    word("hatch", 10),
    word("gpen", 11),
    word("pastel", 12),
    word("watercolour", 13),
    word("film", 14),
    word("blur", 15),
    word("saturation", 16),
    word("colourswap", 17),
    word("washedout", 18),
    word("posterise", 19),
    word("colourpoint", 20),
    word("colourbalance", 21),
    word("cartoon", 22),
];

pub const METERINGS: &[Word] = &[
    word("average", 0),
    word("spot", 1),
    word("backlit", 2),
    word("matrix", 3),
];

pub const DRC_LEVELS: &[Word] = &[
    word("off", 0),
    word("low", 1),
    word("med", 2),
    word("high", 3),
];

pub const STEREO_MODES: &[Word] = &[word("off", 0), word("sbs", 1), word("tb", 2)];

/// Ours: the forms of the stream. MMAL has no number for them.
pub const FORMATS: &[Word] = &[word("h264", 0), word("mpegts", 1)];
