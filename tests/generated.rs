//! What packaging makes from the table of options, tried in the programs it is for: the manual page
//! in man, the completion in an interactive bash.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::openpty;
use picam_stream::error::EXIT_STATUSES;
use picam_stream::options::{bash_completion, help, man_page, rows};
use picam_stream::service::PORT;

#[test]
fn the_manual_page_renders_without_a_warning_and_names_every_option() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let page = folder.path().join("picam-stream.1");
    fs::write(&page, man_page()).expect("the page is written");
    let intermediate = man(&["--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z"], &page);
    assert!(intermediate.starts_with("x T utf8"), "{intermediate}");

    let text = without_overstrikes(&man(&["-E", "UTF-8", "-l", "-P", "cat"], &page));
    for row in rows() {
        for name in row.all_names() {
            assert!(text.contains(&name), "{name}");
        }
    }
    assert_eq!(
        text.matches("Default: 5000.").count(),
        2,
        "of -t and of --stall-timeout, once each"
    );
    for heading in [
        "NAME",
        "SYNOPSIS",
        "DESCRIPTION",
        "OPTIONS",
        "COMMANDS",
        "OPTIONS OF THE CAPTURE PROGRAM",
        "PLAYERS",
        "EXIT STATUS",
        "FILES",
        "ENVIRONMENT",
        "EXAMPLES",
        "SEE ALSO",
    ] {
        assert!(text.lines().any(|line| line == heading), "{heading}");
    }
    for status in EXIT_STATUSES {
        let entry = format!("       {} ", status.code);
        assert!(
            text.lines().any(|line| line.starts_with(&entry)),
            "{status:?}"
        );
    }
}

/// The commands in README's table of players; `tests/players` runs each.
fn player_lines() -> Vec<String> {
    let readme =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("README.md");
    let rows = readme
        .lines()
        .skip_while(|line| !line.starts_with("| player |"))
        .take_while(|line| line.starts_with('|'));
    let spans = rows.flat_map(|row| {
        row.split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    });
    spans
        .filter(|span| {
            span.contains(' ') && span.contains("raspberrypi.local") && !span.contains("path:")
        })
        .collect()
}

#[test]
fn the_manual_page_and_make_run_name_the_players_lines_of_the_readme() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let page = folder.path().join("picam-stream.1");
    fs::write(&page, man_page()).expect("the page is written");
    let text = without_overstrikes(&man(&["-E", "UTF-8", "-l", "-P", "cat"], &page));
    let lines = player_lines();
    assert!(lines.len() >= 7, "{lines:?}");
    // What is for MPEG-TS alone stands in README.
    for line in lines
        .iter()
        .filter(|line| *line != "vlc tcp://raspberrypi.local:3333")
    {
        assert!(
            text.lines().any(|printed| printed.trim() == line),
            "{line}\n{text}"
        );
    }
    let run =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/run.sh")).expect("run.sh");
    for player in ["ffplay", "mpv", "vlc", "gst-launch-1.0"] {
        let line = lines
            .iter()
            .find(|line| line.starts_with(player))
            .expect("its line");
        let local = line
            .replace("raspberrypi.local", "localhost")
            .replace("3333", "$port");
        assert!(run.lines().any(|shown| shown.trim() == local), "{local}");
    }
}

#[test]
fn readme_has_the_exit_statuses_of_the_program_and_no_others() {
    let readme = include_str!("../README.md");
    let table = readme
        .lines()
        .skip_while(|line| *line != "| exit status | when |")
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let wanted = EXIT_STATUSES.map(|status| format!("| {} | {} |", status.code, status.when));
    assert_eq!(table.collect::<Vec<_>>(), wanted);
}

#[test]
fn the_manual_page_is_the_same_each_time() {
    assert_eq!(man_page(), man_page());
    assert!(man_page().starts_with(".TH PICAM\\-STREAM 1 \"\" "));
}

#[test]
fn every_text_that_names_the_port_names_that_of_the_socket_unit() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = [
        "README.md",
        "Cargo.toml",
        "Makefile",
        "assets/default/raspivid",
        "debian/raspivid.socket",
        "tests/packaging/repository.sh",
    ];
    let mut texts = vec![("--help", help()), ("the manual page", man_page())];
    texts.extend(files.map(|file| (file, fs::read_to_string(project.join(file)).expect(file))));
    let port = PORT.to_string();
    for (what, text) in texts {
        let is_number = |at: usize| {
            let around = |at: Option<usize>| at.and_then(|at| text.as_bytes().get(at));
            let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
            !is_digit(around(at.checked_sub(1))) && !is_digit(around(Some(at + port.len())))
        };
        assert!(
            text.match_indices(&port).any(|(at, _)| is_number(at)),
            "{what} does not name port {port}"
        );
    }
}

#[test]
fn every_place_that_the_maps_of_the_house_name_is_there() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tops = ["src", "tests", "debian", "assets"];
    for map in ["README.md", "CONTRIBUTING.md"] {
        let text = fs::read_to_string(project.join(map)).expect(map);
        let quoted = text.split('`').skip(1).step_by(2);
        let places: Vec<_> = quoted
            .filter_map(|words| words.split_whitespace().next())
            .filter(|word| {
                let top = word.split('/').next().unwrap_or_default();
                word.contains('/') && tops.contains(&top)
            })
            .collect();
        assert!(!places.is_empty(), "{map} names no place");
        for place in places {
            assert!(
                project.join(place).exists(),
                "{map} names {place}, which is not there"
            );
        }
    }
}

/// What man prints; it must have nothing to complain about.
fn man(options: &[&str], page: &Path) -> String {
    let output = Command::new("man")
        .args(options)
        .arg(page)
        .envs([
            ("LC_ALL", "C.UTF-8"),
            ("MANWIDTH", "100"),
            ("MAN_KEEP_FORMATTING", "1"),
            ("GROFF_NO_SGR", "1"),
        ])
        .output()
        .expect("man runs; it comes with: apt-get install man-db");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && complaints.is_empty(),
        "{}: {complaints}",
        output.status
    );
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Bold is a letter printed twice in one place, underlined one with a line.
fn without_overstrikes(text: &str) -> String {
    let mut plain = String::new();
    for letter in text.chars() {
        if letter == '\u{8}' {
            plain.pop().map_or((), drop)
        } else {
            plain.push(letter)
        }
    }
    plain
}

#[test]
fn the_completion_completes_names_words_and_files() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("completion"), bash_completion())
        .expect("the completion is written");
    File::create(folder.path().join("my clip.h264")).expect("a file to complete");
    let mut shell = Shell::start(folder.path());

    assert_eq!(shell.typed("--bitr\t"), ["--bitrate"]);
    assert_eq!(shell.typed("-pf ma\t"), ["-pf", "main"]);
    assert_eq!(
        shell.typed("--awb gr\t -exp\t"),
        ["--awb", "greyworld", "-exp"]
    );
    assert_eq!(shell.typed("--expo\tback\t"), ["--exposure", "backlight"]);
    assert_eq!(shell.typed("-lev 4.2\t"), ["-lev", "4.2"]);
    assert_eq!(shell.typed("-o my\t"), ["-o", "my clip.h264"]);
    assert_eq!(shell.typed("--source te\t"), ["--source", "test"]);
    assert_eq!(
        shell.typed("--source fi\tmy\t"),
        ["--source", "file:my clip.h264"]
    );
    assert_eq!(shell.typed("-b --for\t"), ["-b", "--for"]);
    assert_eq!(shell.typed("-n -- --for\t"), ["-n", "--", "--for"]);
    assert_eq!(shell.typed("doc\t --j\t"), ["doctor", "--json"]);
    assert_eq!(shell.typed("doctor --for\t"), ["doctor", "--for"]);
    assert_eq!(shell.typed("--qp\t20"), ["--qp", "20"]);
    assert_eq!(
        shell.typed("ser\t --ling\t0 --qp\t"),
        ["serve", "--linger", "0", "--qp"]
    );
    assert_eq!(shell.typed("--ling\t"), ["--ling"]);
}

/// An interactive bash on a terminal of its own, in which `picam-stream` prints its words.
struct Shell {
    bash: Child,
    terminal: File,
    said: String,
}

impl Shell {
    fn start(folder: &Path) -> Self {
        let pair = openpty(None, None).expect("a terminal");
        let end = |fd: &OwnedFd| Stdio::from(fd.try_clone().expect("a descriptor"));
        let bash = Command::new("bash")
            .args(["--norc", "--noprofile", "-i"])
            .current_dir(folder)
            .envs([
                ("PS1", "ready$ "),
                ("TERM", "dumb"),
                ("INPUTRC", "/dev/null"),
                ("HISTFILE", ""),
            ])
            .stdin(end(&pair.slave))
            .stdout(end(&pair.slave))
            .stderr(end(&pair.slave))
            .spawn()
            .expect("bash runs");
        let mut shell = Self {
            bash,
            terminal: File::from(pair.master),
            said: String::new(),
        };
        shell.wait_for("ready$ ");
        shell.line("source ./completion");
        shell.line("picam-stream() { printf '<%s>' \"$@\"; echo '<end>'; }");
        shell
    }

    /// The words that `picam-stream` gets when this is typed behind its name.
    fn typed(&mut self, keys: &str) -> Vec<String> {
        let said = self.line(&format!("picam-stream {keys}"));
        let words = said
            .lines()
            .find_map(|line| line.trim().strip_prefix('<')?.strip_suffix("><end>"));
        let words = words.unwrap_or_else(|| panic!("no words in {said:?}"));
        words.split("><").map(str::to_owned).collect()
    }

    /// Types a line and returns what the terminal shows up to the next prompt.
    fn line(&mut self, keys: &str) -> String {
        self.said.clear();
        self.terminal
            .write_all(format!("{keys}\n").as_bytes())
            .expect("bash reads");
        self.wait_for("ready$ ");
        self.said.clone()
    }

    fn wait_for(&mut self, text: &str) {
        let until = Instant::now() + Duration::from_secs(60);
        let mut buffer = [0; 4096];
        while !self.said.ends_with(text) {
            assert!(Instant::now() < until, "bash says only {:?}", self.said);
            let mut fds = [PollFd::new(self.terminal.as_fd(), PollFlags::POLLIN)];
            if poll(&mut fds, PollTimeout::from(1000_u16)).expect("poll") > 0 {
                let count = self.terminal.read(&mut buffer).expect("bash writes");
                self.said
                    .push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // It may be gone already, and then there is nothing to end.
        self.bash.kill().ok();
        self.bash.wait().ok();
    }
}
