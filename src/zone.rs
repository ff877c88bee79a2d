//! The local time zone, found as the C library finds it (tzset(3)), so that the text on the picture says the time that
//! raspivid's would.
//!
//! One file is read, once. The database that it is from is never listed or searched: that takes tens of thousands of times as
//! long as all the rest of a start.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

/// The machine's own zone, where TZ is not set.
const LOCAL_FILE: &str = "/etc/localtime";

/// Where zones lie that TZ names, where TZDIR is not set.
const DATABASE: &str = "/usr/share/zoneinfo";

/// No zone's file is larger: 200 years of two changes each are 4 KB.
const MOST_BYTES: u64 = 1 << 20;

/// The C library's rule for summer time where TZ names one and tells none, as in `CET-1CEST`: that of the United States.
const DEFAULT_RULE: &str = ",M3.2.0,M11.1.0";

/// The zone of this machine, or of TZ; UTC where it cannot be found.
pub fn local() -> TimeZone {
    let tz = std::env::var_os("TZ");
    let folder = std::env::var_os("TZDIR").filter(|folder| !folder.is_empty());
    let folder = folder.map_or_else(|| PathBuf::from(DATABASE), PathBuf::from);
    find(tz.as_deref(), |path| read(&folder.join(path))).unwrap_or(TimeZone::UTC)
}

/// The local time of now.
pub fn now(zone: &TimeZone) -> ZonedDateTime {
    Timestamp::now().to_zoned_datetime(zone.clone())
}

/// The zone that the variable TZ asks for; a path that is not absolute is one in the database.
fn find(tz: Option<&OsStr>, read: impl Fn(&Path) -> Option<Vec<u8>>) -> Option<TimeZone> {
    let Some(tz) = tz else {
        return from_file(&read(Path::new(LOCAL_FILE))?);
    };
    let name = tz.as_bytes().strip_prefix(b":").unwrap_or(tz.as_bytes());
    if name.is_empty() {
        return None;
    }
    let file = read(Path::new(OsStr::from_bytes(name)));
    file.and_then(|bytes| from_file(&bytes))
        .or_else(|| from_rule(std::str::from_utf8(name).ok()?))
}

/// A zone as tzfile(5) has it.
fn from_file(bytes: &[u8]) -> Option<TimeZone> {
    TimeZone::tzif("Local", bytes).ok()
}

/// A zone as POSIX writes it into TZ, such as `CET-1CEST,M3.5.0,M10.5.0/3`.
fn from_rule(text: &str) -> Option<TimeZone> {
    TimeZone::posix(text)
        .or_else(|_| TimeZone::posix(&format!("{text}{DEFAULT_RULE}")))
        .ok()
}

fn read(path: &Path) -> Option<Vec<u8>> {
    // A FIFO of that name would hold up the open.
    if !path.metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    let mut file = File::open(path).ok()?.take(MOST_BYTES);
    file.read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of version 1 with one offset and no changes (tzfile(5)).
    fn file(offset_s: i32, name: &str) -> Vec<u8> {
        let mut bytes = b"TZif".to_vec();
        bytes.extend([0; 16]);
        // Counts of: UT marks, standard marks, leap seconds, changes, types, characters.
        let characters = u32::try_from(name.len() + 1).unwrap();
        for count in [0, 0, 0, 0, 1, characters] {
            bytes.extend(count.to_be_bytes());
        }
        bytes.extend(offset_s.to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(name.as_bytes());
        bytes.push(0);
        bytes
    }

    /// A machine in Kathmandu whose database has Berlin alone.
    fn files(path: &Path) -> Option<Vec<u8>> {
        match path.to_str()? {
            "/etc/localtime" => Some(file(20_700, "+0545")),
            "Europe/Berlin" | "/elsewhere/Berlin" => Some(file(3600, "CET")),
            "Broken" => Some(b"TZif and no more".to_vec()),
            _ => None,
        }
    }

    /// Offset and name, at the beginning of July 2024 and of January 2025.
    fn told(tz: Option<&str>) -> [String; 2] {
        let zone = find(tz.map(OsStr::new), files).unwrap_or(TimeZone::UTC);
        [1_719_792_000, 1_735_689_600].map(|second| {
            let time = Timestamp::from_second(second).unwrap();
            let time = time.to_zoned_datetime(zone.clone());
            time.strftime("%z %Z").to_string()
        })
    }

    #[test]
    fn tz_is_read_as_the_c_library_reads_it() {
        let (kathmandu, berlin, utc) = ("+0545 +0545", "+0100 CET", "+0000 UTC");
        for (tz, expected) in [
            (None, [kathmandu; 2]),
            (Some("Europe/Berlin"), [berlin; 2]),
            (Some(":Europe/Berlin"), [berlin; 2]),
            (Some(":/elsewhere/Berlin"), [berlin; 2]),
            (Some("/elsewhere/Berlin"), [berlin; 2]),
            (
                Some("CET-1CEST,M3.5.0,M10.5.0/3"),
                ["+0200 CEST", "+0100 CET"],
            ),
            (Some("CET-1CEST"), ["+0200 CEST", "+0100 CET"]),
            (Some("<-03>3"), ["-0300 -03"; 2]),
            (Some("JST-9"), ["+0900 JST"; 2]),
            (Some(""), [utc; 2]),
            (Some(":"), [utc; 2]),
            (Some("Europe/Nowhere"), [utc; 2]),
            (Some("/missing"), [utc; 2]),
            (Some("Broken"), [utc; 2]),
            (Some("\u{e4}"), [utc; 2]),
        ] {
            assert_eq!(told(tz), expected, "TZ={tz:?}");
        }
    }

    #[test]
    fn a_machine_without_a_zone_has_utc() {
        assert!(find(None, |_| None).is_none());
        assert!(find(None, |_| Some(Vec::new())).is_none());
        assert!(read(Path::new("/dev/zero")).is_none());
    }
}
