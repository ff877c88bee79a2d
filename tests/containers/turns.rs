//! One watches, one waits: what viewers see who come while another is watching, and what the journal says of it.

use crate::container::Container;
use crate::root::{BOOKWORM_AMD64, BULLSEYE_ARMHF, Root, TRIXIE_AMD64};
use crate::setups::installed_on;
use crate::viewer::{IPV4, IPV6, Viewer, process, wait_until_nobody_watches};
use std::net::TcpStream;
use test_support::commands::until;

/// Each comes in the moment in which the one before it leaves.
const RECONNECTS: usize = 20;

#[test]
fn one_watches_and_one_waits_on_systemd_247() {
    one_watches_one_waits(&BULLSEYE_ARMHF);
}

#[test]
fn one_watches_and_one_waits_on_systemd_252() {
    one_watches_one_waits(&BOOKWORM_AMD64);
}

#[test]
fn one_watches_and_one_waits_on_systemd_257() {
    one_watches_one_waits(&TRIXIE_AMD64);
}

fn one_watches_one_waits(root: &'static Root) {
    let container = &installed_on(root);
    container.step("quick reconnects", || {
        quick_reconnects_all_stream(container)
    });
    container.step("a second viewer", || a_second_viewer_is_told_of(container));
    container.step("the next in line", || who_waits_gets_the_camera(container));
    container.step("a stampede", || a_stampede_leaves_one(container));
}

fn quick_reconnects_all_stream(container: &Container) {
    wait_until_nobody_watches(container);
    for number in 0..RECONNECTS {
        let viewer = Viewer::try_watch(container, IPV4);
        assert!(viewer.is_some(), "viewer {number} was turned away");
    }
    wait_until_nobody_watches(container);
    assert_eq!(told(container), [""; 0]);
}

/// It waits and is closed; its instance says who is watching.
fn a_second_viewer_is_told_of(container: &Container) {
    let mut first = Viewer::watch(container, IPV4);
    let holder = process(container);
    let mut second = Viewer::connect(container, IPV6);
    let read = first.watches_during(|| second.read_to_end());
    assert_eq!(read, 0, "the second viewer got bytes");
    first.still_sees_it();
    assert_eq!(process(container), holder);
    let line = until("the journal tells of it", 60, || told(container).pop());
    let year = container.sh("date +%Y-");
    let who = format!("turned away after 3 s: 127.0.0.1 is watching since {year}");
    assert!(line.starts_with(&who), "{line}");
    assert!(line.contains("enable --now picam-camera.socket"), "{line}");
}

fn who_waits_gets_the_camera(container: &Container) {
    let first = Viewer::watch(container, IPV4);
    let mut second = Viewer::connect(container, IPV4);
    until("the second waits", 60, || {
        (container.processes("picam-stream").len() == 2).then_some(())
    });
    drop(first);
    assert_eq!(second.read(4), [0, 0, 0, 1]);
}

/// Of many who come at once one watches; the port goes on listening.
fn a_stampede_leaves_one(container: &Container) {
    wait_until_nobody_watches(container);
    let crowd: Vec<Viewer> = container.net().run(|| {
        let come = |_| Viewer::new(TcpStream::connect(IPV4).unwrap());
        (0..50).map(come).collect()
    });
    // Nobody leaves before all have been looked at: the next in line would be let in.
    let is_served = |viewer: &Viewer| viewer.stream().peek(&mut [0]).is_ok_and(|count| count == 1);
    let mut served: Vec<Viewer> = crowd.into_iter().filter(is_served).collect();
    assert_eq!(served.len(), 1);
    served[0].still_sees_it();
    drop(served);
    wait_until_nobody_watches(container);
    drop(Viewer::watch(container, IPV4));
}

/// What instances have said to viewers whom they did not let in.
fn told(container: &Container) -> Vec<String> {
    let journal = container.sh("journalctl --no-pager -o cat -u 'raspivid@*' -p warning");
    let lines = journal.lines().filter(|line| line.contains("turned away"));
    lines.map(str::to_owned).collect()
}
