//! The page of `doctor`: whole, for every system (beside its files), and by its parts where something is wrong.
//! UPDATE_GOLDEN=1 writes the pages anew; read them then as a user would.

use std::fs;

use serde_json::Value;

use crate::systems::{folder, listener, machine};
use crate::tree::Tree;
use test_support::program::{assert_ended, stderr, stdout};

/// The page of this system is the one in the file, and the exit status says whether there is a problem.
fn assert_page(name: &str, tree: &Tree) {
    let output = tree.run("doctor");
    let page = stdout(&output).replace(env!("CARGO_PKG_VERSION"), "VERSION");
    let status = if page.contains("\nno problems,") {
        0
    } else {
        1
    };
    assert_eq!(
        output.status.code(),
        Some(status),
        "{page}{}",
        stderr(&output)
    );
    let file = folder(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&file, &page).expect("the page is written");
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(page, expected, "differs from {}", file.display());
}

/// A problem or a warning with this text and this remedy is on the page.
fn assert_finds(tree: &Tree, verdict: &str, text: &str, remedy: &str) {
    let output = tree.run("doctor --json");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let sections = report["sections"].as_array().expect("sections");
    let mut checks = sections
        .iter()
        .flat_map(|section| section["checks"].as_array().expect("checks"));
    let has = |check: &Value, field: &str, part: &str| {
        check[field].as_str().is_some_and(|it| it.contains(part))
    };
    let found = checks.any(|check| {
        has(check, "verdict", verdict)
            && has(check, "text", text)
            && (remedy.is_empty() || has(check, "remedy", remedy))
    });
    assert!(
        found,
        "no {verdict} with {text:?} and {remedy:?} in {report:#}"
    );
    assert_eq!(
        output.status.code(),
        Some(i32::from(report["problems"] != 0))
    );
}

#[test]
fn every_release_with_its_camera_has_no_problem() {
    for name in [
        "pi-zero-stretch",
        "buster",
        "bullseye-legacy",
        "bullseye-libcamera",
        "bookworm",
        "bookworm-64-bit",
        "trixie-pi-5",
        "pc-with-usb-camera",
        "shared-camera",
    ] {
        assert_page(&format!("{name}/page.txt"), &machine(name));
    }
}

#[test]
fn a_machine_with_nothing_is_told_what_it_lacks() {
    assert_page("nothing/page.txt", &machine("nothing"));
}

#[test]
fn a_broken_conffile_is_told_with_the_option_that_is_wrong() {
    let broken = |options: &str| machine("bookworm").file("etc/default/raspivid", options);
    assert_page(
        "bookworm/page-of-a-broken-conffile.txt",
        &broken("export FOO=1\nRASPIVID_OPTIONS = -w 1280 -hh 720 # high\n"),
    );
    assert_finds(
        &broken("RASPIVID_OPTIONS=-w x\n"),
        "problem",
        "-w (--width)",
        "correct the line RASPIVID_OPTIONS",
    );
    assert_finds(
        &broken("RASPIVID_OPTIONS=-w 640 # small\n"),
        "problem",
        "\"#\"",
        "a comment needs a line of its own",
    );
    assert_finds(
        &broken("\u{feff}RASPIVID_OPTIONS=-w 640\n"),
        "warning",
        "has no line that begins with",
        "-w 1280",
    );
}

#[test]
fn what_is_not_understood_in_the_conffile_is_a_warning_with_what_is_used() {
    let tree = machine("bookworm").file(
        "etc/default/raspivid",
        "RASPIVID_OPTIONS = -w 1280 -fps 29.97 -lev 3.1 -b 1.5M\n",
    );
    for text in [
        "-fps (--framerate) does not take \"29.97\": 29 is used; it takes a whole number",
        "-lev (--level) does not take \"3.1\": 4 is used; it takes 4, 4.1 or 4.2",
    ] {
        assert_finds(
            &tree,
            "warning",
            text,
            "correct it in /etc/default/raspivid",
        );
    }
}

#[test]
fn a_conffile_that_systemd_ignores_whole_is_told() {
    let tree = machine("bookworm");
    fs::write(
        tree.path("etc/default/raspivid"),
        b"RASPIVID_OPTIONS = -a T\xfcr\n",
    )
    .expect("the file is written");
    assert_finds(&tree, "problem", "line 1 is not UTF-8", "save it as UTF-8");
}

#[test]
fn a_source_that_was_chosen_is_what_is_judged() {
    let asked = |tree: Tree, source: &str| {
        let options = format!("RASPIVID_OPTIONS = -w 640 --source {source}\n");
        tree.file("etc/default/raspivid", &options)
    };
    let text = |tree: &Tree| stdout(&tree.run("doctor"));
    let page = text(&asked(machine("nothing"), "test"));
    assert!(
        page.contains("test card") && page.contains("no problems"),
        "{page}"
    );
    let page = text(&asked(
        machine("bookworm").v4l2("video1", "0", "HD Webcam"),
        "v4l2",
    ));
    assert!(
        page.contains("the options ask for v4l2 (/dev/video1, HD Webcam)"),
        "{page}"
    );
    assert_finds(
        &asked(machine("bookworm"), "mmal"),
        "problem",
        "the options ask for --source mmal: ",
        "take --source out of the options, and viewers see rpicam (imx219",
    );
    assert_finds(
        &asked(machine("nothing"), "v4l2:/dev/video7"),
        "problem",
        "--source v4l2:/dev/video7: there is no capture device",
        "plug in a USB camera",
    );
}

#[test]
fn options_that_the_camera_cannot_do_are_warned_of() {
    let tree = machine("bookworm").file(
        "etc/default/raspivid",
        "RASPIVID_OPTIONS=-w 640 -h 480 -qp 20\n",
    );
    assert_finds(&tree, "warning", "-qp", "leave them out");
}

#[test]
fn a_taken_port_is_told_with_the_program_that_has_it() {
    let tree = machine("bookworm")
        .file("proc/net/tcp6", "")
        .file("proc/net/tcp", &listener("00000000", 99));
    let tree = tree.process(812, "nc", "socket:[99]");
    assert_finds(
        &tree,
        "problem",
        "TCP port 3333 is taken by nc (process 812)",
        "systemctl restart raspivid.socket",
    );
}

#[test]
fn a_port_is_not_called_taken_where_systemd_does_not_tell_of_its_socket() {
    let tree = machine("bookworm")
        .program("systemctl", "echo 'Access denied' >&2; exit 1")
        .file(
            "proc/net/tcp6",
            &listener("00000000000000000000000000000000", 99),
        );
    let page = stdout(&tree.run("doctor"));
    assert!(page.contains("listens on TCP port 3333"), "{page}");
    assert!(!page.contains("taken"), "{page}");
    assert!(
        page.contains("does not tell about its units: Access denied"),
        "{page}"
    );
}

#[test]
fn the_unit_of_the_program_that_has_the_port_is_told() {
    let tree = machine("bookworm")
        .file("proc/net/tcp6", "")
        .file("proc/net/tcp", &listener("00000000", 99))
        .process(812, "nc", "socket:[99]")
        .file("proc/812/cgroup", "0::/system.slice/garden.service\n");
    assert_finds(
        &tree,
        "problem",
        "taken by nc (process 812, of garden.service: systemctl status garden.service)",
        "systemctl restart raspivid.socket",
    );
    let answers = r#"case "$*" in
list-sockets*) echo '/run/x x.socket x.service'; echo '[::]:3333 garden.socket -' ;;
*) printf 'LoadState=loaded\nActiveState=failed\nResult=resources\n' ;;
esac"#;
    assert_finds(
        &machine("bookworm").program("systemctl", answers),
        "problem",
        "TCP port 3333 is taken by systemd for garden.socket",
        "systemctl restart raspivid.socket",
    );
}

#[test]
fn the_line_of_the_unit_decides_what_the_options_mean() {
    let units = |argv: &str| {
        let answer = format!(
            "LoadState=loaded\\nActiveState=active\\nGroup=video\\nDevicePolicy=auto\\nExecStart={{ path=/usr/bin/picam-stream ; \
             argv[]=/usr/bin/picam-stream {argv} ; ignore_errors=yes }}\\n"
        );
        let passes_on = "RASPIVID_OPTIONS = -w 1280 -h 720 -- --denoise cdn_off\n";
        machine("bookworm")
            .program("systemctl", &format!("printf '{answer}'"))
            .file("etc/default/raspivid", passes_on)
    };
    let ours = units("--service -v -n $RASPIVID_OPTIONS");
    let page = stdout(&ours.run("doctor"));
    assert!(
        page.contains("--denoise cdn_off") && page.contains("no problems"),
        "{page}"
    );
    let old = units("$RASPIVID_OPTIONS -v -n -t 0 -o -");
    assert_finds(
        &old,
        "problem",
        "--output - cannot stand",
        "correct the line",
    );
    assert_finds(
        &old,
        "warning",
        "of the older form",
        "--service -v -n $RASPIVID_OPTIONS",
    );
    let old = old.file(
        "etc/default/raspivid",
        "RASPIVID_OPTIONS = -w 1280 -h 720\n",
    );
    let page = stdout(&old.run("doctor"));
    assert!(page.contains("no problems"), "an old line works: {page}");
    assert_finds(
        &units("-w 640 -t 0 -o -"),
        "warning",
        "nothing in /etc/default/raspivid has an effect",
        "systemctl cat",
    );
}

#[test]
fn words_behind_two_dashes_that_give_no_stream_are_told() {
    for (words, reason) in [
        (
            "--version",
            "--version cannot stand behind --: it prints a text",
        ),
        ("--initial pause", "never begins"),
    ] {
        let options = format!("RASPIVID_OPTIONS = -w 640 -- {words}\n");
        let tree = machine("bookworm").file("etc/default/raspivid", &options);
        assert_finds(&tree, "problem", reason, "correct the line");
    }
}

#[test]
fn a_conffile_that_sets_the_options_twice_is_told_with_its_lines() {
    let with = |text: &str| machine("bookworm").file("etc/default/raspivid", text);
    let shipped = include_str!("../data/0.1.0/raspivid");
    let preset_in_front = with(&shipped.replacen("#RASPIVID_OPTIONS", "RASPIVID_OPTIONS", 1));
    assert_finds(
        &preset_in_front,
        "warning",
        "sets RASPIVID_OPTIONS in lines 27, 35: the last one counts",
        "line 35 is the package's own",
    );
    let shipped = include_str!("../../assets/default/raspivid");
    let preset_behind = with(&shipped.replacen("#RASPIVID_OPTIONS", "RASPIVID_OPTIONS", 1));
    assert_finds(&preset_behind, "ok", "the last one counts", "");
    assert_finds(&preset_behind, "ok", "gives 8 options", "");
}

#[test]
fn a_name_that_is_nearly_right_is_told() {
    let tree = machine("bookworm").file("etc/default/raspivid", "RASPIVID_OPTION = -w 640\n");
    assert_finds(
        &tree,
        "warning",
        "sets RASPIVID_OPTION and not RASPIVID_OPTIONS",
        "write one",
    );
}

#[test]
fn whatever_is_in_the_place_of_the_conffile_the_page_comes_and_is_short() {
    let name = "etc/default/raspivid";
    let fifo = machine("bookworm").without(name);
    nix::unistd::mkfifo(&fifo.path(name), nix::sys::stat::Mode::S_IRWXU).expect("a FIFO");
    assert_finds(&fifo, "problem", "it is no regular file", "put a text file");
    let long = "-v ".repeat(50_000);
    for (text, part) in [
        (
            format!("RASPIVID_OPTIONS = {long}\n"),
            "Argument list too long",
        ),
        (long.replace(' ', "\n"), "more lines without an effect"),
        (
            format!("RASPIVID_OPTIONS = {}\n", &long[..60_000]),
            "19900 more",
        ),
        (
            format!("RASPIVID_OPTIONS = -fps {}\n", "x".repeat(90_000)),
            "(90000 bytes)",
        ),
    ] {
        let page = stdout(&machine("bookworm").file(name, &text).run("doctor"));
        let words: Vec<&str> = page.split_whitespace().collect();
        assert!(words.join(" ").contains(part), "{part}: {page}");
        assert!(page.len() < 12_000, "{} bytes", page.len());
    }
}

#[test]
fn a_release_without_a_pretty_name_is_told_by_its_name() {
    let tree = machine("bookworm").file("etc/os-release", "NAME=\"Yocto\"\nVERSION=\"5.0\"\n");
    assert_finds(&tree, "ok", "Yocto 5.0", "");
}

#[test]
fn devices_that_the_service_may_not_open_are_told() {
    let tree = machine("pi-zero-stretch").device("vchiq", 0o600);
    assert_finds(
        &tree,
        "problem",
        "may not open /dev/vchiq (group video, mode 600)",
        "chgrp video",
    );
}

#[test]
fn who_has_the_camera_is_told() {
    let tree = machine("bookworm").process(900, "motion", "/dev/video0");
    assert_finds(
        &tree,
        "warning",
        "motion (process 900, /dev/video0)",
        "end that program",
    );
}

#[test]
fn power_memory_and_firmware_are_looked_at() {
    let throttled = "sys/devices/platform/soc/soc:firmware/get_throttled";
    assert_finds(
        &machine("buster").file(throttled, "50005\n"),
        "problem",
        "voltage is too low now",
        "power supply",
    );
    assert_finds(
        &machine("buster").file(throttled, "10000\n"),
        "warning",
        "at times since the start",
        "power supply",
    );
    let small = machine("bookworm").file("proc/meminfo", "CmaTotal: 65536 kB\nCmaFree: 60000 kB\n");
    assert_finds(&small, "warning", "64 MB contiguous memory", "cma-256");
    let without_tool = machine("buster")
        .without("usr/bin/vcgencmd")
        .file("boot/config.txt", "start_x=1\ngpu_mem=64\n");
    assert_finds(
        &without_tool,
        "problem",
        "64 MB for the VideoCore",
        "gpu_mem=128 in /boot/config.txt",
    );
    let loose = machine("buster").program("vcgencmd", "echo 'supported=1 detected=0'");
    assert_finds(&loose, "problem", "supported=1 detected=0", "ribbon cable");
}

#[test]
fn units_that_do_not_listen_or_are_hidden_are_told() {
    let units =
        |answer: &str| machine("bookworm").program("systemctl", &format!("printf '{answer}'"));
    let disabled = units("LoadState=loaded\\nActiveState=inactive\\nUnitFileState=disabled\\n");
    assert_finds(
        &disabled,
        "problem",
        "inactive and disabled",
        "systemctl enable --now raspivid.socket",
    );
    assert_finds(
        &units("LoadState=not-found\\n"),
        "problem",
        "not installed",
        "apt install --reinstall picam-stream",
    );
    assert_finds(&units("LoadState=masked\\n"), "problem", "masked", "unmask");
    let failed = units("LoadState=loaded\\nActiveState=failed\\nResult=resources\\n");
    assert_finds(
        &failed,
        "problem",
        "failed (resources)",
        "port is most likely taken",
    );
    let hidden =
        units("LoadState=loaded\\nActiveState=active\\nFragmentPath=/etc/systemd/system/x\\n");
    assert_finds(
        &hidden,
        "warning",
        "/etc/systemd/system/x is used in place",
        "daemon-reload",
    );
}

#[test]
fn the_last_failure_is_told_with_its_message() {
    let entry = r#"{"__REALTIME_TIMESTAMP":"1700000000000000","_SYSTEMD_UNIT":"raspivid@7.service","MESSAGE":"no camera"}"#;
    let tree = machine("bookworm").program("journalctl", &format!("echo '{entry}'"));
    assert_finds(
        &tree,
        "warning",
        "2023-11-14 22:13:20, raspivid@7.service: no camera",
        "journalctl",
    );
}

#[test]
fn the_page_for_programs_has_all_that_the_page_for_people_has() {
    let tree = machine("bookworm");
    let page = stdout(&tree.run("doctor"));
    let report: Value = serde_json::from_slice(&tree.run("doctor --json").stdout).expect("JSON");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let page = words(&page);
    for section in report["sections"].as_array().expect("sections") {
        assert!(page.contains(section["title"].as_str().expect("a title")));
        for check in section["checks"].as_array().expect("checks") {
            assert!(
                page.contains(&words(check["text"].as_str().expect("a text"))),
                "{check}"
            );
        }
    }
    assert!(!page.contains('\u{1b}'), "colours are for terminals");
}

#[test]
fn doctor_takes_no_other_words() {
    let output = machine("nothing").run("doctor --yaml");
    assert_ended(&output, 64, &["--json alone"]);
}

#[test]
fn this_machine_can_be_looked_at() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_picam-stream"))
        .arg("doctor")
        .env_remove("PICAM_STREAM_ROOT")
        .output()
        .expect("the program starts");
    let page = stdout(&output);
    assert!(
        matches!(output.status.code(), Some(0 | 1)),
        "{}",
        stderr(&output)
    );
    for title in ["Machine\n", "Camera\n", "Options\n", "Service\n"] {
        assert!(page.contains(title), "{page}");
    }
}

#[test]
fn a_shared_camera_is_told_with_its_viewers_and_what_does_not_go_with_it() {
    let tree = || machine("shared-camera");
    let file = |serve: &str| {
        tree().file(
            "etc/default/raspivid",
            &format!("RASPIVID_OPTIONS = -w 640\nSERVE_OPTIONS = {serve}\n"),
        )
    };
    assert_finds(
        &file("--linger 2"),
        "warning",
        "picam-camera.service runs with other options than stand in /etc/default/raspivid now",
        "sudo systemctl restart picam-camera",
    );
    assert_finds(
        &file("--linger long"),
        "problem",
        "the shared camera does not start with SERVE_OPTIONS: cannot use \"long\" for --linger",
        "correct the line SERVE_OPTIONS",
    );
    let states = |state: &str| {
        let text = fs::read_to_string(tree().path("usr/bin/systemctl")).expect("the stand-in");
        let text = text.replace("${SHARED:-active}", state);
        let script = text.strip_prefix("#!/bin/sh\n").expect("a script");
        tree().program("systemctl", script)
    };
    assert_finds(
        &states("inactive"),
        "warning",
        "picam-camera.socket is enabled, but does not listen: each viewer opens the camera by itself",
        "sudo systemctl start picam-camera.socket",
    );
    assert_finds(
        &states("failed"),
        "problem",
        "picam-camera.socket has failed (resources)",
        "journalctl -u picam-camera.socket",
    );
    let web = |state: &str| {
        let text = fs::read_to_string(tree().path("usr/bin/systemctl")).expect("the stand-in");
        let text = text.replace("${WEB:-active}", state);
        let script = text.strip_prefix("#!/bin/sh\n").expect("a script");
        tree().program("systemctl", script)
    };
    assert_finds(
        &web("failed"),
        "problem",
        "picam-web.socket has failed (resources)",
        "sudo systemctl start picam-web.socket",
    );
    assert_finds(
        &web("inactive"),
        "warning",
        "picam-web.socket is enabled, but does not listen",
        "sudo systemctl stop picam-camera.service && sudo systemctl start picam-web.socket",
    );
    // Then the instances need the devices themselves.
    assert_finds(
        &states("inactive"),
        "problem",
        "PrivateDevices=yes hides every camera from it",
        "PrivateDevices=no",
    );
}
