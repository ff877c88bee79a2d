//! Any bytes as /etc/default/raspivid: what systemd would make of them, and the words of each value.

#![no_main]

mod bounded;

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use picam_stream::service::environment_file::{Assignment, EnvironmentFile, words};

fuzz_target!(|input: &[u8]| {
    bounded::run(input, Duration::from_millis(200), |input| {
        let file = EnvironmentFile::read(input);
        assert!(file.refusal.is_none() || file.assignments.is_empty());
        let mut bytes = 0;
        for Assignment { name, value, .. } in &file.assignments {
            assert!(!name.is_empty());
            bytes += name.len() + value.len();
            assert!(words(value).iter().map(String::len).sum::<usize>() <= value.len());
        }
        assert!(bytes <= input.len());
        assert!(file.remarks.iter().all(|remark| remark.len() < 1000));
        file.value("RASPIVID_OPTIONS");
    });
});
