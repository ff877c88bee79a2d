//! Where raspivid is careless and we are not: each refusal is one line that names the option, what
//! was given and what is allowed.

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
fn a_value_that_is_not_read_as_a_whole_is_refused() {
    refused(
        "-fps 29.97",
        &[
            "-fps (--framerate)",
            "\"29.97\"",
            "whole number",
            "0 to 1000",
        ],
    );
    refused("--width 12x", &["-w (--width)", "\"12x\"", "0 to 65535"]);
    refused("-h abc", &["-h (--height)", "\"abc\""]);
    refused("-t 5s", &["-t (--timeout)", "\"5s\"", "milliseconds"]);
    refused("-b 10MB", &["-b (--bitrate)", "\"10MB\"", "4M"]);
    refused("-sh x", &["-sh (--sharpness)", "\"x\"", "-100 to 100"]);
    refused("-ISO 4e2", &["-ISO"]);
    refused("-cfx 1:2:3", &["-cfx (--colfx)", "U:V"]);
    refused("-ae 32,red", &["-ae (--annotateex)", "\"red\""]);
    refused("-roi 0,0,1", &["-roi", "four decimal numbers"]);
    refused("-awbg 1.5", &["-awbg (--awbgains)", "RED,BLUE"]);
    refused("-td 1000", &["-td (--timed)", "ON,OFF"]);
    refused("-p full", &["-p (--preview)"]);
    refused("-d soon", &["-d (--demo)"]);
}

#[test]
fn an_empty_value_is_refused() {
    for option in [
        "-o", "-pts", "-x", "-r", "-w", "-b", "-pf", "-roi", "-ae", "--source", "--format",
    ] {
        let text = refusal(&[option, ""]);
        assert!(text.contains("\"\""), "{text}");
    }
}

#[test]
fn a_value_that_cannot_work_is_refused() {
    for line in [
        "-w -1",
        "-h -5",
        "-fps -1",
        "-b -1",
        "-t -2",
        "-g -2",
        "-qp 52",
        "-qp -1",
        "-sl 0",
        "-sl -3",
        "-cs -1",
        "-md -1",
        "-ss -1",
        "-op 256",
        "-ag 16.5",
        "-ag -1",
        "-ag nan",
        "-dg 65",
        "-awbg 9,1",
        "-awbg -1,1",
        "-cfx 256:0",
        "-roi 1.5,0,1,1",
        "-roi -0.1,0,1,1",
        "-roi 0,0,0,1",
        "-roi 1,0,1,1",
        "-roi 0,0,inf,1",
        "-ae 256",
        "-ae 1,0x1000000",
        "-ae 1,2,3,3",
        "-ae 1,2,3,0,-1",
        "-ae 1,2,3,0,1,2,3",
        "-a -5",
        "-a 4294967296",
        "--stall-timeout 0",
        "-b 5000M",
    ] {
        let option = line.split(' ').next().unwrap_or_default();
        refused(line, &[option, "it takes"]);
    }
}

#[test]
fn an_unknown_profile_level_codec_or_state_is_refused() {
    refused(
        "-pf extended",
        &["-pf (--profile)", "\"extended\"", "baseline, main or high"],
    );
    refused("-lev 5", &["-lev (--level)", "4, 4.1 or 4.2"]);
    refused("-cd h264", &["-cd (--codec)", "H264 or MJPEG"]);
    refused("-rf grey", &["-rf (--raw-format)", "yuv, rgb or gray"]);
    refused("-i stopped", &["-i (--initial)", "record or pause"]);
    refused("--format ts", &["--format", "h264 or mpegts"]);
    refused("--source webcam", &["--source", "test or file:PATH"]);
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
fn words_of_other_bytes_than_text_are_refused_but_for_file_names() {
    let parse = |words: &[&[u8]]| parse(words.iter().map(|word| OsString::from_vec(word.to_vec())));
    for words in [
        &[&b"-w"[..], b"\xff"],
        &[b"-a", b"caf\xe9"],
        &[b"-pf", b"\xff"],
        &[b"-b", b"1\xff"],
    ] {
        let text = parse(words).expect_err("refused").to_string();
        assert!(text.contains("not UTF-8") && text.contains("\\x"), "{text}");
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
    refused("-l", &["-l", "tcp://"]);
    refused("-l -o -", &["-l", "tcp://"]);
    refused("-l -o udp://0.0.0.0:1", &["-l", "tcp://"]);
    refused("-o - -pts -", &["-pts", "-o"]);
    refused("-o - -pts -x", &["-pts", "-o"]);
    refused("-o video -pts video", &["-pts", "-o"]);
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
        vec!["-ae".to_owned(), format!("32,{long}")],
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
