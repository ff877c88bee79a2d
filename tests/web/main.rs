//! The page of the camera in a real Chromium: what it shows is read back from its pixels. Screenshots are left in
//! `target/web`, to be looked at.

mod browser;
mod card_service;
mod fallbacks;
mod figures;
mod lines;
mod looks;
mod players;
mod playing;
mod seen;
mod troubles;
mod webdriver;
