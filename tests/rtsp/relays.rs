//! Relays: the camera sends once, the relay serves the crowd, and the camera rests when the crowd has gone.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use test_support::commands::until;
use test_support::connections::{connect, free_port};
use test_support::service::Service;

use super::camera::{serve, url};
use super::client::Client;

const CROWD: usize = 50;

/// A program of the test's, which ends with it.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Self {
        let quiet = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Self(quiet.spawn().expect("it is installed"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether the camera has had one viewer, and rests now.
fn assert_one_viewer_and_rest(service: &Service) {
    service.wait_for_log("the camera is off");
    let log = service.log();
    assert_eq!(log.matches("(rtsp").count(), 1, "{log}");
    assert_eq!(log.matches("the camera is on").count(), 1, "{log}");
    assert!(log.contains(", 0 frames skipped for the viewer"), "{log}");
}

/// The body of an answer over HTTP/1.0.
fn fetch(from: SocketAddr, path: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(from).expect("nginx listens");
    write!(stream, "GET {path} HTTP/1.0\r\nHost: relay\r\n\r\n").expect("it is heard");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    assert!(
        answer.starts_with(b"HTTP/1.1 200 "),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    let end = answer
        .windows(4)
        .position(|it| it == b"\r\n\r\n")
        .expect("a head")
        + 4;
    answer.split_off(end)
}

/// nginx with the package's example, but for its port and its folder.
fn nginx(folder: &Path) -> (Running, SocketAddr) {
    let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let at = folder.display();
    let example = fs::read_to_string("debian/examples/nginx-hls.conf").expect("the example");
    assert!(example.contains("listen 8081;") && example.contains("root /var/www/camera;"));
    let server = example
        .replace("listen 8081;", &format!("listen {address};"))
        .replace("root /var/www/camera;", &format!("root {at}/www;"));
    let text = format!(
        "daemon off; master_process off; pid {at}/pid; error_log {at}/error.log;\n\
         events {{}}\n\
         http {{ access_log off; client_body_temp_path {at}/a; proxy_temp_path {at}/b; fastcgi_temp_path {at}/c;\n\
         uwsgi_temp_path {at}/d; scgi_temp_path {at}/e;\n{server}\n}}\n"
    );
    let file = folder.join("nginx.conf");
    fs::write(&file, text).expect("its configuration");
    let running = Running::start(
        Command::new("nginx")
            .arg("-e")
            .arg(folder.join("error.log"))
            .arg("-c")
            .arg(&file),
    );
    drop(connect(address));
    (running, address)
}

#[test]
fn fifty_behind_nginx_and_ffmpeg_cost_the_camera_one_viewer() {
    let service = serve("");
    let folder = service.scratch().path("relay");
    let www = folder.join("www");
    fs::create_dir_all(&www).expect("a folder");
    let (_nginx, address) = nginx(&folder);
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args([
        "-v",
        "error",
        "-rtsp_transport",
        "tcp",
        "-i",
        &url(&service),
        "-c",
        "copy",
    ]);
    ffmpeg.args(["-f", "hls", "-hls_time", "1", "-hls_list_size", "6"]);
    ffmpeg.args(["-hls_flags", "delete_segments"]);
    ffmpeg.arg(www.join("camera.m3u8"));
    let relay = Running::start(&mut ffmpeg);
    until("ffmpeg has made three segments", 60, || {
        let list = fs::read_to_string(www.join("camera.m3u8")).ok()?;
        (list.matches(".ts").count() >= 3).then_some(())
    });
    let watch = move || {
        let list = String::from_utf8(fetch(address, "/camera.m3u8")).expect("a list");
        let segment = list
            .lines()
            .find(|line| line.ends_with(".ts"))
            .expect("a segment");
        fetch(address, &format!("/{segment}"))
    };
    let crowd: Vec<_> = (0..CROWD).map(|_| thread::spawn(watch)).collect();
    for viewer in crowd {
        let segment = viewer.join().expect("it is served");
        // The sync byte of an MPEG transport stream, and a second of it.
        assert!(
            segment[0] == 0x47 && segment.len() > 20_000,
            "{} bytes",
            segment.len()
        );
    }
    drop(relay);
    assert_one_viewer_and_rest(&service);
}

#[test]
fn fifty_behind_a_relay_of_gstreamer_cost_the_camera_one_viewer() {
    let service = serve("");
    let port = free_port();
    let mut relay = Command::new("/usr/bin/python3");
    let pipeline = format!(
        "rtspsrc location={} protocols=tcp latency=0 ! rtph264depay ! h264parse ! rtph264pay name=pay0 pt=96",
        url(&service)
    );
    relay.args([
        "tests/support/gstreamer_rtsp_server.py",
        &port.to_string(),
        &pipeline,
    ]);
    let _relay = Running::start(&mut relay);
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    drop(connect(address));
    // The relay opens the camera for the first of them, and closes it behind the last.
    let mut crowd: Vec<_> = (0..CROWD)
        .map(|_| {
            let mut viewer = Client::connect(address);
            viewer.describe();
            viewer.url.push_str("/stream=0");
            viewer.set_up("RTP/AVP/TCP;unicast;interleaved=0-1");
            viewer.url.truncate(viewer.url.len() - "/stream=0".len());
            viewer.play();
            viewer
        })
        .collect();
    for viewer in &mut crowd {
        for _ in 0..150 {
            viewer.packet().expect("it is served");
        }
    }
    for viewer in &mut crowd {
        viewer.say("TEARDOWN", &[]);
    }
    drop(crowd);
    assert_one_viewer_and_rest(&service);
}
