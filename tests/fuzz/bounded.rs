//! What every target does with its input: it is tried as it is and, now and then, grown to megabytes, and neither may take
//! more processor time than a generous limit for each byte. Work by the square of the input is far beyond that.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

/// What an input grows to.
const GROWN_BYTES: usize = 2 << 20;

/// One input in so many grows.
const GROWS_ONE_IN: usize = 256;

/// Of processor time, in a build that counts what is reached: at 2 MiB ten seconds, and minutes if it goes by the square.
const PER_BYTE: Duration = Duration::from_micros(5);

/// Runs `target` on the input, and maybe on what it grows to; `once` is what any input may take.
pub fn run(input: &[u8], once: Duration, mut target: impl FnMut(&[u8])) {
    within_limit(input, once, &mut target);
    let sum = input
        .iter()
        .fold(0_usize, |sum, &byte| sum + usize::from(byte));
    if input.len() > 1 && sum.is_multiple_of(GROWS_ONE_IN) {
        within_limit(&grown(input, sum), once, &mut target);
    }
}

fn within_limit(input: &[u8], once: Duration, target: &mut impl FnMut(&[u8])) {
    let begun = processor_time();
    target(input);
    let taken = processor_time() - begun;
    let limit = once + PER_BYTE * u32::try_from(input.len()).unwrap_or(u32::MAX);
    assert!(
        taken < limit,
        "{taken:?} of processor time for {} bytes",
        input.len()
    );
}

fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID);
    time.expect("every thread has this clock").into()
}

/// The input with its end repeated: a beginning that is there once, and what goes on and on.
fn grown(input: &[u8], choice: usize) -> Vec<u8> {
    let (first, again) = input.split_at(choice / GROWS_ONE_IN % input.len());
    let again = again.iter().cycle();
    first
        .iter()
        .chain(again)
        .copied()
        .take(GROWN_BYTES)
        .collect()
}
