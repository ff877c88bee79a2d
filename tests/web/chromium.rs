//! Chromium, through chromedriver.

use std::path::Path;
use std::rc::Rc;

use nix::unistd::Pid;
use serde_json::json;
use test_support::namespace::Namespace;

use super::processes::{Processes, dial, free_port};
use super::webdriver::WebDriver;

/// Starts one that keeps everything in `folder`.
pub fn start(
    namespace: Option<Rc<Namespace>>,
    arguments: &[&str],
    folder: &Path,
) -> (WebDriver, Processes) {
    let mut processes = Processes::default();
    let port = free_port(namespace.as_deref());
    let temporary = folder.join("tmp");
    std::fs::create_dir_all(&temporary).expect("a folder");
    processes.spawn(namespace.as_deref(), "chromedriver", move |command| {
        command
            .arg(format!("--port={port}"))
            .env("TMPDIR", temporary);
    });
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
    let profile = format!("--user-data-dir={}", folder.join("profile").display());
    let arguments: Vec<&str> = fixed
        .iter()
        .chain(arguments)
        .copied()
        .chain([profile.as_str()])
        .collect();
    let (driver, capabilities) = WebDriver::start(
        dial(namespace, port),
        &json!({
            "browserName": "chrome",
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        }),
    );
    let browser = capabilities["goog:processID"].as_i64();
    processes.add_browser(browser.map(|id| Pid::from_raw(id as i32)));
    (driver, processes)
}
