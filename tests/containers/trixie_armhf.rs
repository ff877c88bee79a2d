//! Debian 13 for ARM: a package index of it cannot always be had, and only a qemu-user from 10 on can boot it.
//!
//! Nothing else depends on this system; when it cannot be tested, the output says so and why.

use crate::container::Container;
use crate::root::TRIXIE_ARMHF;
use crate::setups::live_in_a_chroot;
use test_support::commands::say;

#[test]
fn on_trixie_armhf_the_package_installs_and_leaves_nothing_behind() {
    if let Err(reason) = TRIXIE_ARMHF.try_folder() {
        return say(&format!("NOT TESTED on trixie armhf: {reason}"));
    }
    live_in_a_chroot(&Container::chroot(&TRIXIE_ARMHF));
}
