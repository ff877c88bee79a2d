//! The texts that name where a stream comes from and goes to: `--source`, `-o`, `-pts`. Nothing is
//! looked up or opened.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::model::{Output, SourceChoice};
use super::scan;
use super::shown::shown;
use super::value::{Instead, instead, utf8};

/// PATH_MAX, the zero byte at the end included (limits.h).
const LONGEST_PATH_BYTES: usize = 4096;

/// Of a host's name (RFC 1035, 2.3.4).
const LONGEST_HOST_BYTES: usize = 255;

/// How the values of `--source` begin.
pub const SOURCES: &[&str] = &[
    "auto", "rpicam", "mmal", "v4l2", "v4l2:", "test", "file:", "shared", "shared:",
];

/// Reads `--source`.
pub fn source(text: &OsStr) -> Result<SourceChoice, String> {
    match text.as_bytes() {
        b"auto" => Ok(SourceChoice::Auto),
        b"rpicam" => Ok(SourceChoice::Rpicam),
        b"test" => Ok(SourceChoice::Test),
        b"mmal" => Ok(SourceChoice::Mmal),
        b"v4l2" => Ok(SourceChoice::V4l2(None)),
        b"shared" => Ok(SourceChoice::Shared(None)),
        bytes => {
            let behind = |prefix: &[u8]| bytes.strip_prefix(prefix).map(OsStr::from_bytes);
            if let Some(path) = behind(b"file:") {
                Ok(SourceChoice::File(file(path)?))
            } else if let Some(device) = behind(b"v4l2:") {
                Ok(SourceChoice::V4l2(Some(file(device)?)))
            } else if let Some(socket) = behind(b"shared:") {
                Ok(SourceChoice::Shared(Some(file(socket)?)))
            } else {
                Err(String::new())
            }
        }
    }
}

/// Reads `-o`.
pub fn output(text: &OsStr) -> Result<(Output, Instead), String> {
    let bytes = text.as_bytes();
    if bytes.starts_with(b"-") {
        return Ok((Output::Stdout, None));
    }
    if let Some(rest) = bytes.strip_prefix(b"tcp://") {
        let (host, port, instead) = address(OsStr::from_bytes(rest))?;
        return Ok((Output::Tcp { host, port }, instead));
    }
    if let Some(rest) = bytes.strip_prefix(b"udp://") {
        let (host, port, instead) = address(OsStr::from_bytes(rest))?;
        return Ok((Output::Udp { host, port }, instead));
    }
    file(text).map(|file| (Output::File(file), None))
}

/// Reads `-pts`: a file, or standard output for any name that begins with `-`. Nothing where it can be no file's: a stream
/// starts all the same.
pub fn pts_file(text: &OsStr) -> Result<Option<PathBuf>, String> {
    match file(text) {
        Err(_) if !text.is_empty() => Ok(None),
        other => other.map(Some),
    }
}

/// The name of a file: any bytes, but neither none nor a network address.
pub fn file(text: &OsStr) -> Result<PathBuf, String> {
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    if text.len() >= LONGEST_PATH_BYTES {
        return Err("no file has so long a name".to_owned());
    }
    if let Some((scheme, _)) = text.to_str().and_then(|text| text.split_once("://"))
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())
    {
        return Err(format!(
            "{} is not possible here",
            shown(format!("{scheme}://"))
        ));
    }
    Ok(PathBuf::from(text))
}

/// `HOST:PORT`, the host a name, an IPv4 address or an IPv6 address in brackets (which are taken
/// off). What stands behind the port means nothing, as to raspivid.
fn address(text: &OsStr) -> Result<(String, u16, Instead), String> {
    let (host, port) = utf8(text)?.rsplit_once(':').ok_or("the port is missing")?;
    let scanned = scan::whole(port.as_bytes());
    let (port, rest) = scanned
        .and_then(|(number, rest)| Some((u16::try_from(number).ok()?, rest)))
        .ok_or_else(|| format!("{} is not a port from 0 to 65535", shown(port)))?;
    let host = match host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
    {
        Some(inner) => ipv6(inner)?,
        None if host.contains(':') => return Err("an IPv6 address stands in brackets".to_owned()),
        None => host,
    };
    if host.is_empty()
        || host.len() > LONGEST_HOST_BYTES
        || host.contains(|c: char| c.is_whitespace() || "/[]@\0".contains(c))
    {
        return Err(format!("{} is not a host", shown(host)));
    }
    Ok((
        host.to_owned(),
        port,
        instead(true, rest, format!("port {port}")),
    ))
}

/// Checks an IPv6 address, which may name its interface behind `%`.
fn ipv6(text: &str) -> Result<&str, String> {
    let address = text.split_once('%').map_or(text, |(address, _)| address);
    match address.parse::<std::net::Ipv6Addr>() {
        Ok(_) => Ok(text),
        Err(_) => Err(format!("{} is not an IPv6 address", shown(text))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(host: &str, port: u16) -> Option<Output> {
        Some(Output::Tcp {
            host: host.to_owned(),
            port,
        })
    }

    #[test]
    fn an_output_is_standard_output_a_file_or_an_address() {
        let read = |text: &str| output(OsStr::new(text)).ok().map(|(output, _)| output);
        assert_eq!(read("-"), Some(Output::Stdout));
        assert_eq!(read("-anything"), Some(Output::Stdout));
        assert_eq!(read("video.h264"), Some(Output::File("video.h264".into())));
        assert_eq!(read("a:b"), Some(Output::File("a:b".into())));
        assert_eq!(read("tcp://0.0.0.0:3333"), tcp("0.0.0.0", 3333));
        assert_eq!(read("tcp://camera.local:1"), tcp("camera.local", 1));
        assert_eq!(read("tcp://[::1]:3333"), tcp("::1", 3333));
        assert_eq!(read("tcp://[fe80::1%eth0]:3333"), tcp("fe80::1%eth0", 3333));
        let udp = Output::Udp {
            host: "239.0.0.1".to_owned(),
            port: 65535,
        };
        assert_eq!(read("udp://239.0.0.1:65535"), Some(udp));
    }

    #[test]
    fn an_address_that_cannot_work_is_refused() {
        for wrong in [
            "",
            "tcp://",
            "tcp://host",
            "tcp://:3333",
            "tcp://host:",
            "tcp://host:65536",
            "tcp://host:-1",
            "tcp://a/b:1",
            "tcp://a b:1",
            "tcp://::1:3333",
            "tcp://[::1]",
            "tcp://[host]:1",
            "udp://[]:1",
            "rtsp://host:8554/x",
            "TCP://host:1",
        ] {
            assert!(output(OsStr::new(wrong)).is_err(), "{wrong}");
        }
        assert!(output(OsStr::from_bytes(b"tcp://h\xff:1")).is_err());
    }

    #[test]
    fn what_stands_behind_a_port_is_left_out() {
        for text in ["tcp://host:3333/", "tcp://host:3333x"] {
            let (output, instead) = output(OsStr::new(text)).unwrap();
            assert_eq!(Some(output), tcp("host", 3333), "{text}");
            assert_eq!(instead.as_deref(), Some("port 3333 is used"), "{text}");
        }
    }

    #[test]
    fn a_file_name_may_be_any_bytes() {
        let name = OsStr::from_bytes(b"\xff\xfe.h264");
        assert_eq!(output(name), Ok((Output::File(name.into()), None)));
        let text = OsStr::from_bytes(b"file:\xff\xfe.h264");
        assert_eq!(source(text), Ok(SourceChoice::File(name.into())));
    }

    #[test]
    fn a_source_is_auto_test_a_file_or_a_camera() {
        assert_eq!(source(OsStr::new("auto")), Ok(SourceChoice::Auto));
        assert_eq!(source(OsStr::new("rpicam")), Ok(SourceChoice::Rpicam));
        assert_eq!(source(OsStr::new("v4l2")), Ok(SourceChoice::V4l2(None)));
        assert_eq!(
            source(OsStr::new("v4l2:/dev/video2")),
            Ok(SourceChoice::V4l2(Some("/dev/video2".into())))
        );
        assert_eq!(source(OsStr::new("test")), Ok(SourceChoice::Test));
        for wrong in [
            "",
            "Auto",
            "file",
            "file:",
            "clip.h264",
            "file:http://x",
            "v4l2:",
        ] {
            assert!(source(OsStr::new(wrong)).is_err(), "{wrong}");
        }
    }
}
