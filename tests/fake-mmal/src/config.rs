//! What a test asks for, by the environment variables that `lib.rs` lists. Read once.

use std::collections::BTreeMap;
use std::env;
use std::str::FromStr;
use std::sync::OnceLock;

use crate::abi::Status;

pub struct Config {
    pub trace: Option<String>,
    pub report: Option<String>,
    pub times: Option<String>,
    pub stream: Option<String>,
    pub jpegs: Option<String>,
    pub root: Option<String>,
    pub repeat: bool,
    pub rate: Rate,
    pub buffer_size: u32,
    pub buffer_num: u32,
    pub chunk: usize,
    pub offset: usize,
    pub stc_offset_us: i64,
    pub cameras: Vec<Camera>,
    faults: BTreeMap<String, String>,
    failures: Vec<(String, Status)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rate {
    /// What the format of the port says.
    Asked,
    Fixed(f64),
    /// As fast as buffers come.
    Unlimited,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Camera {
    pub name: String,
    pub width: u32,
    pub height: u32,
}

/// The configuration of this process.
pub fn config() -> &'static Config {
    static CONFIG: OnceLock<Config> = OnceLock::new();
    CONFIG.get_or_init(|| Config::read(|name| env::var(format!("FAKE_MMAL_{name}")).ok()))
}

impl Config {
    fn read(variable: impl Fn(&str) -> Option<String>) -> Config {
        Config {
            trace: variable("TRACE"),
            report: variable("REPORT"),
            times: variable("TIMES"),
            stream: variable("STREAM"),
            jpegs: variable("JPEGS"),
            root: variable("ROOT"),
            repeat: variable("LOOP").as_deref() != Some("0"),
            rate: rate(variable("FPS").as_deref()),
            buffer_size: number(variable("BUFFER_SIZE"), 65536),
            buffer_num: number(variable("BUFFER_NUM"), 3),
            chunk: number(variable("CHUNK"), usize::MAX),
            offset: number(variable("OFFSET"), 0),
            stc_offset_us: number(variable("STC_OFFSET_US"), -7_654_321),
            cameras: cameras(&variable("CAMERAS").unwrap_or("imx219:3280x2464".into())),
            faults: faults(&variable("INJECT").unwrap_or_default()),
            failures: failures(&variable("FAIL").unwrap_or_default()),
        }
    }

    /// The number given with the fault of this name.
    pub fn fault(&self, name: &str) -> Option<u64> {
        self.faults
            .get(name)
            .map(|value| value.parse().expect("a fault has a number"))
    }

    pub fn fault_word(&self, name: &str) -> Option<&str> {
        self.faults.get(name).map(String::as_str)
    }

    pub fn is_on(&self, name: &str) -> bool {
        self.fault(name).is_some_and(|value| value != 0)
    }

    /// The status that was asked for the call with this trace line.
    pub fn failure_of(&self, line: &str) -> Option<Status> {
        self.failures
            .iter()
            .find(|(call, _)| line.starts_with(call.as_str()))
            .map(|&(_, status)| status)
    }
}

fn number<T: FromStr>(text: Option<String>, default: T) -> T {
    text.and_then(|text| text.trim().parse().ok())
        .unwrap_or(default)
}

fn rate(text: Option<&str>) -> Rate {
    match text {
        None => Rate::Asked,
        Some("max") => Rate::Unlimited,
        Some(text) => text.parse().map_or(Rate::Asked, Rate::Fixed),
    }
}

fn cameras(text: &str) -> Vec<Camera> {
    text.split(',')
        .filter(|word| !word.is_empty())
        .filter_map(camera)
        .collect()
}

fn camera(text: &str) -> Option<Camera> {
    let (name, size) = text.split_once(':')?;
    let (width, height) = size.split_once('x')?;
    Some(Camera {
        name: name.into(),
        width: width.parse().ok()?,
        height: height.parse().ok()?,
    })
}

fn faults(text: &str) -> BTreeMap<String, String> {
    text.split_whitespace()
        .map(|word| word.split_once('=').unwrap_or((word, "1")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn failures(text: &str) -> Vec<(String, Status)> {
    text.split(';')
        .filter_map(|entry| entry.rsplit_once('='))
        .filter_map(|(call, status)| Some((call.trim().to_owned(), status.trim().parse().ok()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_call_is_named_by_the_start_of_its_line() {
        let config = Config::read(|name| {
            (name == "FAIL").then(|| "set vc.ril.camera control:0 ISO=3".into())
        });
        assert_eq!(
            config.failure_of("set vc.ril.camera control:0 ISO [0]"),
            Some(3)
        );
        assert_eq!(
            config.failure_of("set vc.ril.camera control:0 SHARPNESS [0,100]"),
            None
        );
    }

    #[test]
    fn faults_are_written_as_in_the_head_of_a_trace() {
        let config =
            Config::read(|name| (name == "INJECT").then(|| "NOCAMERA=1 GPU_MEM=64".into()));
        assert!(config.is_on("NOCAMERA"));
        assert!(!config.is_on("BUSY"));
        assert_eq!(config.fault("GPU_MEM"), Some(64));
    }

    #[test]
    fn cameras_have_a_name_and_a_size() {
        let config = Config::read(|name| {
            (name == "CAMERAS").then(|| "ov5647:2592x1944,imx477:4056x3040".into())
        });
        assert_eq!(
            config.cameras[1],
            Camera {
                name: "imx477".into(),
                width: 4056,
                height: 3040
            }
        );
    }
}
