//! A line between a camera and its viewer, with an end in a network namespace each: a cable, which tc(8) can make slow, or
//! a way with delay and losses.

use std::fs::File;
use std::net::{SocketAddrV4, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};

use nix::sys::socket::{SockaddrIn, setsockopt, sockopt};

use super::cable::{CAMERA, cable, put_up};
use super::relay::{Relay, Way};
use super::sys;
use crate::namespace::Namespace;

const FAST_BITS_A_SECOND: u64 = 100_000_000;

pub struct Line {
    camera: Namespace,
    viewer: Namespace,
    relay: Option<Relay>,
}

impl Line {
    pub fn cable() -> Self {
        let (camera, viewer) = cable();
        Self {
            camera,
            viewer,
            relay: None,
        }
    }

    /// The same cable, which carries so many bits a second: the queue in front of it holds 200 ms and 8 KiB.
    pub fn slow_cable(bits_a_second: u64) -> Self {
        let line = Self::cable();
        line.set_speed(bits_a_second);
        line
    }

    pub fn way(way: Way) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("line{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let (camera, viewer) = (Namespace::new(), Namespace::new());
        let open = |namespace: &Namespace| -> File {
            let device = name.clone();
            let file = namespace.run(move || sys::tun(&device));
            namespace.tool(&format!("ip link set {name} name line"));
            file
        };
        let (near, far) = (open(&camera), open(&viewer));
        put_up(&camera, &viewer);
        Self {
            camera,
            viewer,
            relay: Some(Relay::start(near, far, way)),
        }
    }

    /// The line is a fast one from now on, and loses nothing.
    pub fn speed_up(&self) {
        match &self.relay {
            Some(relay) => relay.speed_up(FAST_BITS_A_SECOND / 8),
            None => self.set_speed(FAST_BITS_A_SECOND),
        }
    }

    /// The viewer's machine loses its cable.
    pub fn pull_out(&self) {
        self.viewer.tool("ip link set line down");
    }

    fn set_speed(&self, bits_a_second: u64) {
        self.camera.tool(&format!(
            "tc qdisc replace dev line root tbf rate {bits_a_second}bit burst 8kb latency 200ms"
        ));
    }

    /// A connection: the viewer's end, with a receive buffer of so many bytes if need be, and the camera's.
    pub fn connect(&self, receive_buffer: Option<usize>) -> (TcpStream, TcpStream) {
        let listener = self
            .camera
            .run(|| TcpListener::bind((CAMERA, 3333)).expect("a port"));
        let port = listener.local_addr().expect("an address").port();
        let viewer = self.viewer.run(move || {
            let viewer = socket();
            if let Some(bytes) = receive_buffer {
                setsockopt(&viewer, sockopt::RcvBuf, &bytes).expect("a receive buffer");
            }
            let address = SockaddrIn::from(SocketAddrV4::new(CAMERA, port));
            nix::sys::socket::connect(std::os::fd::AsRawFd::as_raw_fd(&viewer), &address)
                .expect("a connection");
            TcpStream::from(viewer)
        });
        let (camera, _) = listener.accept().expect("the other end");
        (viewer, camera)
    }
}

/// Not connected yet: a receive buffer counts for the window only when it is set before.
fn socket() -> std::os::fd::OwnedFd {
    use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
    socket(
        AddressFamily::Inet,
        SockType::Stream,
        SockFlag::SOCK_CLOEXEC,
        None,
    )
    .expect("a socket")
}
