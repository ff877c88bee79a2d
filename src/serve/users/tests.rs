//! What lets in, and what does not.

use std::net::Ipv4Addr;

use proptest::prelude::*;

use super::*;

/// `anna` with the password `secret:1`, as md5sum says it.
const FILE: &str = "# those of the house\n\nanna:picam-stream:2cb9e3870605d50e5cae346a4aa61bea\n";

fn users(known: &[(&str, &str)]) -> Users {
    let known = known
        .iter()
        .map(|(name, password)| {
            let secret = hash(&[name.as_bytes(), REALM.as_bytes(), password.as_bytes()]);
            ((*name).to_owned(), secret)
        })
        .collect();
    Users {
        known,
        nonces: Nonces::new().expect("random numbers"),
        failures: Failures::default(),
    }
}

fn attempt(authorization: &str) -> Attempt<'_> {
    Attempt {
        method: "GET",
        uri: "/live.mp4",
        authorization: Some(authorization.as_bytes()),
        from: Ipv4Addr::LOCALHOST.into(),
    }
}

fn nonce_of(verdict: &Verdict) -> String {
    let Verdict::Refused([digest, _]) = verdict else {
        panic!("{verdict:?}")
    };
    let (_, rest) = digest.split_once("nonce=\"").expect("a nonce");
    rest.split_once('"').expect("its end").0.to_owned()
}

fn answer(nonce: &str, password: &str, counted: bool) -> String {
    let secret = hex(&hash(&[b"anna", REALM.as_bytes(), password.as_bytes()]));
    let request = hex(&hash(&[b"GET", b"/live.mp4"]));
    let parts = [
        secret.as_bytes(),
        nonce.as_bytes(),
        b"00000001",
        b"c",
        b"auth",
        request.as_bytes(),
    ];
    let response = hex(&if counted {
        hash(&parts)
    } else {
        hash(&[parts[0], parts[1], parts[5]])
    });
    let count = if counted {
        ", qop=auth, nc=00000001, cnonce=\"c\""
    } else {
        ""
    };
    format!(
        "Digest username=\"anna\", realm=\"{REALM}\", nonce=\"{nonce}\", uri=\"/live.mp4\", response=\"{response}\"{count}"
    )
}

#[test]
fn the_example_of_rfc_2617_gives_its_response() {
    let value = br#"Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="/dir/index.html", qop=auth, nc=00000001, cnonce="0a4f113b", response="6629fae49393a05397450978507c4ef1", opaque="5ccc069c403ebaf9f0171e9517f40e41""#;
    let Some(Authorization::Digest(digest)) = authorization::read(value) else {
        panic!("a digest")
    };
    let secret = hash(&[b"Mufasa", b"testrealm@host.com", b"Circle Of Life"]);
    assert_eq!(digest.response_for(&secret, "GET"), digest.response);
}

#[test]
fn without_a_password_both_ways_are_offered_and_nothing_is_counted() {
    let mut users = users(&[("anna", "a")]);
    let without = Attempt {
        authorization: None,
        ..attempt("")
    };
    for _ in 0..100 {
        let Verdict::Refused([digest, basic]) = users.judge(without, Micros(1)) else {
            panic!("refused")
        };
        assert!(digest.starts_with("Digest realm=\"picam-stream\", nonce=\""));
        assert_eq!(basic, "Basic realm=\"picam-stream\", charset=\"UTF-8\"");
    }
}

#[test]
fn basic_lets_in_those_of_the_file_alone() {
    let mut users = users(&[("anna", "secret:1"), ("bob", "")]);
    let mut judged = |pair: &str| {
        users.failures = Failures::default();
        let value = format!("bAsIc {}", base64_of(pair));
        users.judge(attempt(&value), Micros(1)) == Verdict::Admitted
    };
    assert!(judged("anna:secret:1"));
    assert!(judged("bob:"));
    for wrong in [
        "anna:secret",
        "anna:",
        "bob:secret:1",
        "bob",
        "carl:secret:1",
        ":",
        "",
    ] {
        assert!(!judged(wrong), "{wrong}");
    }
}

fn base64_of(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[test]
fn digest_lets_in_with_and_without_a_count() {
    let mut users = users(&[("bob", "b"), ("anna", "a")]);
    let now = Micros(1_000_000);
    let nonce = nonce_of(&users.judge(
        Attempt {
            authorization: None,
            ..attempt("")
        },
        now,
    ));
    for counted in [false, true] {
        let right = answer(&nonce, "a", counted);
        assert_eq!(users.judge(attempt(&right), now), Verdict::Admitted);
        let other = Attempt {
            uri: "/snapshot",
            ..attempt(&right)
        };
        assert_ne!(users.judge(other, now), Verdict::Admitted);
        let other = Attempt {
            method: "HEAD",
            ..attempt(&right)
        };
        assert_ne!(users.judge(other, now), Verdict::Admitted);
        let whole = Attempt {
            uri: "http://pi:8080/live.mp4/",
            ..attempt(&right)
        };
        assert_eq!(users.judge(whole, now), Verdict::Admitted);
    }
    let wrong = answer(&nonce, "b", true);
    assert_ne!(users.judge(attempt(&wrong), now), Verdict::Admitted);
}

#[test]
fn a_right_answer_to_an_old_nonce_or_to_one_of_an_earlier_run_is_said_to_be_stale() {
    let mut earlier = users(&[("anna", "a")]);
    let mut users = users(&[("anna", "a")]);
    let (then, now) = (Micros(1_000_000), Micros(400_000_000));
    for nonce in [users.nonces.issue(then), earlier.nonces.issue(now)] {
        let old = answer(&nonce, "a", true);
        for _ in 0..10 {
            let Verdict::Refused([digest, _]) = users.judge(attempt(&old), now) else {
                panic!("refused")
            };
            assert!(digest.ends_with(", stale=true"), "{digest}");
        }
    }
    // A guess is one whatever it answers to.
    let guess = answer(&earlier.nonces.issue(now), "b", true);
    for _ in 0..5 {
        let verdict = users.judge(attempt(&guess), now);
        assert!(matches!(&verdict, Verdict::Refused([digest, _]) if !digest.contains("stale")));
    }
    assert_eq!(
        users.judge(attempt(&guess), now),
        Verdict::TooMany(Duration::from_secs(12))
    );
    assert_eq!(
        earlier.judge(attempt(&answer(&earlier.nonces.issue(now), "a", true)), now),
        Verdict::Admitted
    );
}

#[test]
fn the_file_is_understood_or_refused_with_the_line() {
    let known = file::understand(FILE).expect("a good file");
    assert_eq!(known[0].0, "anna");
    assert_eq!(hex(&known[0].1), "2cb9e3870605d50e5cae346a4aa61bea");
    let digits = "2cb9e3870605d50e5cae346a4aa61bea";
    for (text, why) in [
        (String::new(), "names no user"),
        ("# anna\n".into(), "names no user"),
        ("\nanna\n".into(), "line 2: is not user:picam-stream:hash"),
        ("anna:secret\n".into(), "line 1: is not"),
        (format!("anna:picam-stream:{digits}:x"), "line 1: is not"),
        (format!(":picam-stream:{digits}"), "line 1: has no user"),
        (
            format!("anna:home:{digits}"),
            "the realm is home, and must be picam-stream",
        ),
        (
            format!("anna:picam-stream:{}", &digits[1..]),
            "32 hexadecimal digits",
        ),
        (
            format!("anna:picam-stream:+{}", &digits[1..]),
            "32 hexadecimal digits",
        ),
        (
            format!("a:picam-stream:{digits}\na:picam-stream:{digits}"),
            "line 2: a is there already",
        ),
    ] {
        let error = file::understand(&text).expect_err(&text);
        assert!(error.contains(why), "{error}");
        assert!(!error.contains(&digits[2..]), "{error}");
    }
}

#[test]
fn a_file_as_notepad_saves_it_names_the_same_users() {
    let saved = format!("\u{feff}{}", FILE.replace('\n', "\r\n"));
    assert_eq!(file::understand(&saved), file::understand(FILE));
    let first_line = FILE.lines().last().expect("a line");
    let saved = format!("\u{feff}{first_line}\r\n");
    assert_eq!(file::understand(&saved), file::understand(FILE));
}

#[test]
fn a_file_that_is_not_there_is_an_error_that_names_the_option() {
    let Err(error) = Users::open(Path::new("/nonexistent/users")) else {
        panic!("an open door")
    };
    let text = error.to_string();
    assert!(
        text.starts_with("--users /nonexistent/users: cannot be read: "),
        "{text}"
    );
}

proptest! {
    #[test]
    fn no_bytes_let_in_without_the_password(value in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut users = users(&[("anna", "secret")]);
        let attempt = Attempt { authorization: Some(&value), ..attempt("") };
        prop_assert_ne!(users.judge(attempt, Micros(1)), Verdict::Admitted);
    }

    #[test]
    fn any_parameters_are_read_or_refused(list in "[a-z]{0,9}[=,\"\\\\ a-z]{0,40}") {
        let _ = authorization::read(format!("Digest {list}").as_bytes());
    }
}
