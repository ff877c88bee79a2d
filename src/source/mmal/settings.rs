//! What the camera chose for itself, as it reports when `-set` asks for it: MMAL_PARAMETER_CAMERA_SETTINGS.

use std::fmt;

/// MMAL_PARAMETER_CAMERA_SETTINGS of mmal_parameters_camera.h.
const ID: u32 = 0x1_0045;
/// Id and size stand before the values.
const HEADER_WORDS: usize = 2;

/// The camera's settings of the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    exposure_us: u32,
    analog_gain: Ratio,
    digital_gain: Ratio,
    awb_red: Ratio,
    awb_blue: Ratio,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ratio(i32, i32);

impl Settings {
    /// From the payload of the event that a parameter has changed; `None` when it is another parameter's.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let word = |index: usize| {
            let bytes = payload.get(index * 4..)?.first_chunk()?;
            Some(u32::from_le_bytes(*bytes))
        };
        let value = |index: usize| word(HEADER_WORDS + index);
        let ratio = |index: usize| {
            Some(Ratio(
                value(index)?.cast_signed(),
                value(index + 1)?.cast_signed(),
            ))
        };
        if word(0)? != ID {
            return None;
        }
        Some(Self {
            exposure_us: value(0)?,
            analog_gain: ratio(1)?,
            digital_gain: ratio(3)?,
            awb_red: ratio(5)?,
            awb_blue: ratio(7)?,
        })
    }
}

/// raspivid's two lines as one.
impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Exposure now {}, analog gain {}, digital gain {}, AWB R={}, B={}",
            self.exposure_us, self.analog_gain, self.digital_gain, self.awb_red, self.awb_blue
        )
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.0, self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    #[test]
    fn the_settings_are_read_from_the_event() {
        let event = payload(&[ID, 48, 33_000, 2, 1, 256, 256, 3, 2, 5, 4, 0]);
        assert_eq!(
            Settings::parse(&event)
                .map(|settings| settings.to_string())
                .as_deref(),
            Some("Exposure now 33000, analog gain 2/1, digital gain 256/256, AWB R=3/2, B=5/4")
        );
    }

    #[test]
    fn other_events_and_short_ones_are_passed_over() {
        assert_eq!(
            Settings::parse(&payload(&[0x1_0046, 48, 1, 2, 3, 4, 5, 6, 7, 8, 9])),
            None
        );
        assert_eq!(Settings::parse(&payload(&[ID, 48, 1, 2, 3])), None);
        assert_eq!(Settings::parse(&[]), None);
    }
}
