//! The processes of a browser: its driver, what it needs, itself. All are gone with the value.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use test_support::namespace::Namespace;

use super::webdriver::Dial;

/// Machines are shared, and a browser starts a dozen processes.
pub const LIMIT: Duration = Duration::from_secs(60);

/// What is asked to end gets so long.
const GRACE: Duration = Duration::from_secs(5);

#[derive(Default)]
pub struct Processes {
    /// Each leads a process group of its own.
    leaders: Vec<Child>,
    /// A browser that is in no such group.
    browser: Option<Pid>,
}

impl Processes {
    /// Starts a program that is silent, but for what it writes to a pipe if `set` says so.
    pub fn spawn(
        &mut self,
        namespace: Option<&Namespace>,
        program: &str,
        set: impl FnOnce(&mut Command) + Send + 'static,
    ) -> &mut Child {
        let name = program.to_owned();
        let started = inside(namespace, move || {
            let mut command = Command::new(name);
            command
                .env("TZ", "UTC")
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .process_group(0);
            set(&mut command);
            command.spawn()
        });
        let started = started.unwrap_or_else(|error| {
            panic!("{program}: {error} (tests/setup.sh test installs it)");
        });
        self.leaders.push(started);
        self.leaders.last_mut().expect("it was put there")
    }

    /// A browser that its driver has put into a group of its own.
    pub fn add_browser(&mut self, browser: Option<Pid>) {
        self.browser = browser;
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        // The browser's own children end with it.
        if let Some(browser) = self.browser {
            let _ = kill(browser, Signal::SIGTERM);
        }
        for leader in &mut self.leaders {
            let group = Pid::from_raw(leader.id() as i32);
            let _ = killpg(group, Signal::SIGTERM);
            let mut is_there = || matches!(leader.try_wait(), Ok(None));
            wait_for_end(&mut is_there, || {
                let _ = killpg(group, Signal::SIGKILL);
            });
        }
        // It writes its profile up to its end.
        let Some(browser) = self.browser else { return };
        let command = format!("/proc/{browser}/cmdline");
        let mut is_there = || std::fs::read(&command).is_ok_and(|words| !words.is_empty());
        wait_for_end(&mut is_there, || {
            let _ = kill(browser, Signal::SIGKILL);
        });
    }
}

fn wait_for_end(is_there: &mut dyn FnMut() -> bool, end: impl Fn()) {
    let begun = Instant::now();
    while is_there() {
        if begun.elapsed() > GRACE {
            end();
        }
        sleep(Duration::from_millis(50));
    }
}

fn inside<T: Send + 'static>(
    namespace: Option<&Namespace>,
    job: impl FnOnce() -> T + Send + 'static,
) -> T {
    match namespace {
        Some(namespace) => namespace.run(job),
        None => job(),
    }
}

/// A port of the loopback that nobody has.
pub fn free_port(namespace: Option<&Namespace>) -> u16 {
    inside(namespace, || {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        listener.local_addr().expect("an address").port()
    })
}

/// How that port is connected to, once something listens there, which this waits for.
pub fn dial(namespace: Option<Rc<Namespace>>, port: u16) -> Dial {
    let dial = move || {
        inside(namespace.as_deref(), move || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, port))
        })
    };
    let begun = Instant::now();
    while let Err(error) = dial() {
        assert!(begun.elapsed() < LIMIT, "no driver answers: {error}");
        sleep(Duration::from_millis(50));
    }
    Box::new(dial)
}
