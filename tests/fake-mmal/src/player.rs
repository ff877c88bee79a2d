//! What the encoder gives out and when: the recording's pictures at the asked rate, cut to the room of each buffer,
//! with flags and times as the real encoder sets them, and with the faults that were asked for. No clock and no buffer
//! of its own: it is told the time and the room, so that its tests need neither.
//!
//! A picture for which there is no time is not encoded, as in a real camera: the next one that is given out is the
//! next of the recording, only later. So whatever a viewer gets is the recording, bit by bit.

use std::collections::VecDeque;

use crate::abi::{
    FLAG_CODECSIDEINFO, FLAG_CONFIG, FLAG_EOS, FLAG_FRAME_END, FLAG_KEYFRAME, FLAG_NAL_END,
    TIME_UNKNOWN,
};
use crate::config::{Config, Rate};
use crate::recording::{Picture, starts};

/// What the program has set, at the moment a picture is due.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub is_h264: bool,
    pub inline_headers: bool,
    pub inline_vectors: bool,
    pub fps: f64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing before this time in µs.
    Wait(i64),
    /// Nothing any more.
    Over,
    /// There is something for the next buffer.
    Cut,
    /// The camera says that it has failed.
    Error,
    /// An event for the encoder's port.
    Event,
}

/// The content of one buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    pub bytes: Vec<u8>,
    pub flags: u32,
    pub pts: i64,
    /// The number of the picture that this buffer completes.
    pub completes: Option<u64>,
}

/// What goes out together: parameter sets, a picture or its side information.
struct Piece {
    bytes: Vec<u8>,
    done: usize,
    kind: u32,
    is_key: bool,
    has_end: bool,
    pts: i64,
    number: Option<u64>,
}

pub struct Player {
    pictures: Vec<Picture>,
    config: &'static Config,
    position: usize,
    /// Pictures begun so far.
    count: u64,
    due_us: Option<i64>,
    pieces: VecDeque<Piece>,
    extras: VecDeque<(u64, Step)>,
    wants_key: bool,
    pub skipped: u64,
}

impl Player {
    pub fn new(pictures: Vec<Picture>, config: &'static Config) -> Player {
        let mut extras = VecDeque::new();
        if let (Some(count), true) = (config.fault("STALL_AFTER"), config.is_on("STALL_ERROR")) {
            extras.push_back((count, Step::Error));
        }
        if let Some(count) = config.fault("EVENT_AFTER") {
            extras.push_back((count, Step::Event));
        }
        let pieces = VecDeque::new();
        Player {
            pictures,
            config,
            position: 0,
            count: 0,
            due_us: None,
            pieces,
            extras,
            wants_key: false,
            skipped: 0,
        }
    }

    /// The next picture is to be a key picture.
    pub fn request_key_picture(&mut self) {
        self.wants_key = !self.config.is_on("NO_IDR_ON_REQUEST");
    }

    /// Capture was switched off: time does not run.
    pub fn pause(&mut self) {
        self.due_us = None;
    }

    /// What is to be done at this time.
    pub fn step(&mut self, now_us: i64, settings: Settings) -> Step {
        if !self.pieces.is_empty() {
            return Step::Cut;
        }
        if let Some(at) = self
            .extras
            .iter()
            .position(|(count, _)| *count <= self.count)
        {
            return self.extras.remove(at).map_or(Step::Over, |(_, step)| step);
        }
        if self.is_over() {
            return Step::Over;
        }
        let delay_us = self.config.fault("START_DELAY_MS").unwrap_or(0) as i64 * 1000;
        let due_us = *self.due_us.get_or_insert(now_us + delay_us);
        if due_us > now_us {
            return Step::Wait(due_us);
        }
        let pts = self.on_time(due_us, now_us, settings);
        self.begin(pts, settings);
        Step::Cut
    }

    fn is_over(&self) -> bool {
        let limits = [
            self.config.fault("STALL_AFTER"),
            self.config.fault("EOS_AFTER").map(|count| count + 1),
        ];
        let is_at_end = !self.config.repeat && self.count >= self.pictures.len() as u64;
        is_at_end || limits.iter().flatten().any(|&count| self.count >= count)
    }

    /// The time slot that is due now: those that passed while no buffer was free are lost.
    fn on_time(&mut self, due_us: i64, now_us: i64, settings: Settings) -> i64 {
        let fps = match self.config.rate {
            Rate::Unlimited => {
                self.due_us = Some(now_us);
                return now_us;
            }
            Rate::Fixed(fps) => fps,
            Rate::Asked => settings.fps,
        };
        let period_us = (1_000_000.0 / fps) as i64;
        let lost = (now_us - due_us) / period_us;
        self.skipped += lost as u64;
        self.due_us = Some(due_us + (lost + 1) * period_us);
        due_us + lost * period_us
    }

    fn begin(&mut self, pts: i64, settings: Settings) {
        if self.config.fault("EOS_AFTER") == Some(self.count) {
            self.count += 1;
            self.pieces
                .push_back(Piece::new(Vec::new(), FLAG_EOS, TIME_UNKNOWN));
            return;
        }
        if std::mem::take(&mut self.wants_key) {
            let (before, after) = (0..self.position, self.position..self.pictures.len());
            self.position = after
                .chain(before)
                .find(|&at| self.pictures[at].is_key)
                .unwrap_or(self.position);
        }
        let picture = self.pictures[self.position].clone();
        self.position = (self.position + 1) % self.pictures.len();
        self.count += 1;
        self.queue(picture, pts, settings);
    }

    fn queue(&mut self, picture: Picture, pts: i64, settings: Settings) {
        let pts = if self.is_nth("UNKNOWN_PTS") {
            TIME_UNKNOWN
        } else {
            pts
        };
        if settings.is_h264 && picture.is_key && (settings.inline_headers || self.count == 1) {
            let first = &self.pictures[0].config;
            self.queue_config(if picture.config.is_empty() {
                first.clone()
            } else {
                picture.config
            });
        }
        let mut piece = Piece::new(picture.data, 0, pts);
        piece.is_key = picture.is_key;
        piece.has_end = !self.is_nth("LOSE_FRAME_END");
        piece.number = Some(self.count);
        self.pieces.push_back(piece);
        if settings.is_h264 && settings.inline_vectors {
            self.pieces
                .push_back(Piece::new(vec![0xa5; 1024], FLAG_CODECSIDEINFO, pts));
        }
    }

    fn queue_config(&mut self, bytes: Vec<u8>) {
        let has_end = !self.config.is_on("BARE_CONFIG");
        let cut = if self.config.is_on("SPLIT_CONFIG") {
            bytes.len() * 2 / 3
        } else {
            0
        };
        let (first, last) = bytes.split_at(cut);
        if !first.is_empty() {
            self.pieces.push_back(Piece {
                has_end: false,
                ..Piece::new(first.to_vec(), FLAG_CONFIG, TIME_UNKNOWN)
            });
        }
        self.pieces.push_back(Piece {
            has_end,
            ..Piece::new(last.to_vec(), FLAG_CONFIG, TIME_UNKNOWN)
        });
    }

    fn is_nth(&self, fault: &str) -> bool {
        self.config
            .fault(fault)
            .is_some_and(|nth| nth > 0 && self.count.is_multiple_of(nth))
    }

    /// The content of a buffer with this much room.
    pub fn cut(&mut self, room: usize) -> Option<Cut> {
        let keyframe = self.config.fault_word("KEYFRAME_FLAG").unwrap_or("last");
        let piece = self.pieces.front_mut()?;
        let cut = piece.cut(room.min(self.config.chunk), keyframe);
        if piece.done == piece.bytes.len() {
            self.pieces.pop_front();
        }
        Some(cut)
    }
}

impl Piece {
    fn new(bytes: Vec<u8>, kind: u32, pts: i64) -> Piece {
        Piece {
            bytes,
            done: 0,
            kind,
            is_key: false,
            has_end: true,
            pts,
            number: None,
        }
    }

    fn cut(&mut self, room: usize, keyframe: &str) -> Cut {
        let from = self.done;
        self.done = self.bytes.len().min(from + room);
        let (is_first, is_last) = (from == 0, self.done == self.bytes.len());
        let says_key = match keyframe {
            "all" => true,
            "first" => is_first,
            "none" => false,
            _ => is_last,
        };
        let is_picture = self.number.is_some();
        let ends_nal =
            is_picture && (is_last || starts(&self.bytes[from..]).contains(&(self.done - from)));
        let flags = [
            (true, self.kind),
            (
                is_last && self.has_end && self.kind != FLAG_EOS,
                FLAG_FRAME_END,
            ),
            (self.is_key && says_key, FLAG_KEYFRAME),
            (ends_nal, FLAG_NAL_END),
        ];
        Cut {
            bytes: self.bytes[from..self.done].to_vec(),
            flags: flags
                .iter()
                .filter(|(is_set, _)| *is_set)
                .fold(0, |all, (_, flag)| all | flag),
            pts: self.pts,
            completes: self.number.filter(|_| is_last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::config;
    use crate::recording;

    const SETTINGS: Settings = Settings {
        is_h264: true,
        inline_headers: true,
        inline_vectors: false,
        fps: 25.0,
    };

    fn player() -> Player {
        Player::new(recording::h264(None), config())
    }

    fn cuts_at(player: &mut Player, now_us: i64, room: usize, settings: Settings) -> Vec<Cut> {
        let mut cuts = Vec::new();
        while player.step(now_us, settings) == Step::Cut {
            cuts.extend(player.cut(room));
        }
        cuts
    }

    #[test]
    fn parameter_sets_come_first_and_apart_and_without_a_time() {
        let cuts = cuts_at(&mut player(), 1000, 1 << 20, SETTINGS);
        assert_eq!(
            (cuts.len(), cuts[0].flags, cuts[0].pts),
            (2, FLAG_CONFIG | FLAG_FRAME_END, TIME_UNKNOWN)
        );
        assert_eq!(
            (cuts[1].flags, cuts[1].pts),
            (FLAG_FRAME_END | FLAG_KEYFRAME | FLAG_NAL_END, 1000)
        );
    }

    #[test]
    fn a_picture_larger_than_a_buffer_comes_in_several_of_which_the_last_says_so() {
        let cuts = cuts_at(&mut player(), 0, 512, SETTINGS);
        let ends: Vec<_> = cuts[1..]
            .iter()
            .map(|cut| cut.flags & FLAG_FRAME_END != 0)
            .collect();
        assert!(
            ends.len() > 2 && ends[ends.len() - 1] && !ends[..ends.len() - 1].contains(&true),
            "{ends:?}"
        );
        assert!(cuts.iter().all(|cut| cut.bytes.len() <= 512));
    }

    #[test]
    fn without_inline_headers_the_parameter_sets_come_once() {
        let mut player = player();
        let settings = Settings {
            inline_headers: false,
            ..SETTINGS
        };
        let cuts: Vec<_> = (0..50)
            .flat_map(|n| cuts_at(&mut player, n * 40_000, 1 << 20, settings))
            .collect();
        assert_eq!(
            cuts.iter()
                .filter(|cut| cut.flags & FLAG_CONFIG != 0)
                .count(),
            1
        );
        assert_eq!(cuts.len(), 51);
    }

    #[test]
    fn time_without_buffers_is_lost_but_no_picture_is() {
        let mut player = player();
        cuts_at(&mut player, 0, 1 << 20, SETTINGS);
        let cuts = cuts_at(&mut player, 130_000, 1 << 20, SETTINGS);
        assert_eq!(
            (cuts[0].pts, cuts[0].completes, player.skipped),
            (120_000, Some(2), 2)
        );
        assert_eq!(player.step(131_000, SETTINGS), Step::Wait(160_000));
    }

    #[test]
    fn a_wish_for_a_key_picture_is_granted_with_the_next_picture() {
        let mut player = player();
        cuts_at(&mut player, 0, 1 << 20, SETTINGS);
        player.request_key_picture();
        let cuts = cuts_at(&mut player, 40_000, 1 << 20, SETTINGS);
        assert_eq!(
            cuts.iter()
                .map(|cut| cut.flags & FLAG_KEYFRAME)
                .collect::<Vec<_>>(),
            [0, FLAG_KEYFRAME]
        );
    }

    #[test]
    fn motion_vectors_follow_their_picture() {
        let settings = Settings {
            inline_vectors: true,
            ..SETTINGS
        };
        let cuts = cuts_at(&mut player(), 0, 1 << 20, settings);
        assert_eq!(cuts[2].flags, FLAG_CODECSIDEINFO | FLAG_FRAME_END);
    }
}
