//! What ends with exit status 64: what raspivid refuses, too, and what cannot be streamed. Each refusal is one line that
//! names the option, what was given and what is allowed.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use super::{parse_words, refusal};
use crate::options::{Command, parse};

/// Checks that the words are refused with a text that holds all of `parts`.
fn refused(line: &str, parts: &[&str]) {
    let text = refusal(&line.split_whitespace().collect::<Vec<_>>());
    for part in parts {
        assert!(text.contains(part), "{line}: {part:?} is not in {text:?}");
    }
}

#[test]
fn no_words_at_all_are_refused_with_a_pointer_to_the_help() {
    refused("", &["picam-stream --help"]);
}

#[test]
fn what_raspivid_refuses_too_is_refused() {
    refused(
        "-fps fast",
        &[
            "-fps (--framerate)",
            "\"fast\"",
            "frames a second from 0 up",
        ],
    );
    refused("--width x12", &["-w (--width)", "\"x12\"", "0 to 65535"]);
    refused("-t soon", &["-t (--timeout)", "\"soon\"", "milliseconds"]);
    refused("-b M", &["-b (--bitrate)", "\"M\"", "2.5M"]);
    refused("-roi 0,0,1", &["-roi", "four decimal numbers"]);
    refused("-roi 1.5,0,1,1", &["-roi", "from 0 to 1"]);
    refused("-awbg 1.5", &["-awbg (--awbgains)", "RED,BLUE"]);
    refused("-awbg 9,1", &["-awbg (--awbgains)", "0 to 8"]);
    refused("-td 1000", &["-td (--timed)", "ON,OFF"]);
    refused("-d soon", &["-d (--demo)"]);
    refused("-cd h264", &["-cd (--codec)", "H264 or MJPEG"]);
    refused("-rf grey", &["-rf (--raw-format)", "yuv, rgb or gray"]);
    for line in [
        "-h abc",
        "-g x",
        "-qp x",
        "-sl x",
        "-sl 0",
        "-sl -3",
        "-cs x",
        "-md x",
        "-sg x",
        "-wr x",
        "-sn x",
        "-op x",
        "-dn x",
        "-ag x",
        "-ag 16.5",
        "-dg 65",
        "-ag inf",
        "-roi 0,0,inf,1",
    ] {
        let option = line.split(' ').next().unwrap_or_default();
        refused(line, &[option, "it takes"]);
    }
}

#[test]
fn what_cannot_be_streamed_at_all_is_refused() {
    for line in [
        "-w -1",
        "-h -5",
        "-w 65536",
        "-h 4294967296",
        "-fps -1",
        "-fps 2147483648",
    ] {
        let option = line.split(' ').next().unwrap_or_default();
        refused(line, &[option, "it takes"]);
    }
}

#[test]
fn an_empty_value_is_refused_where_raspivid_refuses_it() {
    for option in [
        "-o", "-pts", "-x", "-r", "-w", "-b", "-roi", "-cd", "--source", "--format",
    ] {
        let text = refusal(&[option, ""]);
        assert!(text.contains("\"\""), "{text}");
    }
}

#[test]
fn our_own_options_are_read_as_a_whole_or_not_at_all() {
    refused("--format ts", &["--format", "h264 or mpegts"]);
    refused(
        "--source webcam",
        &["--source", "test, file:PATH, shared or shared:SOCKET"],
    );
    for value in ["0", "5s", "-1", "3600001"] {
        refused(
            &format!("--stall-timeout {value}"),
            &["--stall-timeout", "1 to 3600000"],
        );
    }
}

#[test]
fn a_long_value_is_shown_in_part() {
    let text = refusal(&["-w", &"x".repeat(100_000)]);
    assert!(
        text.len() < 300 && text.contains("... (100000 bytes)"),
        "{text}"
    );
}

#[test]
fn a_missing_value_is_refused_for_every_option_that_takes_one() {
    for row in
        crate::options::rows().filter(|row| !row.placeholder.is_empty() && row.long != "demo")
    {
        for name in row.all_names() {
            let text = refusal(&["-n", &name]);
            assert!(
                text.contains(&row.names()) && text.contains("has no value"),
                "{text}"
            );
        }
    }
    refused("-n -h", &["--help"]);
}

#[test]
fn an_unknown_option_is_refused_with_a_guess() {
    refused("-n -zz", &["\"-zz\"", "picam-stream --help"]);
    refused("--fps 25", &["\"--fps\"", "-fps (--framerate)"]);
    refused("-bitrate 5", &["-b (--bitrate)"]);
    refused("--bitrate=5", &["-b (--bitrate)"]);
    refused("-B 5", &["-b (--bitrate)"]);
    refused("-help", &["--help"]);
    refused("-", &["\"-\""]);
    refused("-nv", &["\"-nv\""]);
    refused("--bit 5", &["\"--bit\""]);
}

#[test]
fn a_stray_word_is_refused_and_a_first_one_is_a_command() {
    refused("-n foo", &["stray word \"foo\"", "-n"]);
    refused("-w 640 480", &["stray word \"480\"", "-w"]);
    refused("-d 100 200", &["stray word \"200\"", "-d"]);
    refused("foo -n", &["unknown command \"foo\"", "commands:"]);
    assert!(refusal(&["-n", ""]).contains("stray word \"\""));
}

#[test]
fn words_of_other_bytes_than_text_are_shown_as_such() {
    let parse = |words: &[&[u8]]| parse(words.iter().map(|word| OsString::from_vec(word.to_vec())));
    for words in [
        &[&b"-w"[..], b"\xff"],
        &[b"--source", b"\xff"],
        &[b"--stall-timeout", b"\xff"],
        &[b"--format", b"\xff"],
    ] {
        let text = parse(words).expect_err("refused").to_string();
        assert!(text.contains("\\xFF"), "{text}");
    }
    assert!(
        parse(&[b"-\xff"])
            .expect_err("refused")
            .to_string()
            .contains("\\xFF")
    );
    assert!(
        parse(&[b"\xff"])
            .expect_err("refused")
            .to_string()
            .contains("\\xFF")
    );
    assert!(parse(&[b"-o", b"\xff.h264", b"-pts", b"\xfe.txt", b"-x", b"\xff"]).is_ok());
    assert!(parse(&[b"-n", b"--", b"\xff"]).is_ok());
}

#[test]
fn outputs_that_cannot_work_together_are_refused() {
    refused("-l -o udp://0.0.0.0:1", &["-l", "tcp://"]);
    refused(
        "--format mpegts -cd MJPEG",
        &["--format mpegts", "-cd MJPEG"],
    );
    refused("-o tcp://host:0", &["port 0"]);
    refused("-o udp://host:0", &["port 0"]);
    refused("-o tcp://host", &["-o (--output)", "port is missing"]);
    refused("-o http://host:80/", &["http://"]);
    assert!(parse_words(&["-l", "-o", "tcp://0.0.0.0:0"]).is_ok());
    assert!(parse_words(&["-o", "video", "-pts", "-"]).is_ok());
}

#[test]
fn an_earlier_value_has_to_be_right_too() {
    refused("-w abc -w 640", &["\"abc\""]);
    refused("-wr 3 -sn 5", &["-sn (--start)", "-wr"]);
    assert!(parse_words(&["-sn", "5", "-wr", "3"]).is_ok());
}

#[test]
fn help_and_version_end_the_reading_where_they_stand() {
    assert_eq!(parse_words(&["-?"]).ok(), Some(Command::Help));
    assert_eq!(
        parse_words(&["-n", "--help", "-zz"]).ok(),
        Some(Command::Help)
    );
    assert_eq!(parse_words(&["--version"]).ok(), Some(Command::Version));
    refused("-zz --help", &["-zz"]);
    refused("-w --help", &["-w (--width)", "\"--help\""]);
}

#[test]
fn what_was_given_is_cut_in_the_error_where_it_is_long() {
    let long = "x".repeat(100_000);
    for words in [
        vec![long.clone()],
        vec![format!("-{long}")],
        vec!["doctor".to_owned(), long.clone()],
        vec!["cameras".to_owned(), long.clone()],
        vec!["-w".to_owned(), long.clone()],
        vec!["-w".to_owned(), "640".to_owned(), long.clone()],
        vec!["-o".to_owned(), long.clone()],
        vec!["-o".to_owned(), format!("{long}://host")],
        vec!["-o".to_owned(), format!("tcp://{long}:1")],
        vec!["-o".to_owned(), format!("tcp://host:{long}")],
        vec!["-o".to_owned(), format!("tcp://[{long}]:1")],
        vec!["--source".to_owned(), format!("file:{long}")],
        vec!["--source".to_owned(), long.clone()],
    ] {
        let text = refusal(&words.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(text.len() < 1000, "{text}");
    }
}
