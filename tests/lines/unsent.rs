//! What lies unsent in the kernel before a picture that is begun is counted, on a viewer in this process: frames that are
//! shared by reference, as a camera with many viewers has them.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use picam_stream::frame::Frame;
use picam_stream::units::Micros;
use picam_stream::viewer::channel::Channel;
use picam_stream::viewer::{Form, Offered, Viewer};

use test_support::lines::line::Line;
use test_support::lines::scenario::bits_a_second;
use test_support::lines::{source, sys};

struct Shared;

#[derive(Clone)]
struct Item(Arc<Frame>);

impl Offered for Item {
    fn frame(&self) -> &Frame {
        &self.0
    }
}

impl Form for Shared {
    type Item = Item;

    fn bytes<'a>(&'a self, item: &'a Item) -> &'a [u8] {
        &item.0.data
    }
}

#[test]
fn little_lies_unsent_before_a_picture_that_is_begun() {
    let line_bytes_a_second = bits_a_second() / 8 / 4;
    let line = Line::slow_cable(bits_a_second() / 4);
    let (mut reader, camera) = line.connect(None);
    thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
    let kept = camera.try_clone().expect("a copy");
    let channel = Channel::of(OwnedFd::from(camera)).expect("a channel");
    let mut viewer = Viewer::new(channel, Shared, "the test's line".into());

    let pictures = source::pictures(0);
    let (zero, mut index, mut worst) = (Instant::now(), 0, 0);
    while zero.elapsed() < Duration::from_secs(12) {
        // It only becomes less until the viewer writes.
        let (unsent, begun) = (sys::unsent_bytes(&kept), viewer.tally().frames);
        let now = Micros::now();
        if zero.elapsed() >= Duration::from_millis(index * 1000 / source::FPS) {
            let place = index as usize % pictures.len();
            let frame = Item(Arc::new(Frame {
                data: pictures[place].clone(),
                captured: now,
                key: place.is_multiple_of(25),
                ..Frame::default()
            }));
            viewer.go_on(now).expect("the viewer is there");
            viewer.offer(&frame, now).expect("the viewer is there");
            index += 1;
        } else {
            viewer.go_on(now).expect("the viewer is there");
        }
        if viewer.tally().frames > begun {
            worst = worst.max(unsent);
        }
        thread::sleep(Duration::from_millis(5));
    }
    let tally = viewer.tally();
    assert!(tally.frames > 20 && tally.skipped > 100, "{tally:?}");
    assert!(
        worst <= line_bytes_a_second,
        "{worst} bytes lay unsent before a picture; the line takes {line_bytes_a_second} a second"
    );
}
