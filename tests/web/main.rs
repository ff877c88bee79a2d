//! The page of the camera in real browsers, all of it in Chromium, the main part in Firefox and WebKitGTK: what it shows is read
//! back from its pixels. Screenshots are left in `target/web`, to be looked at.

mod browser;
mod card_service;
mod chromium;
mod engines;
mod fallbacks;
mod figures;
mod firefox;
mod lines;
mod looks;
mod marionette;
mod players;
mod playing;
mod processes;
mod seen;
mod troubles;
mod webdriver;
mod webkit;
