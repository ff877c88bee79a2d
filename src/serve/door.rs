//! Who may come in: so many viewers in all, and so many from one address.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::rc::Rc;

use nix::unistd::Uid;

/// Where a viewer comes from: all of an IPv6 network that one household has (/64, RFC 6177) count as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    Address(IpAddr),
    /// A user of this machine.
    User(u32),
}

impl Origin {
    pub fn of_address(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(
                address.to_bits() & !u128::from(u64::MAX),
            )),
            ipv4 => ipv4,
        })
    }

    pub fn of_user(user: Uid) -> Self {
        Self::User(user.as_raw())
    }
}

/// Counts the viewers.
#[derive(Clone, Debug)]
pub struct Door {
    inside: Rc<RefCell<BTreeMap<Origin, usize>>>,
    most: usize,
    most_of_one: usize,
}

/// A viewer's place, which is free again when this is dropped.
#[derive(Debug)]
pub struct Place {
    door: Door,
    origin: Origin,
}

impl Door {
    pub fn new(most: usize, most_of_one: usize) -> Self {
        Self {
            inside: Rc::default(),
            most,
            most_of_one,
        }
    }

    /// Lets one in, or says why not and what can be done.
    pub fn let_in(&self, origin: Origin) -> Result<Place, String> {
        if self.count() >= self.most {
            return Err(format!(
                "turned away: {} viewers are watching, which is the limit (--max-viewers in SERVE_OPTIONS)",
                self.most
            ));
        }
        let mut inside = self.inside.borrow_mut();
        let of_one = inside.entry(origin).or_default();
        if *of_one >= self.most_of_one {
            return Err(format!(
                "turned away: {} viewers of one address are watching, which is the limit \
                 (--max-viewers-per-address in SERVE_OPTIONS)",
                self.most_of_one
            ));
        }
        *of_one += 1;
        drop(inside);
        Ok(Place {
            door: self.clone(),
            origin,
        })
    }

    /// How many are inside.
    pub fn count(&self) -> usize {
        self.inside.borrow().values().sum()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inside = self.door.inside.borrow_mut();
        if let Some(of_one) = inside.get_mut(&self.origin) {
            *of_one -= 1;
            if *of_one == 0 {
                inside.remove(&self.origin);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(address: &str) -> Origin {
        Origin::of_address(address.parse().unwrap())
    }

    #[test]
    fn so_many_come_in_and_who_leaves_makes_room() {
        let door = Door::new(3, 2);
        let first = door.let_in(origin("192.0.2.1")).unwrap();
        let _second = door.let_in(origin("::ffff:192.0.2.1")).unwrap();
        let refusal = door.let_in(origin("192.0.2.1")).unwrap_err();
        assert!(refusal.contains("--max-viewers-per-address"), "{refusal}");
        let _third = door.let_in(origin("192.0.2.2")).unwrap();
        let refusal = door.let_in(origin("192.0.2.3")).unwrap_err();
        assert!(refusal.contains("--max-viewers in"), "{refusal}");
        drop(first);
        assert_eq!(door.count(), 2);
        assert!(door.let_in(origin("192.0.2.1")).is_ok());
    }

    #[test]
    fn the_addresses_of_one_network_count_as_one() {
        assert_eq!(origin("2001:db8::1"), origin("2001:db8::ffff:2"));
        assert_ne!(origin("2001:db8::1"), origin("2001:db8:0:1::1"));
        assert_ne!(origin("192.0.2.1"), origin("192.0.2.2"));
    }
}
