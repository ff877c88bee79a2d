//! The software encoder of a Pi 5: what it is told, and what x264 itself makes of that.

use crate::arguments::value;
use test_support::commands::tool;
use test_support::decoding::nal_types;
use test_support::folders::Scratch;
use test_support::program::stderr;
use test_support::stand_in::StandIn;

/// What rpicam-apps set for x264 with `--low-latency`, in the words of ffmpeg (encoder/libav_encoder.cpp); what is given with
/// `--libav-video-codec-opts` comes behind it.
const LOW_LATENCY: &str =
    "-thread_type slice -slices 4 -refs 1 -preset ultrafast -tune zerolatency";
const ALWAYS: &str = "-weightp none -sc_threshold 0 -rc-lookahead 0 -mixed-refs 0";

/// The words behind an option of the program for these options of raspivid.
fn words(version: &'static str, options: &str) -> String {
    let stand_in = StandIn::new(version, "pi5").behaving("stop=1");
    stand_in.run(options);
    let arguments = stand_in.stream_arguments();
    let words = value(&arguments, "--libav-video-codec-opts");
    words
        .unwrap_or_else(|| panic!("no words in {arguments:?}"))
        .to_owned()
}

/// Ten pictures of 1280x720 by x264 with these words, and what it says of them.
fn encoded(version: &str, profile: &str, words: &str) -> (Vec<u8>, String) {
    let scratch = Scratch::new();
    let path = scratch.path("clip.264").display().to_string();
    let low_latency = if version == "1.13.0" {
        LOW_LATENCY
    } else {
        "-refs 1"
    };
    let mut args = format!(
        "-v info -f lavfi -i testsrc2=size=1280x720:rate=25 -frames:v 10 -pix_fmt yuv420p -c:v libx264 {ALWAYS} {low_latency} \
         -profile:v {profile} -b:v 2M -g 25"
    );
    for word in words.split(';') {
        args.push_str(&format!(" -{}", word.replacen('=', " ", 1)));
    }
    let mut args: Vec<&str> = args.split(' ').collect();
    args.push(&path);
    let output = tool("ffmpeg", &args, &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    (std::fs::read(&path).expect("the clip"), stderr(&output))
}

fn slices(stream: &[u8]) -> usize {
    nal_types(stream)
        .into_iter()
        .filter(|kind| [1, 5].contains(kind))
        .count()
}

#[test]
fn each_profile_is_what_x264_makes_and_no_frame_is_held() {
    for version in ["1.5.3", "1.13.0"] {
        for (asked, found) in [
            ("baseline", "Constrained Baseline"),
            ("main", "Main"),
            ("high", "High"),
        ] {
            let words = words(version, &format!("-pf {asked}"));
            let (clip, _) = encoded(version, asked, &words);
            let entries = "-v error -show_entries stream=profile,has_b_frames -of csv=p=0 -";
            let probe = tool("ffprobe", entries, &clip);
            let told = String::from_utf8_lossy(&probe.stdout).into_owned();
            assert_eq!(
                told.trim(),
                format!("{found},0"),
                "{version} -pf {asked}: {words}"
            );
            assert!(
                words.contains("preset=") && version != "1.5.3"
                    || words.contains("tune=zerolatency"),
                "{words}"
            );
        }
    }
}

#[test]
fn slices_and_a_fixed_quantiser_are_what_x264_makes() {
    for (options, count, quantiser) in [
        ("-w 1280 -h 720 -sl 3", 3, None),
        ("-w 1280 -h 720 -sl 6 -qp 30", 6, Some("Avg QP:30.00")),
    ] {
        let words = words("1.13.0", options);
        let (clip, said) = encoded("1.13.0", "high", &words);
        assert_eq!(slices(&clip), 10 * count, "{options}: {words}");
        assert!(
            quantiser.is_none_or(|text| said.contains(text)),
            "{options}: {said}"
        );
    }
}

#[test]
fn what_it_can_do_is_no_warning_and_a_variable_rate_is_one() {
    let run = |board, options: &str| {
        let stand_in = StandIn::new("1.13.0", board).behaving("stop=1");
        let output = stand_in.run(options);
        (stand_in.stream_arguments(), stderr(&output))
    };
    let (arguments, log) = run("pi5", "-qp 20 -sl 4 -pf main -fps 25");
    assert!(!log.contains("cannot do"), "{log}");
    assert!(
        arguments.iter().any(|word| word == "--low-latency"),
        "{arguments:?}"
    );
    assert_eq!(
        value(&arguments, "--output"),
        Some("/dev/fd/264"),
        "a name that ends in 264 brings the times"
    );
    let (arguments, log) = run("pi5", "-fps 0");
    assert_eq!(value(&arguments, "--framerate"), Some("30"));
    assert!(
        log.contains("cannot do what these options ask for: -fps"),
        "{log}"
    );
    // The Pi's own encoder takes a variable rate, and does not look at x264's words.
    let (arguments, log) = run("vc4", "-fps 0 -qp 20");
    assert_eq!(value(&arguments, "--framerate"), Some("0"));
    assert!(
        log.contains("cannot do what these options ask for: -qp"),
        "{log}"
    );
    assert_eq!(
        value(&arguments, "--libav-video-codec-opts"),
        None,
        "{arguments:?}"
    );
}

#[test]
fn the_text_of_a_goes_to_the_stage_that_writes_it_where_that_is_installed() {
    for board in ["vc4", "pi5"] {
        let stand_in = StandIn::new("1.13.0", board)
            .with_text_stage()
            .behaving("stop=1");
        let output = stand_in.run(&["-a", "12", "-a", "garden %H"]);
        assert!(
            !stderr(&output).contains("cannot do"),
            "{}",
            stderr(&output)
        );
        assert_eq!(
            value(&stand_in.stream_arguments(), "--post-process-file"),
            Some("/dev/fd/266")
        );
        assert!(
            stand_in.stages().contains(r#""annotate_cv": {"#),
            "{}",
            stand_in.stages()
        );
        assert!(
            stand_in.stages().contains(r#""text": "garden %H""#),
            "{}",
            stand_in.stages()
        );
    }
    // The user's own stages win, and then the text is no promise.
    let stand_in = StandIn::new("1.13.0", "vc4")
        .with_text_stage()
        .behaving("stop=1");
    let output = stand_in.run("-a garden -- --post-process-file /dev/null");
    assert!(
        stderr(&output).contains("ask for: -a"),
        "{}",
        stderr(&output)
    );
    let stand_in = StandIn::new("1.13.0", "vc4").behaving("stop=1");
    let output = stand_in.run("-a garden");
    assert!(
        stderr(&output).contains("ask for: -a"),
        "{}",
        stderr(&output)
    );
}
