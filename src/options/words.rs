//! The words that options take, an enum each, with the number that MMAL has for each word (`interface/mmal` of the Raspberry Pi
//! userland). Who translates the words matches on the enum: a new word asks each source for its answer. Which option takes
//! which words is in `table`; the default of each enum is the option's.

/// Makes an enum of words: a variant, the word, and the number in MMAL where it has one.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$attribute:meta])* $variant:ident = $word:literal $(, $mmal:expr)?;)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub enum $name { $($(#[$attribute])* $variant,)+ }

        impl $name {
            /// All of them, in the order of `NAMES`.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The words of the command line.
            pub const NAMES: &'static [&'static str] = &[$($word),+];

            /// The word of the command line.
            pub fn name(self) -> &'static str {
                Self::NAMES[self as usize]
            }
        }

        words!(@numbers $name [$($($mmal)?;)+]);
    };
    (@numbers $name:ident [$(;)+]) => {};
    (@numbers $name:ident [$($mmal:expr;)+]) => {
        impl $name {
            /// The number in MMAL.
            pub fn mmal(self) -> u32 {
                [$($mmal),+][self as usize]
            }
        }
    };
}

words! {
    /// `-cd`.
    Codec {
        #[default]
        H264 = "H264";
        Mjpeg = "MJPEG";
    }
}

words! {
    /// The form of the stream: `--format`. The codec's own bytes, Annex B or JPEG after JPEG, or MPEG-TS.
    Format {
        #[default]
        H264 = "h264";
        MpegTs = "mpegts";
    }
}

words! {
    /// `-pf`.
    H264Profile {
        Baseline = "baseline", 25;
        Main = "main", 26;
        #[default]
        High = "high", 28;
    }
}

words! {
    /// `-lev`.
    H264Level {
        #[default]
        Level4 = "4", 28;
        Level41 = "4.1", 29;
        Level42 = "4.2", 30;
    }
}

words! {
    /// `-if`, where it is given.
    IntraRefresh {
        #[default]
        Cyclic = "cyclic", 0;
        Adaptive = "adaptive", 1;
        Both = "both", 2;
        CyclicRows = "cyclicrows", 0x7F00_0001;
    }
}

words! {
    /// `-rf`.
    RawFormat {
        #[default]
        Yuv = "yuv";
        Rgb = "rgb";
        Gray = "gray";
    }
}

words! {
    /// `-i`.
    InitialState {
        #[default]
        Record = "record";
        Pause = "pause";
    }
}

words! {
    /// `-ex`.
    ExposureMode {
        Off = "off", 0;
        #[default]
        Auto = "auto", 1;
        Night = "night", 2;
        NightPreview = "nightpreview", 3;
        Backlight = "backlight", 4;
        Spotlight = "spotlight", 5;
        Sports = "sports", 6;
        Snow = "snow", 7;
        Beach = "beach", 8;
        VeryLong = "verylong", 9;
        FixedFps = "fixedfps", 10;
        AntiShake = "antishake", 11;
        Fireworks = "fireworks", 12;
    }
}

words! {
    /// `-fli`.
    FlickerAvoidance {
        #[default]
        Off = "off", 0;
        Auto = "auto", 1;
        Hz50 = "50hz", 2;
        Hz60 = "60hz", 3;
    }
}

words! {
    /// `-awb`.
    AwbMode {
        Off = "off", 0;
        #[default]
        Auto = "auto", 1;
        Sun = "sun", 2;
        Cloud = "cloud", 3;
        Shade = "shade", 4;
        Tungsten = "tungsten", 5;
        Fluorescent = "fluorescent", 6;
        Incandescent = "incandescent", 7;
        Flash = "flash", 8;
        Horizon = "horizon", 9;
        GreyWorld = "greyworld", 10;
    }
}

words! {
    /// `-ifx`.
    ImageEffect {
        #[default]
        None = "none", 0;
        Negative = "negative", 1;
        Solarise = "solarise", 2;
        Sketch = "sketch", 6;
        Denoise = "denoise", 7;
        Emboss = "emboss", 8;
        OilPaint = "oilpaint", 9;
        Hatch = "hatch", 10;
        GPen = "gpen", 11;
        Pastel = "pastel", 12;
        Watercolour = "watercolour", 13;
        Film = "film", 14;
        Blur = "blur", 15;
        Saturation = "saturation", 16;
        ColourSwap = "colourswap", 17;
        WashedOut = "washedout", 18;
        Posterise = "posterise", 19;
        ColourPoint = "colourpoint", 20;
        ColourBalance = "colourbalance", 21;
        Cartoon = "cartoon", 22;
    }
}

words! {
    /// `-mm`.
    MeteringMode {
        #[default]
        Average = "average", 0;
        Spot = "spot", 1;
        Backlit = "backlit", 2;
        Matrix = "matrix", 3;
    }
}

words! {
    /// `-drc`.
    DrcLevel {
        #[default]
        Off = "off", 0;
        Low = "low", 1;
        Medium = "med", 2;
        High = "high", 3;
    }
}

words! {
    /// `-3d`.
    StereoMode {
        #[default]
        Off = "off", 0;
        SideBySide = "sbs", 1;
        TopBottom = "tb", 2;
    }
}

words! {
    /// How raspivid waits for the end, as its report says.
    WaitMethod {
        #[default]
        Simple = "Simple capture";
        Forever = "Capture forever";
        Timed = "Cycle on time";
        Keypress = "Cycle on keypress";
        Signal = "Cycle on signal";
    }
}
