//! `make bench`: the figures of the stream, measured on this machine and printed, never judged here. Counts where counting is
//! possible (calls, allocations, bytes); times as medians over many, for comparing two builds in one sitting.

#![allow(clippy::print_stdout)]

mod in_process;
mod program;
mod rpicam;
#[allow(dead_code)]
#[path = "../rpicam/stand_in.rs"]
mod stand_in;
#[allow(dead_code)]
#[path = "../stream/support.rs"]
mod support;
mod sys;

fn main() {
    println!(
        "exec to first byte (test card 1280x720, median of 20): {:.1} ms",
        program::exec_to_first_byte_ms()
    );
    let (writes, frames) = program::write_calls();
    println!(
        "write calls per frame (recorded 1280x720): {:.3} ({writes} for {frames} frames)",
        writes as f64 / frames as f64
    );
    println!(
        "peak RSS of a session (recorded 1280x720, no encoder): {} kB",
        program::peak_rss_kb()
    );
    println!("binary size: {} bytes", program::binary_bytes());
    for format in ["h264", "mpegts"] {
        let figures = in_process::measure(format);
        println!(
            "{format}: bytes ready to write done p50 {:.0} us, p99 {:.0} us; heap allocations per frame after warm-up {:.3}; \
             processor time per 1,000 frames {:.1} ms",
            figures.put_p50_us,
            figures.put_p99_us,
            figures.allocations_per_frame,
            figures.cpu_ms_per_1000_frames
        );
    }
    for (ends, version) in [
        ("told by the program", "1.13.0"),
        ("by a quiet time", "1.5.3"),
    ] {
        let figures = rpicam::frame_to_viewer(version, "pi5");
        println!(
            "rpicam, ends of frames {ends}: frame written to frame at the viewer p50 {} us, p99 {} us",
            figures.p50_us, figures.p99_us
        );
    }
    println!(
        "rpicam: viewer left to capture program gone (median of 10): {:.0} ms",
        rpicam::stop_ms()
    );
}
