//! Viewers that misbehave, and networks that break: the camera gets free, the port stays open, nothing piles up.

use crate::container::Container;
use crate::net::Net;
use crate::setups::installed;
use crate::viewer::{IPV4, Viewer, instances, wait_until_nobody_watches};
use std::fs;
use std::io::Read;
use std::net::TcpStream;
use std::time::{Duration, Instant};
use test_support::commands::until;

/// The dead and the stuck are gone within this. On a busy machine a little later is no fault: what is tested is that
/// they do not stay for a minute or for ever.
const GONE_WITHIN: u64 = 15;

#[test]
fn five_hundred_viewers_in_a_row_leave_nothing_behind() {
    many_viewers_leave_nothing_behind(&installed());
}

#[test]
fn dead_and_stuck_viewers_are_gone_in_time() {
    dead_and_stuck_viewers_go(&installed());
}

/// A thousand connections as fast as they can be made: systemd must not shut the port for it.
pub fn burst_leaves_the_port_open(container: &Container) {
    wait_until_nobody_watches(container);
    container.net().run(|| {
        let burst: Vec<_> = (0..1000).map(|_| TcpStream::connect(IPV4)).collect();
        assert!(burst.iter().all(Result::is_ok), "a connection was refused");
    });
    // The next one waits behind what is left of the burst, and may be turned away with it.
    drop(until("the next viewer gets in", 120, || {
        Viewer::try_watch(container, IPV4)
    }));
    assert_eq!(
        container.sh("systemctl is-active raspivid.socket"),
        "active"
    );
    wait_until_nobody_watches(container);
}

/// Five hundred viewers one after another, each gone after its first byte or turned away.
fn many_viewers_leave_nothing_behind(container: &Container) {
    wait_until_nobody_watches(container);
    let before = resources(container);
    let served = container.net().run(|| {
        let seen = |_: &u32| {
            TcpStream::connect(IPV4)
                .unwrap()
                .read(&mut [0])
                .is_ok_and(|count| count == 1)
        };
        (0..500).filter(seen).count()
    });
    wait_until_nobody_watches(container);
    container.say(&format!("of 500 viewers in a row {served} were served"));
    assert!(served > 0);
    assert_eq!(instances(container), [""; 0]);
    assert_eq!(
        container.sh("systemctl list-units --failed --plain --no-legend 'raspivid*'"),
        ""
    );
    until("no more descriptors and processes than before", 30, || {
        (resources(container) <= before).then_some(())
    });
    drop(Viewer::watch(container, IPV4));
}

/// Three viewers on the other end of a cable: one whose cable is pulled while it reads, one that does not read, and
/// one that does not read and loses its cable. Each is gone in time, and the next one gets in.
fn dead_and_stuck_viewers_go(container: &Container) {
    let outside = Net::new();
    outside.lay_cable(container.leader());
    for (what, reads, cut) in [
        ("a dead peer", true, true),
        ("one that stops reading", false, false),
        ("both", false, true),
    ] {
        wait_until_nobody_watches(container);
        let stream = outside.run(|| TcpStream::connect("10.0.0.2:3333")).unwrap();
        let mut viewer = Viewer::new(stream);
        viewer.read(1000);
        if cut {
            outside.plug_cable("down");
        }
        let begun = Instant::now();
        if reads {
            viewer
                .stream()
                .set_read_timeout(Some(Duration::from_millis(200)))
                .unwrap();
            while viewer
                .stream()
                .read(&mut [0; 65536])
                .is_ok_and(|count| count > 0)
            {}
        }
        until("the camera is free", 120, || {
            container.processes("picam-stream").is_empty().then_some(())
        });
        container.say(&format!("{what} is gone after {:.1?}", begun.elapsed()));
        assert!(
            begun.elapsed() < Duration::from_secs(GONE_WITHIN),
            "{what}: only after {:?}",
            begun.elapsed()
        );
        drop(Viewer::watch(container, IPV4));
        outside.plug_cable("up");
    }
}

/// Descriptors of the first process, and processes, in the container.
fn resources(container: &Container) -> (usize, usize) {
    let descriptors = fs::read_dir(format!("/proc/{}/fd", container.leader()))
        .unwrap()
        .count();
    (descriptors, container.processes("picam-stream").len())
}
