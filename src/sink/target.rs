//! Opens what `-o` names: a descriptor, a file, a connection.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc::{ENXIO, O_NOCTTY, O_NONBLOCK};
use nix::sys::socket::{SockaddrStorage, getpeername};
use nix::unistd::isatty;
use std::os::fd::AsRawFd;

use super::connect;
use crate::error::{Error, Result};
use crate::log;
use crate::stop::Stop;
use crate::viewer::channel::Channel;

/// `-o -`: descriptor 1, or the connection on descriptor 0 where 1 is a terminal, the journal or closed.
pub fn standard() -> Result<Channel> {
    let (stdin, stdout) = (io::stdin(), io::stdout());
    let closed = was_closed(stdout.as_fd());
    let taken = isatty(stdout.as_fd()).unwrap_or(false) || log::is_journal(stdout.as_fd());
    let fd = if is_connected(stdin.as_fd()) && (closed || taken) {
        stdin.as_fd()
    } else if closed {
        return Err(Error::Output(
            "-o - has nowhere to write to: standard output (descriptor 1) is closed; open it, or give -o FILE or \
             -o tcp://HOST:PORT"
                .into(),
        ));
    } else if taken {
        return Err(Error::Usage(
            "-o - would write video to a terminal or into the journal; redirect standard output to a file or pipe, \
             or give -o FILE or -o tcp://HOST:PORT"
                .into(),
        ));
    } else {
        stdout.as_fd()
    };
    let own =
        |error: io::Error| Error::Output(format!("taking over the output of -o - failed: {error}"));
    let channel = fd.try_clone_to_owned().map_err(own)?;
    Channel::of(channel).map_err(own)
}

/// Whether descriptor 1 was closed when the program began: the standard library then opens /dev/null in its place, for
/// reading and writing. What a shell's `>/dev/null` opens is for writing alone.
fn was_closed(fd: BorrowedFd<'_>) -> bool {
    let file = fd.try_clone_to_owned().map(File::from);
    let device = file
        .and_then(|file| file.metadata())
        .map(|file| file.rdev());
    let null = fs::metadata("/dev/null").map(|file| file.rdev());
    let is_null = matches!((device, null), (Ok(device), Ok(null)) if device == null && device != 0);
    let flags = fcntl(fd, FcntlArg::F_GETFL).map(OFlag::from_bits_truncate);
    is_null && flags.is_ok_and(|flags| flags & OFlag::O_ACCMODE == OFlag::O_RDWR)
}

/// `-o FILE`. A FIFO waits for its reader; `None` when it is time to stop before one comes.
pub fn file(path: &Path, stop: &Stop) -> Result<Option<Channel>> {
    let name = path.display();
    let fail = |error: io::Error| {
        Error::Output(format!(
            "opening {name} (-o) failed: {error}; choose a place that this user may write"
        ))
    };
    let mut told = false;
    while !stop.requested() {
        match open_for_writing(path) {
            Ok(file) if isatty(&file).unwrap_or(false) => {
                return Err(Error::Output(format!(
                    "{name} (-o) is a terminal, which shows no video: give a file, a pipe or tcp://HOST:PORT"
                )));
            }
            Ok(file) => return Channel::of(OwnedFd::from(file)).map(Some).map_err(fail),
            Err(error) if error.raw_os_error() == Some(ENXIO) && is_socket(path) => {
                return Err(Error::Output(format!(
                    "{name} (-o) is a socket, which cannot be opened as a file: give a file, a FIFO or tcp://HOST:PORT"
                )));
            }
            Err(error) if error.raw_os_error() == Some(ENXIO) && is_fifo(path) => {
                if !told {
                    log::info!("waiting for a reader of the FIFO {name} (-o)");
                    told = true;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            Err(error) => return Err(fail(error)),
        }
    }
    Ok(None)
}

fn is_fifo(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.file_type().is_fifo())
}

fn is_socket(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.file_type().is_socket())
}

/// O_NONBLOCK keeps the open of a FIFO without a reader from waiting, deaf to signals; this open file is ours alone.
/// O_NOCTTY: a terminal must not become ours.
pub fn open_for_writing(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .custom_flags(O_NONBLOCK | O_NOCTTY)
        .open(path)
}

/// `-o tcp://HOST:PORT`; `None` when it is time to stop before the connection stands.
pub fn tcp(host: &str, port: u16, stop: &Stop) -> Result<Option<Channel>> {
    let connect = || match connect::resolve(host, port, stop)? {
        Some(addresses) => connect::tcp(&addresses, stop),
        None => Ok(None),
    };
    let connection = connect().map_err(|error| {
        Error::Output(format!(
            "connecting to tcp://{host}:{port} (-o) failed: {error}; is a program listening there? (-l makes this one listen)"
        ))
    })?;
    Ok(connection.map(|connection| Channel::Socket(connection.into())))
}

/// `-o udp://HOST:PORT`, in datagrams of at most `most_bytes`; `None` when it is time to stop before the name is found.
pub fn udp(host: &str, port: u16, most_bytes: usize, stop: &Stop) -> Result<Option<Channel>> {
    let fail = |error: io::Error| {
        Error::Output(format!(
            "opening udp://{host}:{port} (-o) failed: {error}; is the name right?"
        ))
    };
    let Some(addresses) = connect::resolve(host, port, stop).map_err(fail)? else {
        return Ok(None);
    };
    let socket = udp_to(addresses[0]).map_err(fail)?;
    Ok(Some(Channel::datagrams(
        socket,
        most_bytes,
        format!("{host}:{port}"),
    )))
}

fn udp_to(address: SocketAddr) -> io::Result<UdpSocket> {
    let any = if address.is_ipv4() {
        "0.0.0.0:0"
    } else {
        "[::]:0"
    };
    let socket = UdpSocket::bind(any)?;
    socket.connect(address)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

fn is_connected(fd: BorrowedFd<'_>) -> bool {
    let peer: std::result::Result<SockaddrStorage, Errno> = getpeername(fd.as_raw_fd());
    peer.is_ok()
}
