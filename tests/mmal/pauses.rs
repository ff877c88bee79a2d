//! `-s`: SIGUSR1 starts and pauses the capture with raspivid's call.

use nix::sys::signal::Signal;

use test_support::mmal::equipment::{Pi, Running, until};

const CAPTURE: &str = "set vc.ril.camera out:1 CAPTURE";

/// What the parameter was set to, so far.
fn captures(pi: &Pi) -> Vec<String> {
    let calls = pi.calls().into_iter();
    calls
        .filter_map(|call| Some(call.strip_prefix(CAPTURE)?.trim().to_owned()))
        .collect()
}

/// Sends the signal and waits for its call.
fn switch(pi: &Pi, running: &Running) {
    let before = captures(pi).len();
    running.signal(Signal::SIGUSR1);
    let patience = std::time::Duration::from_secs(60);
    let is_switched = until(patience, || (captures(pi).len() > before).then_some(()));
    assert!(is_switched.is_some(), "{}", pi.text("complaints"));
}

#[test]
fn each_sigusr1_starts_or_pauses_the_capture() {
    let pi = Pi::with_a_camera();
    let running = pi.start("--source mmal -s -o -");
    running.wait_for_call(CAPTURE);
    running.wait_for_output(1);
    switch(&pi, &running);
    switch(&pi, &running);
    running.signal(Signal::SIGTERM);
    assert_eq!(running.end(), 0, "{}", pi.text("complaints"));
    assert_eq!(captures(&pi), ["[1]", "[0]", "[1]", "[0]"]);
    assert_eq!(pi.mistakes(), [""; 0]);
}

#[test]
fn a_capture_may_begin_paused() {
    let pi = Pi::with_a_camera();
    let running = pi.start("--source mmal -s -i pause -sp -o -");
    running.wait_for_call(CAPTURE);
    switch(&pi, &running);
    running.wait_for_output(1);
    running.signal(Signal::SIGTERM);
    assert_eq!(running.end(), 0, "{}", pi.text("complaints"));
    assert_eq!(captures(&pi), ["[0]", "[1]", "[0]"]);
    let asks = |call: &&String| call.contains("VIDEO_REQUEST_I_FRAME [1]");
    assert_eq!(pi.calls().iter().filter(asks).count(), 1);
}

#[test]
fn without_s_the_signal_means_nothing() {
    let pi = Pi::with_a_camera();
    let running = pi.start("--source mmal -t 0 -o -");
    running.wait_for_output(1);
    running.signal(Signal::SIGUSR1);
    running.wait_for_output(20_000);
    running.signal(Signal::SIGTERM);
    assert_eq!(running.end(), 0, "{}", pi.text("complaints"));
    assert_eq!(captures(&pi), ["[1]", "[0]"]);
}
