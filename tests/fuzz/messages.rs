//! Any bytes as what comes on `camera.sock`, from an instance and from a service of another version, and as the heads of
//! pictures: refused, or read as what they say, and no more is asked for than there is.

#![no_main]

mod bounded;

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use picam_stream::frame::LARGEST_PICTURE_BYTES;
use picam_stream::serve::handed::message::{Ask, Garbage, MOST_BYTES, Say, VERSION};
use picam_stream::serve::handed::record::{HEAD_BYTES, announced};

fuzz_target!(|input: &[u8]| {
    bounded::run(input, Duration::from_millis(50), |input| {
        look_at(input);
        // Behind a head that is right, whatever else comes.
        let head = [&b"Pc"[..], &[VERSION]].concat();
        look_at(&[&head[..], input].concat());
        for head in input.windows(HEAD_BYTES).step_by(HEAD_BYTES) {
            let head = head.try_into().expect("as long as a head");
            match announced(head) {
                Ok((frame, length)) => {
                    assert!(frame.data.is_empty() && length <= LARGEST_PICTURE_BYTES)
                }
                Err(length) => assert!(length > LARGEST_PICTURE_BYTES),
            }
        }
    });
});

fn look_at(bytes: &[u8]) {
    match Ask::decode(bytes) {
        // A text that is no UTF-8 is longer when it is one.
        Ok(ask) => assert!(Ask::decode(&written(&ask.encode())).is_ok()),
        Err(garbage) => assert_ne!(garbage, Garbage::Version(VERSION)),
    }
    match Say::decode(bytes) {
        Ok(say) => assert!(Say::decode(&written(&say.encode())).is_ok()),
        Err(garbage) => assert_ne!(garbage, Garbage::Version(VERSION)),
    }
}

/// What is written fits into a message.
fn written(bytes: &[u8]) -> Vec<u8> {
    assert!(bytes.len() <= MOST_BYTES);
    bytes.to_vec()
}
