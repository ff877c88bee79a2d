//! Names and passwords: curl and ffmpeg with the right ones, and those with the wrong ones.

use std::fs;

use test_support::commands::tool;
use test_support::folders::Scratch;
use test_support::service::Service;

use crate::client::{CARD, curl, get, get_with, serve};

/// Of the user anna, with the password `se:cret`, made as README says.
fn file(scratch: &Scratch) -> String {
    let hash = tool("md5sum", "", b"anna:picam-stream:se:cret");
    let hash = String::from_utf8(hash.stdout).expect("text");
    let path = scratch.path("users");
    fs::write(&path, format!("anna:picam-stream:{}\n", &hash[..32])).expect("a file");
    path.display().to_string()
}

fn status_of(service: &Service, words: &[&str]) -> String {
    let words = [
        &["--output", "/dev/null", "--write-out", "%{http_code}"],
        words,
    ]
    .concat();
    let (_, _, printed) = curl(service, &words, "/healthz?a=b");
    String::from_utf8(printed).expect("text")
}

#[test]
fn who_knows_the_password_comes_in_and_nobody_else() {
    let scratch = Scratch::new();
    let service = serve(&format!("{CARD} --users {}", file(&scratch)));
    let refused = get(&service, "/");
    assert_eq!(refused.status, 401);
    let offers = refused.fields("WWW-Authenticate");
    assert!(
        offers[0].starts_with("Digest realm=\"picam-stream\""),
        "{offers:?}"
    );
    assert!(
        offers[1].starts_with("Basic realm=\"picam-stream\""),
        "{offers:?}"
    );
    assert_eq!(
        status_of(&service, &["--digest", "--user", "anna:se:cret"]),
        "200"
    );
    assert_eq!(
        status_of(&service, &["--basic", "--user", "anna:se:cret"]),
        "200"
    );
    assert_eq!(
        status_of(&service, &["--anyauth", "--user", "anna:se:cret"]),
        "200"
    );
    assert_eq!(
        status_of(&service, &["--basic", "--user", "anna:secret"]),
        "401"
    );
    assert_eq!(
        status_of(&service, &["--digest", "--user", "bob:se:cret"]),
        "401"
    );
}

#[test]
fn ffmpeg_comes_in_with_the_password_in_its_url() {
    let scratch = Scratch::new();
    let service = serve(&format!("{CARD} --users {}", file(&scratch)));
    let url = format!("http://anna:se%3Acret@{}/stream.ts", service.web());
    let words = [
        "-v",
        "error",
        "-i",
        &url,
        "-frames:v",
        "5",
        "-f",
        "null",
        "-",
    ];
    let output = tool("ffmpeg", words.as_slice(), b"");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn who_guesses_is_slowed_down_and_others_are_not() {
    let scratch = Scratch::new();
    let service = serve(&format!("{CARD} --users {}", file(&scratch)));
    for _ in 0..5 {
        assert_eq!(
            status_of(&service, &["--basic", "--user", "anna:guess"]),
            "401"
        );
    }
    // Even the right one must wait now: else guessing would go on.
    let slowed = get_with(&service, "/", "Authorization: Basic YW5uYTpzZTpjcmV0\r\n");
    assert_eq!(slowed.status, 429);
    let wait: u32 = slowed.field("Retry-After").parse().expect("seconds");
    assert!((1..=13).contains(&wait), "{wait}");
    let other = [
        "--interface",
        "127.0.0.3",
        "--basic",
        "--user",
        "anna:se:cret",
    ];
    assert_eq!(status_of(&service, &other), "200");
    assert!(!service.log().contains("guess"), "{}", service.log());
}

#[test]
fn a_bad_file_is_an_error_and_never_an_open_door() {
    let scratch = Scratch::new();
    let path = scratch.path("users");
    for (text, why) in [
        ("anna:secret\n", "line 1"),
        ("", "names no user"),
        ("anna:elsewhere:00000000000000000000000000000000\n", "realm"),
    ] {
        fs::write(&path, text).expect("a file");
        let service = serve(&format!("{CARD} --users {}", path.display()));
        let answer = get(&service, "/snapshot");
        assert_eq!(answer.status, 503);
        assert!(answer.text().contains("--users"), "{}", answer.text());
        assert!(answer.text().contains(why), "{}", answer.text());
        assert_eq!(
            service.wait_for_exit(1).code(),
            Some(64),
            "{}",
            service.log()
        );
    }
}
