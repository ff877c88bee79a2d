//! The value of `Authorization`, read: Basic (RFC 7617) or Digest (RFC 2617, RFC 7616).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Secret, hash, hex};

/// What may stand between parameters.
const SEPARATORS: [char; 3] = [',', ' ', '\t'];

#[derive(Debug, PartialEq, Eq)]
pub enum Authorization {
    Basic(Basic),
    Digest(Digest),
}

#[derive(Debug, PartialEq, Eq)]
pub struct Basic {
    pub user: String,
    pub password: Vec<u8>,
}

/// What a Digest says of itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Digest {
    pub user: String,
    pub realm: String,
    pub nonce: String,
    /// The target that was signed.
    pub uri: String,
    pub response: String,
    /// Of the form with a count (qop "auth"); nothing in the older one, which recorders still use.
    counted: Option<Counted>,
}

#[derive(Debug, PartialEq, Eq)]
struct Counted {
    count: String,
    client_nonce: String,
}

/// Nothing where it is neither, or says what we did not offer.
pub fn read(value: &[u8]) -> Option<Authorization> {
    let value = str::from_utf8(value).ok()?.trim();
    let (scheme, rest) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("basic") {
        return basic(rest.trim()).map(Authorization::Basic);
    }
    if scheme.eq_ignore_ascii_case("digest") {
        return digest(rest).map(Authorization::Digest);
    }
    None
}

fn basic(encoded: &str) -> Option<Basic> {
    let pair = STANDARD.decode(encoded).ok()?;
    let colon = pair.iter().position(|byte| *byte == b':')?;
    Some(Basic {
        user: String::from_utf8(pair[..colon].to_vec()).ok()?,
        password: pair[colon + 1..].to_vec(),
    })
}

fn digest(list: &str) -> Option<Digest> {
    let mut rest = list.trim_matches(SEPARATORS);
    let mut digest = Digest::default();
    let (mut count, mut client_nonce, mut is_counted) = (None, None, false);
    while !rest.is_empty() {
        let (name, value) = take_parameter(&mut rest)?;
        match name.to_ascii_lowercase().as_str() {
            "username" => digest.user = value,
            "realm" => digest.realm = value,
            "nonce" => digest.nonce = value,
            "uri" => digest.uri = value,
            "response" => digest.response = value.to_ascii_lowercase(),
            "nc" => count = Some(value),
            "cnonce" => client_nonce = Some(value),
            "qop" if value.eq_ignore_ascii_case("auth") => is_counted = true,
            "algorithm" if value.eq_ignore_ascii_case("MD5") => {}
            "qop" | "algorithm" => return None,
            _ => {}
        }
    }
    if is_counted {
        digest.counted = Some(Counted {
            count: count?,
            client_nonce: client_nonce?,
        });
    }
    Some(digest)
}

/// Takes the first of a list of `name=value` and `name="value"` off it. Nothing where it is none.
fn take_parameter<'a>(list: &mut &'a str) -> Option<(&'a str, String)> {
    let (name, rest) = list.split_once('=')?;
    let rest = rest.trim_start();
    let (value, behind) = match rest.strip_prefix('"') {
        Some(quoted) => quoted_string(quoted)?,
        None => {
            let end = rest.find(SEPARATORS).unwrap_or(rest.len());
            (rest[..end].to_owned(), &rest[end..])
        }
    };
    *list = behind.trim_start_matches(SEPARATORS);
    Some((name.trim(), value))
}

/// What stands before the closing quote, without its backslashes, and what follows it.
fn quoted_string(quoted: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(letters.next()?.1),
            _ => value.push(letter),
        }
    }
    None
}

impl Digest {
    /// What the response must be for the user with this secret.
    pub fn response_for(&self, secret: &Secret, method: &str) -> String {
        let secret = hex(secret);
        let request = hex(&hash(&[method.as_bytes(), self.uri.as_bytes()]));
        let nonce = self.nonce.as_bytes();
        hex(&match &self.counted {
            Some(counted) => hash(&[
                secret.as_bytes(),
                nonce,
                counted.count.as_bytes(),
                counted.client_nonce.as_bytes(),
                b"auth",
                request.as_bytes(),
            ]),
            None => hash(&[secret.as_bytes(), nonce, request.as_bytes()]),
        })
    }
}
