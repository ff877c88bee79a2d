//! The file of `--users`: lines as htdigest(1) writes them, `user:realm:MD5 of user:realm:password` in hexadecimal.

use std::fmt::Display;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::{REALM, Secret};
use crate::error::{Error, Result};

/// A file with more than this is another file.
const MOST_BYTES: u64 = 64 << 10;

/// Reads and understands all of it.
pub fn read(path: &Path) -> Result<Vec<(String, Secret)>> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(MOST_BYTES + 1).read_to_string(&mut text))
        .map_err(|error| {
            refused(path, format!("cannot be read: {error}; it belongs to root, is readable for the group video (0640), and may not lie below /home"))
        })?;
    if text.len() as u64 > MOST_BYTES {
        return Err(refused(
            path,
            format!("has more than {MOST_BYTES} bytes: is it the right file?"),
        ));
    }
    understand(&text).map_err(|why| refused(path, why))
}

/// The users of a text. Empty lines, and those that begin with `#`, mean nothing.
pub fn understand(text: &str) -> std::result::Result<Vec<(String, Secret)>, String> {
    let mut users: Vec<(String, Secret)> = Vec::new();
    // Windows' Notepad marks UTF-8 so, and no name begins with it.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let user = user_of(line).map_err(|why| format!("line {}: {why}", index + 1))?;
        if users.iter().any(|(name, _)| *name == user.0) {
            return Err(format!(
                "line {}: {} is there already",
                index + 1,
                user.0.escape_debug()
            ));
        }
        users.push(user);
    }
    if users.is_empty() {
        return Err("names no user: nobody could watch; leave --users out, or add a line".into());
    }
    Ok(users)
}

/// The line itself is not repeated: it is as good as a password.
fn user_of(line: &str) -> std::result::Result<(String, Secret), String> {
    let mut fields = line.split(':');
    let (Some(name), Some(realm), Some(secret), None) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return Err("is not user:picam-stream:hash, as htdigest writes it".into());
    };
    if name.is_empty() {
        return Err("has no user before the first colon".into());
    }
    if realm != REALM {
        return Err(format!(
            "the realm is {}, and must be {REALM}: the hash is made with it",
            realm.escape_debug()
        ));
    }
    let secret = secret_of(secret)
        .ok_or("the hash is not 32 hexadecimal digits (MD5 of user:picam-stream:password)")?;
    Ok((name.to_owned(), secret))
}

fn secret_of(hex: &str) -> Option<Secret> {
    let digits = hex.as_bytes();
    if digits.len() != 32 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut secret = Secret::default();
    for (byte, pair) in secret.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(secret)
}

fn refused(path: &Path, why: impl Display) -> Error {
    Error::Usage(format!("--users {}: {why}", path.display()))
}
