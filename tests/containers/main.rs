//! The package in real Debian systems: installed by apt, run by systemd, watched by ffmpeg, upgraded, removed.
//!
//! Run as root with `cargo test --test containers`, after `make deb` and `make repo`. Each test starts containers of its
//! own on throw-away layers; the roots below them are made on the first run. The ARM ones run Debian's ARMv7
//! libraries by qemu-user: they say nothing of ARMv6, which `zero.rs` does.

mod container;
mod files;
mod net;
mod repo;
mod root;
mod shared;
mod viewer;

mod conffile;
mod doctor;
mod environment;
mod hostile;
mod install;
mod life;
mod piuparts;
mod sandbox;
mod service;
mod setups;
mod sharing;
mod sharing_figures;
mod sharing_life;
mod sharing_rooms;
mod sharing_trouble;
mod sharing_web;
mod stream;
mod stretch;
mod trixie_armhf;
mod turns;
mod upgrade;
mod zero;
