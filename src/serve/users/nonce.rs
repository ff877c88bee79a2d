//! The numbers that a Digest answers to. Each carries when it was given out and our mark on that, so that none needs to be
//! remembered: however many are asked for, nothing grows.

use std::fs::File;
use std::io::Read;
use std::time::Duration;

use sha1::{Digest as _, Sha1};
use subtle::ConstantTimeEq;

use super::hex;
use crate::error::{Error, Result};
use crate::units::Micros;

/// For so long one may be used again: what was overheard is worthless afterwards.
const FRESH_FOR: Duration = Duration::from_secs(300);

/// Digits of the time in it.
const TIME_DIGITS: usize = 16;

pub struct Nonces {
    key: [u8; 16],
}

impl Nonces {
    pub fn new() -> Result<Self> {
        let mut key = [0; 16];
        File::open("/dev/urandom")
            .and_then(|mut random| random.read_exact(&mut key))
            .map_err(|error| {
                Error::Usage(format!(
                    "--users: no random numbers from /dev/urandom: {error}; without them passwords could be guessed"
                ))
            })?;
        Ok(Self { key })
    }

    pub fn issue(&self, now: Micros) -> String {
        let time = format!("{:0TIME_DIGITS$x}", now.0);
        let mark = self.mark(&time);
        time + &mark
    }

    /// Whether it is of this run, and not too old.
    pub fn is_fresh(&self, nonce: &str, now: Micros) -> bool {
        let Some((time, mark)) = nonce.split_at_checked(TIME_DIGITS) else {
            return false;
        };
        let is_ours = bool::from(self.mark(time).as_bytes().ct_eq(mark.as_bytes()));
        let issued = u64::from_str_radix(time, 16);
        is_ours && issued.is_ok_and(|issued| now.since(Micros(issued)) < FRESH_FOR)
    }

    fn mark(&self, time: &str) -> String {
        let mut sha1 = Sha1::new();
        sha1.update(self.key);
        sha1.update(time);
        hex(&sha1.finalize())
    }
}
