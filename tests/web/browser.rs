//! A real browser without a screen; gone with the value, and all that it wrote.

use std::cell::RefCell;
use std::rc::Rc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_support::folders::Scratch;
use test_support::namespace::Namespace;

use super::processes::{LIMIT, Processes};
use super::webdriver::WebDriver;
use super::{chromium, firefox, webkit};

/// A desk's window, and a phone's screen.
pub const DESK: (u32, u32) = (1280, 800);
pub const PHONE: (u32, u32) = (390, 844);

/// Puts the page with this URL in the place of one of the same host, with scripts in front of its own.
const IN_ITS_PLACE: &str = "const [url, scripts] = arguments, request = new XMLHttpRequest(); \
    request.open('GET', url, false); request.send(); \
    history.replaceState(null, '', url); \
    document.open(); document.write(request.responseText.replace('<head>', () => '<head>' + scripts)); document.close();";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Chromium,
    Firefox,
    WebKit,
}

pub struct Browser {
    engine: Engine,
    driver: WebDriver,
    /// Scripts that run in every page before its own; Chromium keeps them itself.
    injected: RefCell<Vec<String>>,
    _processes: Processes,
    _folder: Scratch,
}

impl Browser {
    /// Chromium, on this machine.
    pub fn start() -> Self {
        Self::with(None, &[])
    }

    /// Chromium with further arguments, and inside a network namespace if need be.
    pub fn with(namespace: Option<Rc<Namespace>>, arguments: &[&str]) -> Self {
        let folder = Scratch::new();
        let started = chromium::start(namespace, arguments, &folder.path(""));
        let this = Self::new(Engine::Chromium, started, folder);
        this.resize(DESK);
        this
    }

    /// Any of them, on this machine.
    pub fn of(engine: Engine) -> Self {
        let folder = Scratch::new();
        let started = match engine {
            Engine::Chromium => return Self::start(),
            Engine::Firefox => firefox::start(&folder.path("")),
            Engine::WebKit => webkit::start(&folder.path("")),
        };
        Self::new(engine, started, folder)
    }

    fn new(engine: Engine, (driver, processes): (WebDriver, Processes), folder: Scratch) -> Self {
        Self {
            engine,
            driver,
            injected: RefCell::default(),
            _processes: processes,
            _folder: folder,
        }
    }

    /// Runs a script in every page before its own.
    pub fn inject(&self, script: &str) {
        if self.engine == Engine::Chromium {
            self.devtools(
                "Page.addScriptToEvaluateOnNewDocument",
                &json!({ "source": script }),
            );
        } else {
            self.injected.borrow_mut().push(script.to_owned());
        }
    }

    pub fn open(&self, url: &str) {
        let scripts = self.injected.borrow();
        if scripts.is_empty() {
            self.driver.ask("POST", "/url", &json!({ "url": url }));
            return;
        }
        // Beside the page, and then the page itself in its place, with the scripts in front.
        let beside = json!({ "url": format!("{url}healthz") });
        self.driver.ask("POST", "/url", &beside);
        let scripts: Vec<_> = scripts
            .iter()
            .map(|it| format!("<script>{it}</script>"))
            .collect();
        self.call(IN_ITS_PLACE, &json!([url, scripts.concat()]));
    }

    /// What a function body returns that runs in the page.
    pub fn evaluate(&self, script: &str) -> Value {
        self.call(script, &json!([]))
    }

    fn call(&self, script: &str, arguments: &Value) -> Value {
        let call = json!({ "script": script, "args": arguments });
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

    /// What the console says; Chromium alone tells.
    pub fn complaints(&self) -> Vec<String> {
        if self.engine != Engine::Chromium {
            return Vec::new();
        }
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
