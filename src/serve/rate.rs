//! How fast pictures come.

use std::time::Duration;

use crate::units::Micros;

/// Over how long a rate is counted.
const RATE_OVER: Duration = Duration::from_secs(2);

/// Pictures and bytes a second, of late.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rate {
    since: Micros,
    pictures: u64,
    bytes: u64,
    pub pictures_a_second: f64,
    pub bits_a_second: f64,
}

impl Rate {
    /// Counted from now on.
    pub fn since(now: Micros) -> Self {
        Self {
            since: now,
            ..Self::default()
        }
    }

    pub fn note(&mut self, continues: bool, bytes: usize, now: Micros) {
        self.pictures += u64::from(!continues);
        self.bytes += bytes as u64;
        let seconds = now.since(self.since).as_secs_f64();
        if seconds >= RATE_OVER.as_secs_f64() {
            *self = Self {
                since: now,
                pictures: 0,
                bytes: 0,
                pictures_a_second: self.pictures as f64 / seconds,
                bits_a_second: self.bytes as f64 * 8.0 / seconds,
            };
        }
    }
}
