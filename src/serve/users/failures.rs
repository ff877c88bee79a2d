//! Who gave wrong passwords, and how long they must wait. Five a minute are allowed an address; each comes back after
//! twelve seconds.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use crate::units::Micros;

/// So many in a row are answered at once.
const AT_ONCE: u32 = 5;
/// After this one is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(12);
/// Addresses that are remembered; the one that will be forgotten first makes room.
const MOST_ADDRESSES: usize = 256;

#[derive(Debug, Default)]
pub struct Failures {
    /// Until when an address has failures on its account: each adds `FORGOTTEN_AFTER`.
    until: Vec<(IpAddr, Micros)>,
}

impl Failures {
    /// How long an address must wait before another password of its is looked at.
    pub fn wait(&self, from: IpAddr, now: Micros) -> Option<Duration> {
        let group = group_of(from);
        let (_, until) = self.until.iter().find(|(known, _)| *known == group)?;
        let wait = until
            .since(now)
            .saturating_sub(FORGOTTEN_AFTER * (AT_ONCE - 1));
        (!wait.is_zero()).then_some(wait)
    }

    pub fn count(&mut self, from: IpAddr, now: Micros) {
        self.until.retain(|(_, until)| *until > now);
        let group = group_of(from);
        if let Some((_, until)) = self.until.iter_mut().find(|(known, _)| *known == group) {
            *until = until.after(FORGOTTEN_AFTER);
            return;
        }
        if self.until.len() >= MOST_ADDRESSES
            && let Some(first) = (0..self.until.len()).min_by_key(|index| self.until[*index].1)
        {
            self.until.swap_remove(first);
        }
        self.until.push((group, now.after(FORGOTTEN_AFTER)));
    }
}

/// A household has a /64 of IPv6 addresses.
fn group_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        ipv4 => ipv4,
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const SECOND: u64 = 1_000_000;

    fn address(number: u32) -> IpAddr {
        Ipv4Addr::from(number).into()
    }

    #[test]
    fn five_failures_are_free_and_each_comes_back_after_twelve_seconds() {
        let mut failures = Failures::default();
        let now = Micros(100 * SECOND);
        for _ in 0..5 {
            assert_eq!(failures.wait(address(1), now), None);
            failures.count(address(1), now);
        }
        assert_eq!(
            failures.wait(address(1), now),
            Some(Duration::from_secs(12))
        );
        assert_eq!(failures.wait(address(2), now), None);
        let later = Micros(112 * SECOND);
        assert_eq!(failures.wait(address(1), later), None);
        failures.count(address(1), later);
        assert_eq!(
            failures.wait(address(1), later),
            Some(Duration::from_secs(12))
        );
        assert_eq!(failures.wait(address(1), Micros(172 * SECOND)), None);
    }

    #[test]
    fn a_household_has_one_account_whatever_address_it_takes() {
        let mut failures = Failures::default();
        for end in 0..5 {
            let address = Ipv6Addr::new(0x2001, 0xdb8, 1, 2, 0, 0, 0, end);
            failures.count(address.into(), Micros(SECOND));
        }
        let neighbour = Ipv6Addr::new(0x2001, 0xdb8, 1, 3, 0, 0, 0, 1);
        let other = Ipv6Addr::new(0x2001, 0xdb8, 1, 2, 9, 9, 9, 9);
        assert!(failures.wait(other.into(), Micros(SECOND)).is_some());
        assert_eq!(failures.wait(neighbour.into(), Micros(SECOND)), None);
        let mapped: IpAddr = Ipv4Addr::from(7).to_ipv6_mapped().into();
        assert_eq!(group_of(mapped), address(7));
    }

    #[test]
    fn many_addresses_do_not_grow_it_and_the_worst_stay() {
        let mut failures = Failures::default();
        for _ in 0..6 {
            failures.count(address(0), Micros(SECOND));
        }
        for number in 1..10_000 {
            failures.count(address(number), Micros(SECOND));
        }
        assert_eq!(failures.until.len(), MOST_ADDRESSES);
        assert!(failures.wait(address(0), Micros(SECOND)).is_some());
    }
}
