//! Those who ask for what they should not, or in a way that could be read in two.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use nix::libc::linger;
use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::Linger;
use test_support::connections::connect;
use test_support::folders::Scratch;

use crate::client::{CARD, Client, LONG, curl, get, get_with, say, serve, status, wait_for_status};

#[test]
fn what_is_wrong_or_could_be_read_in_two_ways_is_refused_and_ends_the_connection() {
    let service = serve(CARD);
    let with = |fields: &str| format!("GET /healthz HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n");
    let smuggled = "GET /snapshot HTTP/1.1\r\nHost: a\r\n\r\n";
    for (request, status) in [
        (
            "\x16\x03\x01\x02\x00\x01\x00\x01\x7c\x03\x03".to_owned(),
            400,
        ),
        ("GET /healthz HTTP/1.1\nHost: a\n\n".to_owned(), 400),
        ("GET /healthz HTTP/1.1\r\n\r\n".to_owned(), 400),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n".to_owned(),
            405,
        ),
        (
            with("Content-Length: 4\r\nContent-Length: 50") + smuggled,
            400,
        ),
        (
            with("Content-Length: 4\r\nTransfer-Encoding: chunked") + "0\r\n\r\n" + smuggled,
            400,
        ),
        (
            with("Transfer-Encoding: chunked") + "0\r\n\r\n" + smuggled,
            411,
        ),
        (with("Transfer-Encoding: xchunked") + smuggled, 411),
        (with("Transfer-Encoding : chunked") + smuggled, 400),
        (with("Content-Length: 45") + smuggled, 413),
        (with("Content-Length: +0") + smuggled, 400),
        (with("X: a\r\n Content-Length: 45") + smuggled, 400),
        (with("X: a\nContent-Length: 45") + smuggled, 400),
        (with("Host: evil.example"), 400),
        (with(&"X: a\r\n".repeat(70)), 431),
        (with(&format!("X: {}", "a".repeat(20_000))), 431),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), 505),
    ] {
        let answer = say(&service, request.as_bytes());
        assert_eq!(answer.status, status, "{request:?}: {}", answer.text());
        assert_eq!(answer.field("Connection"), "close");
    }
    let answer = say(&service, b"DELETE / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(answer.field("Allow"), "GET, HEAD");
    assert!(status(&service)["asked"]["refused"].as_u64() >= Some(18));
    assert!(
        !service.log().contains("the camera is on"),
        "a request was smuggled in"
    );
}

#[test]
fn a_browser_that_was_told_a_name_of_elsewhere_gets_nothing() {
    let service = serve(&format!("{CARD} --hosts cam.example.org"));
    for (host, number) in [
        ("evil.example", 403),
        ("evil.example:8080", 403),
        ("127.0.0.1.evil.example", 403),
        ("user@pi.local", 403),
        ("raspberrypi.local:8080", 200),
        ("raspberrypi", 200),
        ("192.168.1.7", 200),
        ("[fd00::7]:8080", 200),
        ("cam.example.org", 200),
    ] {
        let answer = say(
            &service,
            format!("GET /status.json HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
                .as_bytes(),
        );
        assert_eq!(answer.status, number, "{host}");
        if number == 403 {
            assert!(answer.text().contains("--hosts"), "{}", answer.text());
        }
    }
    // The whole URL counts for more than the field.
    let request =
        b"GET http://evil.example/status.json HTTP/1.1\r\nHost: pi\r\nConnection: close\r\n\r\n";
    assert_eq!(say(&service, request).status, 403);
}

#[test]
fn requests_that_come_together_are_answered_in_their_order() {
    let service = serve(CARD);
    let mut client = Client::new(&service);
    let paths = ["/healthz", "/nothing", "/status.json", "/metrics", "/"];
    let mut all = String::new();
    for round in 0..6 {
        for path in paths {
            all += &format!("GET {path}?{round} HTTP/1.1\r\nHost: a\r\n\r\n");
        }
    }
    client.say(all.as_bytes());
    for _ in 0..6 {
        for path in paths {
            let answer = client.answer();
            assert_eq!(
                answer.status,
                if path == "/nothing" { 404 } else { 200 },
                "{path}"
            );
            assert_eq!(answer.text() == "ok\n", path == "/healthz");
        }
    }
}

#[test]
fn a_head_that_does_not_come_to_its_end_has_five_seconds_and_who_says_nothing_more_is_closed() {
    let service = serve(CARD);
    let mut dribbling = Client::new(&service);
    let mut idle = Client::ask(&service, "/healthz", "");
    assert_eq!(idle.answer().status, 200);
    let begun = Instant::now();
    dribbling.say(b"GET /healthz HTTP/1.1\r\nHost: a\r\n");
    let stream = dribbling.stream.try_clone().expect("a copy");
    let writer = std::thread::spawn(move || dribble(stream));
    let answer = dribbling.answer();
    assert_eq!(answer.status, 408, "{}", answer.text());
    assert!(
        begun.elapsed() >= Duration::from_millis(4900),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(idle.rest(), b"", "an idle connection is told something");
    writer.join().expect("it ends");
}

#[test]
fn who_was_refused_and_never_hangs_up_keeps_nothing_alive() {
    let service = serve(CARD);
    let mut clients = Vec::new();
    for request in ["GARBAGE\r\n\r\n", "GET /nothing HTTP/1.0\r\n\r\n"] {
        let mut client = Client::new(&service);
        client.say(request.as_bytes());
        client.answer();
        clients.push(client);
    }
    // The connections are open at their ends, and the service is over.
    assert_eq!(service.wait_for_exit(1).code(), Some(0));
    drop(clients);
}

#[test]
fn who_waits_for_a_picture_and_hangs_up_behind_more_than_is_read_is_gone() {
    let scratch = Scratch::new();
    let fifo = scratch.fifo("camera");
    for is_reset in [false, true] {
        let service = serve(&format!("--source file:{} --linger 0", fifo.display()));
        let mut client = Client::ask(&service, "/live.mp4", "");
        // As much as is read while it waits, and more.
        client.say(&vec![b'X'; 20_000]);
        service.wait_for_notice("it waits", |line| line.ends_with("camera starting"));
        let at_once = linger {
            l_onoff: i32::from(is_reset),
            l_linger: 0,
        };
        setsockopt(&client.stream, Linger, &at_once).expect("a socket");
        drop(client);
        // The camera never gives a picture: the service ends because nobody waits.
        assert_eq!(service.wait_for_exit(1).code(), Some(0));
        assert!(!service.log().contains("no frame"), "{}", service.log());
    }
}

/// A byte now and then, until nobody takes it any more.
fn dribble(mut stream: TcpStream) {
    let begun = Instant::now();
    while begun.elapsed() < LONG && stream.write_all(b"X").is_ok() {
        std::thread::sleep(Duration::from_millis(300));
    }
}

#[test]
fn a_thousand_connections_of_one_address_keep_nobody_else_out() {
    let service = serve(CARD);
    let mut viewer = Client::ask(&service, "/live.mp4", "");
    assert_eq!(viewer.head().status, 200);
    // It reads all the time, or it would be dropped as one that has stopped.
    let reader = std::thread::spawn(move || viewer.rest().len());
    let crowd: Vec<TcpStream> = (0..1000).map(|_| connect(service.web())).collect();
    // Of another address.
    let other = ["--interface", "127.0.0.2", "--fail"];
    let (is_good, complaint, body) = curl(&service, &other, "/healthz");
    assert!(is_good, "{complaint}");
    assert_eq!(body, b"ok\n");
    drop(crowd);
    wait_for_status(&service, "the viewer is not there any more", |status| {
        status["viewers"]["kinds"]["mp4"]["now"] == 1
            && status["asked"]["refused"].as_u64() > Some(900)
    });
    assert_eq!(get(&service, "/").status, 200);
    assert_eq!(service.starts(), 1);
    drop(service);
    assert!(reader.join().expect("it reads") > 10_000);
}

#[test]
fn a_viewer_too_many_is_told_so_and_comes_in_when_one_has_left() {
    let service = serve(&format!("{CARD} --max-viewers 1"));
    let mut first = Client::ask(&service, "/stream.ts", "");
    assert_eq!(first.head().status, 200);
    let refused = get(&service, "/live.mp4");
    assert_eq!(refused.status, 503);
    assert!(
        refused.text().contains("--max-viewers"),
        "{}",
        refused.text()
    );
    // Snapshots are no viewers.
    assert_eq!(get(&service, "/snapshot").status, 200);
    // The status is counted now and then: the first has to stand in it before its going means anything.
    let stands_at =
        |viewers: u64| move |status: &serde_json::Value| status["viewers"]["now"] == viewers;
    wait_for_status(&service, "the first is not counted", stands_at(1));
    drop(first);
    wait_for_status(&service, "its place is not free", stands_at(0));
    let mut next = Client::ask(&service, "/live.mp4", "");
    assert_eq!(next.head().status, 200);
}

#[test]
fn a_request_that_is_cut_off_costs_nothing() {
    let service = serve(CARD);
    for cut in [
        "",
        "G",
        "GET / HTTP/1.1\r\nHost",
        "GET /live.mp4 HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        let mut client = Client::new(&service);
        client.say(cut.as_bytes());
        drop(client);
    }
    assert_eq!(get_with(&service, "/healthz", "").status, 200);
    service.wait_until_off();
    assert_eq!(service.exits().last().expect("one").code(), Some(0));
}
