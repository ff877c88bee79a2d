//! Any bytes as pictures into a transport stream: whole packets, each with its sync byte, and every byte of a picture in one.

#![no_main]

mod bounded;

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use picam_stream::container::mpegts::TransportStream;
use picam_stream::frame::Frame;
use picam_stream::units::Pts;

const PACKET_BYTES: usize = 188;
const SYNC: u8 = 0x47;

fuzz_target!(|input: &[u8]| {
    bounded::run(input, Duration::from_millis(200), |mut input| {
        let (mut stream, mut frame, mut time_us) =
            (TransportStream::default(), Frame::default(), 0);
        // A head tells what the picture is, and how much of what follows is its own.
        while let [flags, step, long, rest @ ..] = input {
            let length =
                (usize::from(*long) * if flags & 8 == 0 { 1 } else { 4000 }).min(rest.len());
            frame.data.clear();
            frame.data.extend_from_slice(&rest[..length]);
            input = &rest[length..];
            time_us += u64::from(*step) << (flags >> 3);
            frame.pts = Pts(time_us);
            frame.key = flags & 1 != 0;
            frame.continues = flags & 2 != 0;
            frame.shown_after = Duration::from_micros(if flags & 4 == 0 { 0 } else { 80_000 });
            let packets = stream.wrap(&frame);
            assert_eq!(packets.len() % PACKET_BYTES, 0);
            assert!(packets.len() >= frame.data.len());
            assert!(packets.chunks(PACKET_BYTES).all(|packet| packet[0] == SYNC));
            assert!(packets.len() <= frame.data.len() / 184 * PACKET_BYTES + 5 * PACKET_BYTES);
        }
    });
});
