//! A real Chromium without a screen, driven through chromedriver; gone with the value, and all that it wrote.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use serde_json::{Value, json};
use test_support::folders::Scratch;
use test_support::namespace::Namespace;

use super::webdriver::{Dial, WebDriver};

/// A desk's window, and a phone's screen.
pub const DESK: (u32, u32) = (1280, 800);
pub const PHONE: (u32, u32) = (390, 844);

/// Machines are shared, and a browser starts a dozen processes.
const LIMIT: Duration = Duration::from_secs(60);

pub struct Browser {
    driver: WebDriver,
    _processes: Processes,
    _folder: Scratch,
}

/// The driver, which leads a process group of its own, and its browser.
struct Processes {
    driver: Child,
    browser: Option<Pid>,
}

impl Browser {
    /// On this machine.
    pub fn start() -> Self {
        Self::with(None, &[])
    }

    /// With further arguments, and inside a network namespace if need be.
    pub fn with(namespace: Option<Rc<Namespace>>, arguments: &[&str]) -> Self {
        let folder = Scratch::new();
        let port = free_port(namespace.as_deref());
        let driver = start_driver(namespace.as_deref(), port, folder.path("tmp"));
        let mut processes = Processes {
            driver,
            browser: None,
        };
        let dial = dial(namespace, port);
        wait_for(&dial);
        let fixed = [
            "--headless=new",
            // Chromium's own sandbox does not work as root, which the tests of lines need.
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--no-first-run",
        ];
        let profile = format!("--user-data-dir={}", folder.path("profile").display());
        let arguments: Vec<&str> = fixed
            .iter()
            .chain(arguments)
            .copied()
            .chain([profile.as_str()])
            .collect();
        let (driver, capabilities) = WebDriver::start(
            dial,
            &json!({
                "browserName": "chrome",
                "goog:chromeOptions": { "args": arguments },
                "goog:loggingPrefs": { "browser": "ALL" },
            }),
        );
        let browser = capabilities["goog:processID"].as_i64();
        processes.browser = browser.map(|id| Pid::from_raw(id as i32));
        let this = Self {
            driver,
            _processes: processes,
            _folder: folder,
        };
        this.resize(DESK);
        this
    }

    /// Runs a script in every page before its own.
    pub fn inject(&self, script: &str) {
        self.devtools(
            "Page.addScriptToEvaluateOnNewDocument",
            &json!({ "source": script }),
        );
    }

    pub fn open(&self, url: &str) {
        self.driver.ask("POST", "/url", &json!({ "url": url }));
    }

    /// What a function body returns that runs in the page.
    pub fn evaluate(&self, script: &str) -> Value {
        let call = json!({ "script": script, "args": [] });
        self.driver.ask("POST", "/execute/sync", &call)
    }

    /// A string that an expression gives.
    pub fn text(&self, expression: &str) -> String {
        let value = self.evaluate(&format!("return String({expression})"));
        value.as_str().expect("a string").to_owned()
    }

    /// Waits until an expression is true.
    #[track_caller]
    pub fn wait_until(&self, expression: &str) {
        let begun = Instant::now();
        while self.evaluate(&format!("return Boolean({expression})")) != Value::Bool(true) {
            assert!(
                begun.elapsed() < LIMIT,
                "never {expression}; the page: {}; the browser: {:?}",
                self.text("document.body.innerText"),
                self.complaints()
            );
            sleep(Duration::from_millis(100));
        }
    }

    pub fn devtools(&self, command: &str, parameters: &Value) -> Value {
        let call = json!({ "cmd": command, "params": parameters });
        self.driver.ask("POST", "/goog/cdp/execute", &call)
    }

    /// A key of the keyboard, as a person presses it.
    pub fn press(&self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            let text = if key.len() == 1 { key } else { "" };
            self.devtools(
                "Input.dispatchKeyEvent",
                &json!({ "type": kind, "key": key, "code": key, "text": text,
                    "windowsVirtualKeyCode": if key == "Tab" { 9 } else { 0 } }),
            );
        }
    }

    pub fn resize(&self, (width, height): (u32, u32)) {
        let is_phone = width < 600;
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            &json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone }),
        );
    }

    /// As if the system's setting were so: `light` or `dark`.
    pub fn prefer(&self, scheme: &str) {
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        self.devtools(
            "Emulation.setEmulatedMedia",
            &json!({ "features": [feature] }),
        );
    }

    /// What the browser's console says.
    pub fn complaints(&self) -> Vec<String> {
        let log = json!({ "type": "browser" });
        let entries = self.driver.ask("POST", "/se/log", &log);
        let entries = entries.as_array().expect("a list").iter();
        entries
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// A screenshot: base64 of a PNG.
    pub fn screenshot(&self) -> String {
        let picture = self.driver.ask("GET", "/screenshot", &Value::Null);
        picture.as_str().expect("base64").to_owned()
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        // The browser's own children end with it.
        if let Some(browser) = self.browser {
            let _ = kill(browser, Signal::SIGTERM);
        }
        let _ = killpg(Pid::from_raw(self.driver.id() as i32), Signal::SIGTERM);
        let _ = self.driver.wait();
        // It writes its profile up to its end.
        let Some(browser) = self.browser else { return };
        let command = format!("/proc/{browser}/cmdline");
        let is_there = || std::fs::read(&command).is_ok_and(|words| !words.is_empty());
        let begun = Instant::now();
        while is_there() {
            if begun.elapsed() > Duration::from_secs(5) {
                let _ = kill(browser, Signal::SIGKILL);
            }
            sleep(Duration::from_millis(50));
        }
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

fn free_port(namespace: Option<&Namespace>) -> u16 {
    inside(namespace, || {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        listener.local_addr().expect("an address").port()
    })
}

fn start_driver(namespace: Option<&Namespace>, port: u16, temporary: PathBuf) -> Child {
    std::fs::create_dir_all(&temporary).expect("a folder");
    inside(namespace, move || {
        Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .env("TMPDIR", temporary)
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("chromedriver starts (tests/setup.sh test installs it)")
    })
}

fn dial(namespace: Option<Rc<Namespace>>, port: u16) -> Dial {
    Box::new(move || {
        inside(namespace.as_deref(), move || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, port))
        })
    })
}

fn wait_for(dial: &Dial) {
    let begun = Instant::now();
    while let Err(error) = dial() {
        assert!(
            begun.elapsed() < LIMIT,
            "chromedriver does not answer: {error}"
        );
        sleep(Duration::from_millis(50));
    }
}
