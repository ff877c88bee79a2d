//! `--source file:` with what people have: B pictures, containers, FIFOs that somebody writes into.

use std::fs::{self, File};
use std::io::{Read, Write};

use test_support::commands::tool;
use test_support::decoding::nal_types;
use test_support::folders::Scratch;
use test_support::program::{LONG, RECORDING, assert_ended, program, run, stderr};
use test_support::session::Session;

/// A second of moving colours as x264 makes it, in this container.
fn made(scratch: &Scratch, name: &str, x264: &str) -> String {
    let path = scratch.path(name).to_str().expect("a name").to_owned();
    let picture = "testsrc2=size=320x240:rate=25";
    let args = [
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        picture,
        "-frames:v",
        "25",
    ];
    let coded = ["-c:v", "libx264", "-x264-params", x264, &path];
    let output = tool("ffmpeg", &[&args[..], &coded].concat(), &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    path
}

#[test]
fn b_pictures_in_a_transport_stream_are_shown_evenly_and_never_before_they_are_decoded() {
    let scratch = Scratch::new();
    let clip = made(
        &scratch,
        "b.h264",
        "bframes=3:b-adapt=0:b-pyramid=normal:keyint=10",
    );
    let out = scratch.path("b.ts").to_str().unwrap().to_owned();
    let line = format!("--source file:{clip} --format mpegts -fps 25 -t 1500 -o {out}");
    let output = run(&line);
    assert!(output.status.success(), "{}", stderr(&output));
    let entries = [
        "-v",
        "error",
        "-show_entries",
        "packet=pts,dts",
        "-of",
        "csv=p=0",
        &out,
    ];
    let probed = tool("ffprobe", &entries, &[]);
    let text = String::from_utf8_lossy(&probed.stdout).into_owned();
    let times: Vec<(i64, i64)> = text
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(',').map(str::parse);
            Some((fields.next()?.ok()?, fields.next()?.ok()?))
        })
        .collect();
    assert!(times.len() >= 20, "{text}");
    assert!(times.iter().all(|(pts, dts)| pts >= dts), "{times:?}");
    assert!(times.iter().any(|(pts, dts)| pts > dts), "{times:?}");
    let even = |times: &[i64]| {
        times
            .windows(2)
            .all(|pair| (pair[1] - pair[0] - 3600).abs() <= 1)
    };
    let dts: Vec<_> = times.iter().map(|time| time.1).collect();
    assert!(even(&dts), "{dts:?}");
    // The last few wait for pictures that did not come any more.
    let mut pts: Vec<_> = times.iter().map(|time| time.0).collect();
    pts.sort_unstable();
    pts.truncate(pts.len() - 4);
    assert!(even(&pts), "{pts:?}");
}

#[test]
fn a_container_is_refused_with_the_command_that_takes_the_stream_out() {
    let scratch = Scratch::new();
    for (name, kind) in [("clip.ts", "transport stream"), ("my clip.mp4", "MP4 file")] {
        let clip = made(&scratch, name, "bframes=0");
        let output = run(&["--source", &format!("file:{clip}"), "-t", "500", "-o", "-"]);
        assert_eq!(output.status.code(), Some(70));
        let text = stderr(&output);
        assert!(text.contains(kind), "{text}");
        let command = text.split('`').nth(1).expect("a command").to_owned();
        let done = tool("sh", &["-c", &command], &[]);
        assert!(done.status.success(), "{command}: {}", stderr(&done));
        let bare = format!(
            "file:{}",
            clip.replace(".ts", ".h264").replace(".mp4", ".h264")
        );
        let output = run(&["--source", &bare, "-t", "500", "-o", "-"]);
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(nal_types(&output.stdout).contains(&5));
    }
}

#[test]
fn the_size_that_nobody_asked_for_does_not_limit_a_recordings_rate() {
    let source = format!("file:{RECORDING}");
    let output = run(&format!("--source {source} -fps 120 -t 300 -o -"));
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(!stderr(&output).contains("-lev"), "{}", stderr(&output));
}

#[test]
fn a_fifo_gives_a_picture_when_it_is_complete() {
    let scratch = Scratch::new();
    let fifo = scratch.fifo("live.h264");
    let source = format!("file:{}", fifo.display());
    let mut session = Session::start(&format!("--source {source} -t 0 -o -"));
    let mut writer = File::options().write(true).open(&fifo).expect("a reader");
    let recording = fs::read(RECORDING).unwrap();
    let slice = recording
        .windows(5)
        .position(|five| five[..4] == [0, 0, 0, 1] && five[4] & 0x1f == 1);
    let key = &recording[..slice.expect("a second picture")];
    writer.write_all(key).unwrap();
    session.viewer.set_read_timeout(Some(LONG)).unwrap();
    let mut first = vec![0; key.len()];
    session
        .viewer
        .read_exact(&mut first)
        .expect("the picture, although nothing follows it");
    assert_eq!(first, key);
    drop(writer);
    session.wait(LONG);
    assert!(session.log().contains(" 1 frames,"), "{}", session.log());
}

#[test]
fn a_fifo_with_b_pictures_is_refused_where_their_times_must_be_told() {
    let scratch = Scratch::new();
    let clip = made(&scratch, "b.h264", "bframes=2:b-adapt=0");
    let fifo = scratch.fifo("live.h264");
    let child = program()
        .args([
            "--source",
            &format!("file:{}", fifo.display()),
            "--format",
            "mpegts",
            "-o",
            "-",
        ])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // The program may be gone before all is written.
    let _ = File::options()
        .write(true)
        .open(&fifo)
        .unwrap()
        .write_all(&fs::read(clip).unwrap());
    let output = child.wait_with_output().unwrap();
    assert_ended(&output, 70, &["--format mpegts"]);
}
