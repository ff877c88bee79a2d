//! The last stream that failed, and what it said.

use jiff::{Timestamp, ZonedDateTime};
use serde_json::Value;

use super::Facts;
use super::report::Check;
use crate::zone;

const SUBJECT: &str = "last failure";

/// What journalctl says where no stream was ever started: no unit has such a name.
const NO_SUCH_UNIT: &str = "No data available";

/// Nothing where there is no journal.
pub fn checks(facts: &Facts) -> Vec<Check> {
    let question = [
        "--unit=raspivid@*",
        "--unit=picam-camera.service",
        "--priority=err",
        "--since=-24h",
        // With --since alone, --lines=1 gives the first entry of that time, not the last.
        "--reverse",
        "--lines=1",
        "--output=json",
        "--quiet",
        "--no-pager",
    ];
    let Some(answer) = facts.system.ask("journalctl", &question) else {
        return Vec::new();
    };
    let check = match answer.stdout.lines().next().and_then(told) {
        Some(text) => Check::warning(
            SUBJECT,
            text,
            "what came before it: journalctl -u 'raspivid@*' -u picam-camera --since -24h",
        ),
        None if facts.sees_all && !answer.success && !answer.stderr.contains(NO_SUCH_UNIT) => {
            return Vec::new();
        }
        None if facts.sees_all => Check::ok(SUBJECT, "no stream has failed within 24 hours"),
        None => Check::ok(
            SUBJECT,
            "none within 24 hours that this user may see; with sudo all are seen",
        ),
    };
    vec![check]
}

/// Time, instance and message of an entry in the journal's JSON form.
fn told(line: &str) -> Option<String> {
    let entry: Value = serde_json::from_str(line).ok()?;
    let field = |name: &str| entry.get(name).and_then(Value::as_str);
    let time = field("__REALTIME_TIMESTAMP").and_then(|micros| micros.parse().ok());
    let time = time.and_then(|micros| Timestamp::from_microsecond(micros).ok());
    let time = time.map(|time| {
        ZonedDateTime::new(time, zone::local())
            .strftime("%Y-%m-%d %H:%M:%S")
            .to_string()
    });
    let unit = field("_SYSTEMD_UNIT")
        .or_else(|| field("UNIT"))
        .unwrap_or("raspivid@");
    Some(format!(
        "{}, {unit}: {}",
        time.unwrap_or_default(),
        field("MESSAGE")?
    ))
}
