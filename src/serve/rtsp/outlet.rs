//! How the packets of one session leave over UDP: one by one, never in a burst that the client's buffer does not hold, and
//! never waited for. What does not go now stays with the viewer, which drops whole pictures when it becomes too much.

use std::rc::Rc;

use nix::errno::Errno;

use super::udp::{Destination, Pair, Port};
use crate::container::rtp::{INTERLEAVED_HEAD_BYTES, each};
use crate::units::Micros;
use crate::viewer::channel::PacketWay;

/// So much may go at once: the buffer of a client holds 208 KiB by default (net.core.rmem_default), which count more than
/// twice for packets of this size.
const BURST_BYTES: u64 = 48 << 10;

/// Then it goes on at so many times the rate of the stream.
const TIMES_THE_RATE: u64 = 4;

/// Of a stream that is slower, or whose rate is not known yet.
const LEAST_BITS_A_SECOND: u64 = 2_000_000;

#[derive(Debug)]
pub struct Outlet {
    pair: Rc<Pair>,
    there: Destination,
    allowance: Allowance,
}

impl Outlet {
    pub fn new(pair: Rc<Pair>, there: Destination, now: Micros) -> Self {
        Self {
            pair,
            there,
            allowance: Allowance {
                bytes: BURST_BYTES,
                as_of: now,
            },
        }
    }
}

impl PacketWay for Outlet {
    fn write(&mut self, packets: &[u8]) -> Result<usize, Errno> {
        let rate = self.pair.bits_a_second().max(LEAST_BITS_A_SECOND);
        self.allowance
            .grow(rate * TIMES_THE_RATE / 8, Micros::now());
        let mut done = 0;
        for packet in each(packets) {
            if !self.allowance.take(packet.len() as u64) {
                break;
            }
            match self.pair.send(Port::Rtp, packet, &self.there) {
                Err(Errno::EAGAIN | Errno::ENOBUFS) => break,
                // Lost, as packets are.
                Err(_) | Ok(()) => done += INTERLEAVED_HEAD_BYTES + packet.len(),
            }
        }
        Ok(done)
    }
}

/// How much may be sent, in bytes.
#[derive(Debug)]
struct Allowance {
    bytes: u64,
    as_of: Micros,
}

impl Allowance {
    fn grow(&mut self, bytes_a_second: u64, now: Micros) {
        let time_us = now.since(self.as_of).as_micros().min(1_000_000) as u64;
        let more = bytes_a_second.saturating_mul(time_us) / 1_000_000;
        // What is less than a byte is not lost.
        if more > 0 {
            self.bytes = self.bytes.saturating_add(more).min(BURST_BYTES);
            self.as_of = now;
        }
    }

    fn take(&mut self, bytes: u64) -> bool {
        let rest = self.bytes.checked_sub(bytes);
        self.bytes = rest.unwrap_or(self.bytes);
        rest.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_burst_packets_go_at_the_pace_that_is_allowed() {
        let mut allowance = Allowance {
            bytes: BURST_BYTES,
            as_of: Micros(0),
        };
        let mut sent = 0;
        for millisecond in 0..1000 {
            allowance.grow(1_000_000, Micros(millisecond * 1000));
            while allowance.take(1400) {
                sent += 1400;
            }
        }
        let beyond_the_burst = sent - BURST_BYTES;
        assert!((990_000..1_001_000).contains(&beyond_the_burst), "{sent}");
        allowance.grow(u64::MAX, Micros(u64::MAX));
        assert_eq!(allowance.bytes, BURST_BYTES);
    }
}
