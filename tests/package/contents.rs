//! The files, fields and form of the three packages.

use std::fs;
use std::path::Path;
use test_support::commands::{command, printed, run};
use test_support::packages::{VERSION, architectures, package, packaged, project, unpacked};

/// Mode and path of every file that is installed.
pub const FILES: &str = "\
-rw-r--r-- ./etc/default/raspivid
-rw-r--r-- ./usr/lib/systemd/system/picam-camera.service
-rw-r--r-- ./usr/lib/systemd/system/picam-camera.socket
-rw-r--r-- ./usr/lib/systemd/system/picam-rtsp.socket
-rw-r--r-- ./usr/lib/systemd/system/picam-web.socket
-rw-r--r-- ./usr/lib/systemd/system/raspivid.socket
-rw-r--r-- ./usr/lib/systemd/system/raspivid@.service
-rw-r--r-- ./usr/share/bash-completion/completions/picam-stream
-rw-r--r-- ./usr/share/doc/picam-stream/README.md
-rw-r--r-- ./usr/share/doc/picam-stream/changelog.gz
-rw-r--r-- ./usr/share/doc/picam-stream/copyright
-rw-r--r-- ./usr/share/doc/picam-stream/examples/another-port.conf
-rw-r--r-- ./usr/share/doc/picam-stream/examples/go2rtc.yaml
-rw-r--r-- ./usr/share/doc/picam-stream/examples/local-network-only.conf
-rw-r--r-- ./usr/share/doc/picam-stream/examples/many-viewers.conf
-rw-r--r-- ./usr/share/doc/picam-stream/examples/mediamtx.yml
-rw-r--r-- ./usr/share/doc/picam-stream/examples/nginx-hls.conf
-rw-r--r-- ./usr/share/doc/picam-stream/examples/no-devices.conf
-rw-r--r-- ./usr/share/doc/picam-stream/examples/picam-web.service
-rw-r--r-- ./usr/share/doc/picam-stream/examples/quiet-journal.conf
-rw-r--r-- ./usr/share/doc/picam-stream/examples/side-by-side.conf
-rw-r--r-- ./usr/share/man/man1/picam-stream.1.gz
-rwxr-xr-x ./usr/bin/picam-stream
";

#[test]
fn each_package_holds_the_same_files_and_no_others() {
    for arch in packaged() {
        let listing = printed("dpkg-deb", [Path::new("--contents"), &package(arch)]);
        let mut files: Vec<String> = listing
            .lines()
            .filter(|line| !line.starts_with('d'))
            .map(|line| {
                let words: Vec<&str> = line.split_whitespace().collect();
                assert_eq!(words[1], "0/0", "{arch}: not root's: {line}");
                format!("{} {}\n", words[0], words[5])
            })
            .collect();
        files.sort();
        assert_eq!(files.concat(), FILES, "{arch}");
    }
}

#[test]
fn the_fields_say_what_the_package_is_and_needs() {
    for arch in packaged() {
        let field = |name: &str| {
            let package = package(arch);
            let args = [Path::new("--field"), &package, Path::new(name)];
            printed("dpkg-deb", args).trim().to_owned()
        };
        assert_eq!(field("Package"), "picam-stream");
        assert_eq!(field("Version"), *VERSION);
        assert_eq!(field("Architecture"), arch);
        assert_eq!(field("Section"), "video");
        assert_eq!(field("Priority"), "optional");
        assert_eq!(field("Depends"), format!("libc6 (>= {})", oldest_glibc()));
        assert_eq!(field("Recommends"), "avahi-daemon");
        assert!(field("Suggests").starts_with("rpicam-apps-lite | "));
        // The test card is shown when it is asked for, never by itself.
        let description = field("Description")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        for part in [
            "(in VLC: tcp/h264://raspberrypi.local:3333)",
            "Without a camera, --source test shows",
        ] {
            assert!(description.contains(part), "{description}");
        }
        // Of another package's "foreign" and "same", neither is true here.
        let control = printed(
            "dpkg-deb",
            [Path::new("--info"), &package(arch), Path::new("control")],
        );
        assert!(!control.contains("Multi-Arch"), "{control}");
    }
}

/// Of all machines together: one text in Cargo.toml serves every package.
fn oldest_glibc() -> &'static str {
    let versions = architectures().map(|machine| machine.glibc);
    versions
        .filter(|version| *version != "-")
        .min_by_key(|version| {
            version
                .split('.')
                .map(|part| part.parse::<u32>().unwrap())
                .collect::<Vec<_>>()
        })
        .expect("a machine with glibc")
}

/// dpkg of Debian 9 reads xz and gzip, not zstd.
#[test]
fn the_dpkg_of_stretch_can_read_each_package() {
    for arch in packaged() {
        let members = printed("ar", [Path::new("t"), &package(arch)]);
        assert_eq!(
            members, "debian-binary\ncontrol.tar.xz\ndata.tar.xz\n",
            "{arch}"
        );
        let format = printed(
            "ar",
            [Path::new("p"), &package(arch), Path::new("debian-binary")],
        );
        assert_eq!(format, "2.0\n", "{arch}");
    }
}

#[test]
fn the_options_are_the_only_conffile() {
    for arch in packaged() {
        let args = [Path::new("--info"), &package(arch), Path::new("conffiles")];
        assert_eq!(
            printed("dpkg-deb", args),
            "/etc/default/raspivid\n",
            "{arch}"
        );
    }
}

#[test]
fn lintian_finds_no_error_and_no_warning_and_nothing_is_overridden() {
    for arch in packaged() {
        let package = package(arch);
        let tags = printed("lintian", [Path::new("--allow-root"), &package]);
        assert_eq!(tags, "", "{arch}");
        let files = printed("dpkg-deb", [Path::new("--contents"), &package]);
        assert!(!files.contains("lintian"), "{arch} has overrides");
    }
}

#[test]
fn the_maintainer_scripts_are_shell_that_cargo_deb_filled_in() {
    for arch in packaged() {
        for script in ["postinst", "prerm", "postrm"] {
            let text = printed(
                "dpkg-deb",
                [Path::new("--info"), &package(arch), Path::new(script)],
            );
            assert!(text.starts_with("#!/bin/sh\n"), "{arch} {script}");
            assert!(!text.contains("#DEBHELPER#"), "{arch} {script}");
            for socket in [
                "raspivid.socket",
                "picam-camera.socket",
                "picam-web.socket",
                "picam-rtsp.socket",
            ] {
                assert!(
                    text.contains(socket),
                    "{arch} {script} does nothing with {socket}"
                );
            }
            // Refused by systemd while its service runs, and then it would be closed.
            let restarts = |line: &&str| line.contains("restart") && line.contains("picam-");
            let restarts: Vec<&str> = text.lines().filter(restarts).collect();
            assert!(
                restarts.iter().all(|line| line.contains("say ")),
                "{arch} {script}: {restarts:?}"
            );
            printed("sh", ["-n", "-c", &text]);
        }
    }
}

#[test]
fn the_manual_page_renders_without_a_warning() {
    let files = unpacked("armhf");
    let page = files.path().join("usr/share/man/man1/picam-stream.1.gz");
    let args = [Path::new("--warnings"), Path::new("--local-file"), &page];
    let rendered = run(command("man").args(args));
    let text = &rendered.out;
    assert!(
        rendered.status.success() && rendered.err.is_empty(),
        "{rendered}"
    );
    assert!(
        text.contains("picam-stream") && text.contains("--bitrate"),
        "{text}"
    );
}

#[test]
fn bash_completes_the_options_with_the_packaged_file() {
    let files = unpacked("armhf");
    let completion = files
        .path()
        .join("usr/share/bash-completion/completions/picam-stream");
    let script = "source /usr/share/bash-completion/bash_completion; source \"$1\"; complete -p picam-stream
        COMP_WORDS=(picam-stream --bitr) COMP_CWORD=1 COMP_LINE='picam-stream --bitr' COMP_POINT=19
        $(complete -p picam-stream | sed 's/.*-F \\([^ ]*\\) .*/\\1/') picam-stream --bitr picam-stream
        printf '%s\\n' \"${COMPREPLY[@]}\"";
    let answer = printed(
        "bash",
        [
            Path::new("-c"),
            Path::new(script),
            Path::new("bash"),
            &completion,
        ],
    );
    assert!(
        answer.lines().any(|line| line.trim() == "--bitrate"),
        "{answer}"
    );
}

#[test]
fn the_copyright_file_names_the_encoder_and_every_crate_that_is_linked() {
    let files = unpacked("armhf");
    let copyright =
        fs::read_to_string(files.path().join("usr/share/doc/picam-stream/copyright")).unwrap();
    assert!(
        copyright.contains("Cisco Systems"),
        "openh264's owner is not named"
    );
    let lock = fs::read_to_string(project().join("Cargo.lock")).unwrap();
    for name in ["libsystemd", "memchr", "nix", "openh264-sys2"] {
        assert!(
            lock.contains(&format!("name = \"{name}\"")),
            "{name} is no longer used: look at this test"
        );
        assert!(
            copyright.contains(&format!("\nFiles: {name}-")),
            "{name} is not named"
        );
    }
}

#[test]
fn the_program_is_stripped() {
    for arch in packaged() {
        let files = unpacked(arch);
        let sections = printed(
            "readelf",
            [Path::new("-SW"), &files.path().join("usr/bin/picam-stream")],
        );
        assert!(
            !sections.contains(".symtab") && !sections.contains(".debug"),
            "{arch}: {sections}"
        );
    }
}
