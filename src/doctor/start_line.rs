//! The command line of raspivid@.service, as systemd has it: what stands before and behind the options of the conffile
//! decides what these can mean.

use std::ffi::OsString;

use super::unit::Unit;
use crate::service::conffile::NAME;
use crate::service::environment_file::words;

/// The unit as the package has it.
const SHIPPED: &str = include_str!("../../debian/raspivid@.service");

/// The words of the line, without the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartLine {
    before: Vec<String>,
    /// Nothing where the options of the file are not in the line.
    behind: Option<Vec<String>>,
}

impl StartLine {
    /// Of the unit; the package's own where systemd does not tell.
    pub fn of(service: &Unit) -> Self {
        let told = service.get("ExecStart");
        let argv = told
            .split_once("argv[]=")
            .and_then(|(_, argv)| argv.split(" ; ").next());
        argv.map_or_else(Self::shipped, Self::read)
    }

    fn shipped() -> Self {
        let line = SHIPPED
            .lines()
            .find_map(|line| line.strip_prefix("ExecStart="));
        Self::read(line.unwrap_or_default())
    }

    fn read(argv: &str) -> Self {
        let mut before: Vec<String> = words(argv).into_iter().skip(1).collect();
        let variable = format!("${NAME}");
        let place = before.iter().position(|word| *word == variable);
        let behind = place.map(|place| before.split_off(place).into_iter().skip(1).collect());
        Self { before, behind }
    }

    /// Whether the options of the file are in it.
    pub fn has_options(&self) -> bool {
        self.behind.is_some()
    }

    /// Whether our words stand behind the file's, as they did before there was `--service`: behind `--` they are the
    /// capture program's.
    pub fn has_the_old_order(&self) -> bool {
        let has_service = self.before.iter().any(|word| word == "--service");
        !has_service && self.behind.as_ref().is_some_and(|words| !words.is_empty())
    }

    /// All words that the program gets with these in the file.
    pub fn with(&self, given: &[OsString]) -> Vec<OsString> {
        let own = |words: &[String]| words.iter().map(OsString::from).collect::<Vec<_>>();
        match &self.behind {
            Some(behind) => [own(&self.before), given.to_vec(), own(behind)].concat(),
            None => own(&self.before),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(argv: &str, given: &str) -> String {
        let given: Vec<OsString> = given.split_whitespace().map(OsString::from).collect();
        let words = StartLine::read(argv).with(&given);
        words.join(" ".as_ref()).into_string().unwrap()
    }

    #[test]
    fn the_options_stand_where_the_line_has_them() {
        let shipped = StartLine::shipped();
        assert!(shipped.has_options() && !shipped.has_the_old_order());
        let line = "/usr/bin/picam-stream $RASPIVID_OPTIONS -v -n -t 0 -o -";
        assert_eq!(with(line, "-w 640 -- --x"), "-w 640 -- --x -v -n -t 0 -o -");
        assert!(StartLine::read(line).has_the_old_order());
        let none = "/usr/bin/picam-stream -w 320 -t 0 -o -";
        assert_eq!(with(none, "-w 640"), "-w 320 -t 0 -o -");
        assert!(!StartLine::read(none).has_options());
    }
}
