//! Which pictures are decoded, and of which of them a JPEG is made: all that the rate asks for, while the thread keeps up;
//! of key frames alone when it does not.

use std::time::Duration;

use super::super::picture::Picture;
use crate::log;
use crate::units::Micros;

/// Pictures wait no longer to be decoded: then the thread does not keep up.
const MOST_WAIT: Duration = Duration::from_secs(1);

/// So much of one processor may go into it, or it does not keep up; and so much before all pictures are tried again.
const MOST_LOAD: f64 = 1.0;
const EASY_LOAD: f64 = 0.8;

/// For so long it is key frames alone before all pictures are tried again.
const KEY_FRAMES_FOR: Duration = Duration::from_secs(10);

/// An encoder that makes key frames more seldom than this is asked for one: no picture at all is worse.
const SELDOM: Duration = Duration::from_secs(3);

#[derive(Debug)]
pub struct Pace {
    wanted_fps: u32,
    /// The picture that was handed over last, which the next can follow.
    last: Option<u64>,
    /// When the last of which a JPEG was to be made was taken.
    last_encoded: Option<Micros>,
    /// A JPEG of the next key frame is wanted, whatever is due.
    is_key_wanted: bool,
    key_frames_until: Option<Micros>,
}

/// What becomes of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// It is of no use. With `wants_key_frame` nothing is until the next key frame.
    Leave { wants_key_frame: bool },
    /// It is decoded behind those that wait.
    Follow { encode: bool },
    /// It is decoded instead of those that wait.
    Replace { encode: bool },
}

/// How the thread is getting on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// When the picture was taken that waits longest.
    pub oldest: Option<Micros>,
    /// How much of one processor all of it would take.
    pub load: f64,
}

impl Pace {
    pub fn new(wanted_fps: u32) -> Self {
        Self {
            wanted_fps,
            last: None,
            last_encoded: None,
            is_key_wanted: false,
            key_frames_until: None,
        }
    }

    pub fn is_key_frames_only(&self) -> bool {
        self.key_frames_until.is_some()
    }

    /// Whether this picture was chosen about last.
    pub fn knows(&self, picture: &Picture) -> bool {
        self.last == Some(picture.number)
    }

    /// A JPEG of the next key frame is wanted.
    pub fn want_key_frame(&mut self) {
        self.is_key_wanted = true;
    }

    /// The decoder has forgotten what it knew: only a key frame can be next.
    pub fn begin_anew(&mut self) {
        self.last = None;
    }

    pub fn choose(&mut self, picture: &Picture, progress: Progress, now: Micros) -> Choice {
        let is_key = picture.frame.key;
        let is_late = progress
            .oldest
            .is_some_and(|oldest| now.since(oldest) > MOST_WAIT);
        if is_late || (is_key && progress.load > MOST_LOAD) {
            self.fall_back(now);
        } else if is_key {
            self.try_again(progress.load, now);
        }
        let follows = self.last.is_some_and(|last| picture.number == last + 1);
        if !is_key && (self.is_key_frames_only() || !follows) {
            return Choice::Leave {
                wants_key_frame: !self.is_key_frames_only() || self.is_overdue(picture),
            };
        }
        self.last = Some(picture.number);
        let encode = self.is_due(picture);
        if self.is_key_frames_only() {
            Choice::Replace { encode }
        } else {
            Choice::Follow { encode }
        }
    }

    /// Whether it is time for the next JPEG: of a camera at 30, of every sixth picture for 5 a second.
    fn is_due(&mut self, picture: &Picture) -> bool {
        let frame = &picture.frame;
        let every = Duration::from_secs(1) / self.wanted_fps.max(1);
        let is_due = match self.last_encoded {
            _ if frame.continues => false,
            _ if frame.key && self.is_key_wanted => true,
            None => true,
            Some(last) => {
                frame.captured < last || frame.captured.since(last) + picture.interval / 2 >= every
            }
        };
        if is_due {
            self.last_encoded = Some(frame.captured);
            self.is_key_wanted &= !frame.key;
        }
        is_due
    }

    fn is_overdue(&self, picture: &Picture) -> bool {
        self.last_encoded
            .is_none_or(|last| picture.frame.captured.since(last) >= SELDOM)
    }

    fn fall_back(&mut self, now: Micros) {
        if self.key_frames_until.is_none() {
            log::info!(
                "this machine does not keep up with making JPEGs of H.264: they are made of key frames alone"
            );
        }
        self.key_frames_until = Some(now.after(KEY_FRAMES_FOR));
        self.last = None;
    }

    fn try_again(&mut self, load: f64, now: Micros) {
        if self.key_frames_until.is_some_and(|until| now >= until) && load < EASY_LOAD {
            self.key_frames_until = None;
            log::info!("JPEGs are made of all pictures again");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::super::picture::{Memory, Numbering};
    use super::*;
    use crate::frame::Frame;
    use crate::units::Pts;

    const MS: u64 = 1000;

    /// Pictures 40 ms apart, with a key frame every 25.
    fn pictures(count: u64) -> Vec<Arc<Picture>> {
        let mut numbering = Numbering::new(Memory::default());
        let frame = |index: u64| Frame {
            pts: Pts(index * 40 * MS),
            captured: Micros(index * 40 * MS),
            key: index.is_multiple_of(25),
            ..Frame::default()
        };
        (0..count)
            .map(|index| numbering.next(frame(index)))
            .collect()
    }

    fn encoded(choice: Choice) -> bool {
        matches!(
            choice,
            Choice::Follow { encode: true } | Choice::Replace { encode: true }
        )
    }

    #[test]
    fn of_a_camera_at_25_five_a_second_are_encoded_and_all_are_decoded() {
        let mut pace = Pace::new(5);
        let choices: Vec<Choice> = pictures(100)
            .iter()
            .map(|it| pace.choose(it, Progress::default(), it.frame.captured))
            .collect();
        assert!(choices.iter().all(|it| matches!(it, Choice::Follow { .. })));
        assert_eq!(choices.iter().filter(|it| encoded(**it)).count(), 20);
    }

    #[test]
    fn it_begins_with_a_key_frame_and_after_a_gap_again() {
        let mut pace = Pace::new(5);
        let all = pictures(60);
        let mut choose = |index: usize| pace.choose(&all[index], Progress::default(), Micros(0));
        let needs_key = Choice::Leave {
            wants_key_frame: true,
        };
        assert_eq!(choose(3), needs_key);
        assert_eq!(choose(25), Choice::Follow { encode: true });
        assert_eq!(choose(26), Choice::Follow { encode: false });
        assert_eq!(choose(28), needs_key);
        assert_eq!(choose(29), needs_key);
        assert!(encoded(choose(50)));
    }

    #[test]
    fn who_does_not_keep_up_makes_key_frames_alone_and_tries_again_later() {
        let mut pace = Pace::new(5);
        let all = pictures(1000);
        let late = Progress {
            oldest: Some(Micros(0)),
            load: 0.3,
        };
        for picture in &all[..27] {
            pace.choose(picture, late, picture.frame.captured);
        }
        assert!(pace.is_key_frames_only());
        let easy = Progress {
            oldest: None,
            load: 0.3,
        };
        let mut decoded = Vec::new();
        for picture in &all[27..] {
            let now = picture.frame.captured;
            match pace.choose(picture, easy, now) {
                Choice::Leave { wants_key_frame } => assert!(!wants_key_frame),
                Choice::Replace { encode } => {
                    assert!(encode && picture.frame.key);
                    decoded.push(picture.number);
                }
                Choice::Follow { .. } => break,
            }
        }
        assert!(!pace.is_key_frames_only());
        // Ten seconds of them.
        assert!((9..=11).contains(&decoded.len()), "{decoded:?}");
        // And back at once where it was too much.
        let hard = Progress {
            oldest: None,
            load: 1.2,
        };
        pace.choose(&all[975], hard, Micros(40_000 * MS));
        assert!(pace.is_key_frames_only());
    }

    #[test]
    fn where_key_frames_are_seldom_one_is_asked_for() {
        let mut pace = Pace::new(5);
        let mut numbering = Numbering::new(Memory::default());
        let late = Progress {
            oldest: Some(Micros(0)),
            load: 0.3,
        };
        let asked: Vec<bool> = (0..200_u64)
            .map(|index| {
                let frame = Frame {
                    captured: Micros(index * 40 * MS),
                    key: index == 0,
                    ..Frame::default()
                };
                let choice = pace.choose(&numbering.next(frame), late, Micros(2000 * MS));
                matches!(choice, Choice::Leave { wants_key_frame } if wants_key_frame)
            })
            .collect();
        assert_eq!(asked.iter().position(|asked| *asked), Some(75));
        assert!(asked[75..].iter().all(|asked| *asked));
    }

    #[test]
    fn a_snapshot_has_the_next_key_frame_whatever_is_due() {
        let mut pace = Pace::new(1);
        let all = pictures(60);
        for picture in &all[..25] {
            pace.choose(picture, Progress::default(), picture.frame.captured);
        }
        pace.last_encoded = Some(all[24].frame.captured);
        pace.want_key_frame();
        assert!(encoded(pace.choose(
            &all[25],
            Progress::default(),
            Micros(0)
        )));
        assert!(!pace.is_key_wanted);
    }
}
