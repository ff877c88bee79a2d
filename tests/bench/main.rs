//! `make bench`: the figures of the stream, measured on this machine and printed, never judged here. Counts where counting is
//! possible (calls, allocations, bytes); times as medians over many, for comparing two builds in one sitting.

#![allow(clippy::print_stdout)]

mod in_process;
mod lines;
mod mmal;
mod program;
mod rpicam;
mod serve;
mod sys;
mod v4l2;

fn main() {
    // Parts alone, where their names are given: `cargo bench -- lines`, `cargo bench -- serve`, `cargo bench -- serve JPEG`.
    let words: Vec<String> = std::env::args().skip(1).collect();
    let mut words = words
        .iter()
        .map(String::as_str)
        .filter(|it| *it != "--bench");
    match words.next() {
        None => print_all(),
        Some("lines") => print_lines(),
        Some("serve") => print_serve(words.next().unwrap_or_default()),
        Some(other) => println!("no part is called {other}: lines, serve"),
    }
}

fn print_all() {
    println!(
        "exec to first byte (test card 1280x720, median of 20): {:.1} ms",
        program::exec_to_first_byte_ms()
    );
    let (writes, frames) = program::write_calls();
    println!(
        "write calls per frame (recorded 1280x720): {:.3} ({writes} for {frames} frames)",
        writes as f64 / frames as f64
    );
    let [packaged_kb, built_kb] = program::peak_rss_kb();
    println!(
        "peak RSS of a session (recorded 1280x720, no encoder): {packaged_kb} kB as packaged, {built_kb} kB with libstdc++"
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
    let start = mmal::start();
    println!(
        "mmal (emulated ARM, median of 5): exec to start of capture {:.0} ms, to first byte {:.0} ms",
        start.capture_ms, start.first_byte_ms
    );
    let delay = mmal::frame_end_to_viewer();
    println!(
        "mmal (emulated ARM): FRAME_END to frame at the viewer p50 {} us, p99 {} us",
        delay.p50_us, delay.p99_us
    );
    for buffer_bytes in [4096, 65_536] {
        let work = mmal::work(buffer_bytes);
        println!(
            "mmal, buffers of {buffer_bytes} bytes: writes per frame {:.3}; bytes copied per byte streamed {:.3}; \
             ARM instructions per frame {:.0}, {:.0} of them the program's own and the rest the C library's for it",
            mmal::writes_per_frame(buffer_bytes),
            work.copied_per_byte,
            work.all_instructions_per_frame,
            work.own_instructions_per_frame
        );
    }
    let (plain, annotated) = mmal::instructions_to_first_byte();
    println!("mmal: ARM instructions to the first byte {plain}, with -a 12 {annotated}");
    let figures = v4l2::yuyv_to_h264();
    println!(
        "v4l2, 1280x720 YUYV to H.264 in software: processor time per frame {:.1} ms, {:.1} ms of it to take the picture apart",
        figures.convert_ms + figures.encode_ms,
        figures.convert_ms
    );
    println!(
        "exec to the end where there is no camera of any kind (median of 20): {:.1} ms",
        program::no_camera_ms()
    );
    print_lines();
    print_serve("");
}

fn print_serve(part: &str) {
    serve::measure(part, |line| println!("{line}"));
}

fn print_lines() {
    for line in lines::measure() {
        let live = line
            .live_after_s
            .map_or("not live again".into(), |seconds| {
                format!("live {seconds:.2} s after the line is fast")
            });
        println!(
            "{}, {}: {} pictures, age at arrival p50 {:.2} s, p99 {:.2} s; {:.1} kB/s; {live}",
            line.scenario,
            line.writer,
            line.pictures,
            line.p50_s,
            line.p99_s,
            line.kilobytes_a_second
        );
    }
}
