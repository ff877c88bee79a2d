//! Firefox, which needs no driver.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::browser::DESK;
use super::processes::{Processes, dial, free_port};
use super::webdriver::WebDriver;

/// Nothing that asks, and nothing that calls home.
const PREFERENCES: [(&str, &str); 7] = [
    ("app.normandy.enabled", "false"),
    ("app.update.enabled", "false"),
    ("browser.aboutwelcome.enabled", "false"),
    ("browser.shell.checkDefaultBrowser", "false"),
    ("datareporting.policy.dataSubmissionEnabled", "false"),
    ("network.captive-portal-service.enabled", "false"),
    ("network.connectivity-service.enabled", "false"),
];

/// Starts one that keeps everything in `folder`.
pub fn start(folder: &Path) -> (WebDriver, Processes) {
    let port = free_port(None);
    let profile = profile(folder, port);
    let home = folder.to_owned();
    let mut processes = Processes::default();
    processes.spawn(None, "firefox-esr", move |command| {
        command
            .args(["--headless", "--no-remote", "--marionette", "--profile"])
            .arg(profile)
            .env("HOME", home)
            .env("MOZ_HEADLESS_WIDTH", DESK.0.to_string())
            .env("MOZ_HEADLESS_HEIGHT", DESK.1.to_string());
    });
    let stream = dial(None, port)().expect("a connection");
    (WebDriver::of_firefox(stream), processes)
}

fn profile(folder: &Path, port: u16) -> PathBuf {
    let profile = folder.join("profile");
    std::fs::create_dir_all(&profile).expect("a folder");
    let mut lines = format!("user_pref(\"marionette.port\", {port});\n");
    for (name, value) in PREFERENCES {
        writeln!(lines, "user_pref(\"{name}\", {value});").expect("a string takes all");
    }
    std::fs::write(profile.join("user.js"), lines).expect("preferences");
    profile
}
