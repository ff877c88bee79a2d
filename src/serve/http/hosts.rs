//! The names that this machine may be called by. A page of anywhere can have its own name point to an address of a
//! household (DNS rebinding), and the browser lets it read what comes from there: so whoever asks by a name that anyone can
//! register gets nothing. Names that nobody can register, and addresses, are safe.

use std::net::{IpAddr, Ipv6Addr};

/// Names that end so belong to no one in the public DNS: .local is mDNS (RFC 6762), .home.arpa RFC 8375, .internal is
/// reserved, .lan and .home are what routers use and are never delegated, .fritz.box is a household's router.
const OURS: [&str; 6] = [
    ".local",
    ".lan",
    ".home",
    ".home.arpa",
    ".internal",
    ".fritz.box",
];

/// The option that adds names.
const OPTION: &str = "--hosts";

/// Names beyond those that are always safe.
#[derive(Clone, Debug, Default)]
pub struct Hosts {
    more: Vec<String>,
}

impl Hosts {
    /// Those of the option: a name, or all names below one that begins with a dot.
    pub fn new(more: &[String]) -> Self {
        Self {
            more: more.iter().map(|name| name.to_ascii_lowercase()).collect(),
        }
    }

    /// Whether the value of `Host`, a host and perhaps a port, is a name of ours.
    pub fn allow(&self, authority: &str) -> bool {
        host_of(authority).is_some_and(|host| self.allow_host(&host.to_ascii_lowercase()))
    }

    /// Whether a page of this origin, a scheme and a host and perhaps a port, may read what we give.
    pub fn allow_origin(&self, origin: &str) -> bool {
        origin
            .strip_prefix("http://")
            .or_else(|| origin.strip_prefix("https://"))
            .is_some_and(|authority| self.allow(authority))
    }

    fn allow_host(&self, host: &str) -> bool {
        if is_address(host) {
            return true;
        }
        let name = host.strip_suffix('.').unwrap_or(host);
        is_name(name)
            && (!name.contains('.')
                || OURS.iter().any(|end| name.ends_with(end))
                || self.more.iter().any(|more| is_or_ends_with(name, more)))
    }
}

/// What is said to whoever asks by another name.
pub fn refusal() -> String {
    let ends = OURS.join(", ");
    format!(
        "this camera does not answer to that name: open it by its address, by a name without a dot, or by one that ends in {ends}; \
         other names are given with {OPTION} in SERVE_OPTIONS of /etc/default/raspivid, so that no web page can reach the camera by a name of its own"
    )
}

/// What is said to a page of elsewhere.
pub fn refusal_of_origin() -> String {
    format!(
        "the page that asks is of elsewhere, and may not read this camera: the name of its server is given with {OPTION} in \
         SERVE_OPTIONS of /etc/default/raspivid, where it is one of your own"
    )
}

fn is_or_ends_with(name: &str, more: &str) -> bool {
    if more.starts_with('.') {
        name.ends_with(more)
    } else {
        name == more
    }
}

/// The host without its port.
fn host_of(authority: &str) -> Option<&str> {
    let end = match authority.strip_prefix('[') {
        Some(rest) => rest.find(']')? + 2,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at(end);
    let is_port = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    is_port.then_some(host)
}

fn is_address(host: &str) -> bool {
    match host.strip_prefix('[') {
        Some(rest) => rest
            .strip_suffix(']')
            // A link-local address has a zone behind a percent sign.
            .is_some_and(|address| {
                let address = address.split('%').next().unwrap_or_default();
                address.parse::<Ipv6Addr>().is_ok()
            }),
        None => host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_ipv4()),
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_nobody_can_register_pass_and_others_do_not() {
        let hosts = Hosts::default();
        for host in [
            "192.168.1.4",
            "192.168.1.4:8080",
            "[fe80::1%25wlan0]:8080",
            "[::1]",
            "raspberrypi",
            "localhost:8080",
            "RaspberryPi.LOCAL:8080",
            "raspberrypi.local.",
            "pi.lan",
            "pi.home",
            "pi.home.arpa",
            "pi.internal",
            "pi.fritz.box:80",
        ] {
            assert!(hosts.allow(host), "{host}");
        }
        for host in [
            "",
            ":8080",
            "evil.example",
            "evil.example:8080",
            "192.168.1.4.evil.example",
            "local.evil.example",
            "evillocal.example",
            "1.2.3.4.5",
            "pi.local:80:80",
            "pi.local:8x",
            "user@pi.local",
            "pi.local/x",
            "[::1",
            "[::1]x",
            "[pi.local]",
            "::1",
            ".",
            "pi .local",
        ] {
            assert!(!hosts.allow(host), "{host}");
        }
    }

    #[test]
    fn the_option_adds_a_name_or_all_below_one() {
        let hosts = Hosts::new(&["Cam.Example.org".into(), ".vpn.example".into()]);
        assert!(hosts.allow("cam.example.org:8080"));
        assert!(hosts.allow("pi.vpn.example"));
        assert!(!hosts.allow("vpn.example"));
        assert!(!hosts.allow("xcam.example.org"));
        assert!(!hosts.allow("a.cam.example.org"));
        assert!(refusal().contains(OPTION));
    }

    #[test]
    fn an_origin_passes_as_its_host_does() {
        let hosts = Hosts::default();
        for origin in ["http://mainsail.local", "https://192.168.1.4:7125"] {
            assert!(hosts.allow_origin(origin), "{origin}");
        }
        for origin in [
            "null",
            "",
            "file://",
            "http://evil.example",
            "https://mainsail.local.evil.example",
            "http://mainsail.local/",
            "http://a.local b",
        ] {
            assert!(!hosts.allow_origin(origin), "{origin}");
        }
    }
}
