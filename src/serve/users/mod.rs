//! Who may watch over HTTP and RTSP, where `--users` names a file: Basic (RFC 7617) and Digest with MD5 (RFC 2617, RFC 7616).
//! Nothing here knows a protocol: the method, the target and the header's value are given, and an answer comes back.
//!
//! MD5 because ffmpeg and recorders know no other. It keeps a password from being read on the way; what follows, pictures
//! too, goes in the clear.

pub mod authorization;
mod failures;
mod file;
mod nonce;

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use md5::{Digest as _, Md5};
use subtle::ConstantTimeEq;

use self::authorization::{Authorization, Basic, Digest};
use self::failures::Failures;
use self::nonce::Nonces;
use crate::error::Result;
use crate::units::Micros;

/// What browsers show, and what the lines of the file must name.
pub const REALM: &str = "picam-stream";

/// The hash of `user:realm:password`, as the file has it.
type Secret = [u8; 16];

/// Those of the file, and what was seen of those who tried.
pub struct Users {
    /// Names and secrets, as the file has them.
    known: Vec<(String, Secret)>,
    nonces: Nonces,
    failures: Failures,
}

/// A request that asks to be let in.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    pub method: &'a str,
    /// The target of the request's first line.
    pub uri: &'a str,
    /// The value of its `Authorization`, where it has one.
    pub authorization: Option<&'a [u8]>,
    pub from: IpAddr,
}

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Admitted,
    /// 401, with a `WWW-Authenticate` for each of these.
    Refused([String; 2]),
    /// Too many wrong passwords came from this address: nothing is looked at for so long (429 in HTTP, 403 in RTSP).
    TooMany(Duration),
}

impl std::fmt::Debug for Users {
    /// Secrets are shown nowhere.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} users", self.known.len())
    }
}

impl Users {
    /// Reads the file. One that cannot be read, or has a line that says nothing, is an error: never an open door.
    pub fn open(path: &Path) -> Result<Self> {
        Ok(Self {
            known: file::read(path)?,
            nonces: Nonces::new()?,
            failures: Failures::default(),
        })
    }

    /// Whether a request comes from one of them.
    pub fn judge(&mut self, attempt: Attempt<'_>, now: Micros) -> Verdict {
        let Some(value) = attempt.authorization else {
            return self.refused(false, now);
        };
        if let Some(wait) = self.failures.wait(attempt.from, now) {
            return Verdict::TooMany(wait);
        }
        let stale = match authorization::read(value) {
            Some(Authorization::Basic(basic)) if self.is_basic_right(&basic) => {
                return Verdict::Admitted;
            }
            Some(Authorization::Digest(digest)) if self.is_digest_right(&digest, attempt) => {
                if self.nonces.is_fresh(&digest.nonce, now) {
                    return Verdict::Admitted;
                }
                // Who knows the password is not one who guesses it. The number may be that of an earlier run of the service,
                // which a browser remembers, and it would ask its user again were it not told that this is all.
                true
            }
            _ => false,
        };
        if !stale {
            self.failures.count(attempt.from, now);
        }
        self.refused(stale, now)
    }

    fn refused(&self, stale: bool, now: Micros) -> Verdict {
        let nonce = self.nonces.issue(now);
        let stale = if stale { ", stale=true" } else { "" };
        Verdict::Refused([
            format!(
                "Digest realm=\"{REALM}\", nonce=\"{nonce}\", qop=\"auth\", algorithm=MD5{stale}"
            ),
            format!("Basic realm=\"{REALM}\", charset=\"UTF-8\""),
        ])
    }

    /// Every user's secret is compared, so that the time does not tell which names there are.
    fn is_basic_right(&self, basic: &Basic) -> bool {
        let given = hash(&[basic.user.as_bytes(), REALM.as_bytes(), &basic.password]);
        self.is_any(&basic.user, |secret| secret.ct_eq(&given).into())
    }

    fn is_digest_right(&self, digest: &Digest, attempt: Attempt<'_>) -> bool {
        digest.realm == REALM
            && is_same_target(&digest.uri, attempt.uri)
            && self.is_any(&digest.user, |secret| {
                let right = digest.response_for(secret, attempt.method);
                right.as_bytes().ct_eq(digest.response.as_bytes()).into()
            })
    }

    fn is_any(&self, user: &str, right: impl Fn(&Secret) -> bool) -> bool {
        self.known.iter().fold(false, |found, (name, secret)| {
            found | (right(secret) & (name == user))
        })
    }
}

/// MD5 of `parts`, joined with colons.
fn hash(parts: &[&[u8]]) -> Secret {
    let mut md5 = Md5::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            md5.update(b":");
        }
        md5.update(part);
    }
    md5.finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether what was signed is what is asked for. Some clients sign the whole URL and ask for its path, or the reverse, and
/// differ in the last slash.
fn is_same_target(signed: &str, asked: &str) -> bool {
    path_of(signed) == path_of(asked)
}

fn path_of(target: &str) -> &str {
    let path = match target.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |start| &rest[start..]),
        None => target,
    };
    path.trim_end_matches('/')
}

#[cfg(test)]
mod tests;
