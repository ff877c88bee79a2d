//! WebKit, which is Safari's engine too: that of GTK, with GStreamer as its player, through its own driver. It wants a screen.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use super::processes::{Processes, dial, free_port};
use super::webdriver::WebDriver;
use serde_json::json;

/// The window around the engine that comes with it.
const MINI_BROWSER: &str = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";

/// Starts one that keeps everything in `folder`.
pub fn start(folder: &Path) -> (WebDriver, Processes) {
    let mut processes = Processes::default();
    let screen = processes.spawn(None, "Xvfb", |command| {
        command
            .args("-displayfd 1 -screen 0 1280x800x24 -nolisten tcp".split(' '))
            .stdout(Stdio::piped());
    });
    let mut number = String::new();
    let told = screen.stdout.take().expect("a pipe");
    BufReader::new(told)
        .read_line(&mut number)
        .expect("the number of the screen");
    let port = free_port(None);
    let home = folder.to_owned();
    processes.spawn(None, "WebKitWebDriver", move |command| {
        command
            .arg(format!("--port={port}"))
            .env("DISPLAY", format!(":{}", number.trim()))
            .env("HOME", &home)
            .env("XDG_RUNTIME_DIR", &home)
            // No accessibility bus: there is nobody to start it.
            .env("NO_AT_BRIDGE", "1");
    });
    let options = json!({ "binary": MINI_BROWSER, "args": ["--automation"] });
    let wanted = json!({ "webkitgtk:browserOptions": options });
    let (driver, _) = WebDriver::start(dial(None, port), &wanted);
    (driver, processes)
}
