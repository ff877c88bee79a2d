//! H.264 as a V4L2 device gives it, taken as it is.

use std::collections::VecDeque;

use super::controls;
use super::output::Taken;
use super::sys::Device;
use crate::frame::Frame;
use crate::gate::KeyGate;
use crate::h264::access_unit::{AccessUnitSplitter, lacks_beginning};
use crate::h264::nal::find_start_code;
use crate::h264::parameter_sets::{ParameterSets, Picture};
use crate::units::Micros;

/// H.264 as the camera gives it.
#[derive(Debug, Default)]
pub struct NativeH264 {
    /// A buffer should be an access unit (V4L2_PIX_FMT_H264); it may be a NAL unit, or any piece of the stream.
    splitter: AccessUnitSplitter,
    sets: ParameterSets,
    gate: KeyGate,
    /// What the last buffer gave, and memory for more.
    ready: VecDeque<Frame>,
    spare: Vec<Frame>,
    pub can_force_key_frame: bool,
}

impl NativeH264 {
    pub fn new(device: &Device) -> Self {
        Self {
            can_force_key_frame: controls::can_force_key_frame(device),
            ..Self::default()
        }
    }

    /// What a buffer has of a picture goes out at once: whether there is more of it, only the next one tells, and that
    /// then carries on.
    pub fn take(&mut self, bytes: &[u8], captured: Micros, frame: &mut Frame) -> Taken {
        if !self.splitter.is_within_picture() && find_start_code(bytes, 0).is_none() {
            return Taken::Broken("no H.264 NAL unit begins in it".into());
        }
        self.splitter.push(bytes);
        let mut part = self.spare.pop().unwrap_or_default();
        while self.splitter.next_unit(&mut part.data) || self.splitter.flush(&mut part.data) {
            part.continues = self.splitter.carries_on();
            part.taken_at(captured);
            if !part.continues && lacks_beginning(&part.data) {
                if self.gate.is_closed() {
                    continue;
                }
                self.spare.push(part);
                return Taken::Broken("the beginning of a picture is missing".into());
            }
            let picture = if part.continues {
                Picture::Dependent
            } else {
                self.sets.lead(&mut part.data)
            };
            part.key = picture == Picture::Key;
            if picture != Picture::None && self.gate.lets_through(part.key) {
                self.ready.push_back(part);
                part = self.spare.pop().unwrap_or_default();
            }
        }
        self.spare.push(part);
        if self.splitter.take_too_large() > 0 {
            return Taken::Broken("it is larger than any picture".into());
        }
        if self.take_ready(frame) {
            Taken::Frame
        } else {
            Taken::Part
        }
    }

    pub fn take_ready(&mut self, frame: &mut Frame) -> bool {
        let Some(ready) = self.ready.pop_front() else {
            return false;
        };
        self.spare.push(std::mem::replace(frame, ready));
        true
    }

    /// Something is missing: what was begun has no end, and what follows refers to it.
    pub fn lost(&mut self) {
        let mut rest = self.spare.pop().unwrap_or_default();
        self.splitter.finish(&mut rest.data);
        self.spare.push(rest);
        self.gate.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn native() -> NativeH264 {
        NativeH264::default()
    }

    const SETS: &[u8] = &[0, 0, 0, 1, 0x67, 1, 0, 0, 0, 1, 0x68, 2];
    const KEY: &[u8] = &[0, 0, 0, 1, 0x65, 0x88, 7];
    const KEY_SECOND_SLICE: &[u8] = &[0, 0, 0, 1, 0x65, 0x40, 7];
    const OTHER: &[u8] = &[0, 0, 0, 1, 0x41, 0x9a, 7];
    const OTHER_SECOND_SLICE: &[u8] = &[0, 0, 0, 1, 0x41, 0x40, 7];

    /// What each buffer becomes: the bytes, `key` and `continues` of its frames, or none where it is broken.
    fn frames(native: &mut NativeH264, buffers: &[&[u8]]) -> Vec<Option<(Vec<u8>, bool, bool)>> {
        let (mut frames, mut frame) = (Vec::new(), Frame::default());
        for bytes in buffers {
            let mut taken = native.take(bytes, Micros(0), &mut frame);
            if matches!(taken, Taken::Broken(_)) {
                native.lost();
                frames.push(None);
            }
            while taken == Taken::Frame {
                frames.push(Some((frame.data.clone(), frame.key, frame.continues)));
                if !native.take_ready(&mut frame) {
                    taken = Taken::Part;
                }
            }
        }
        frames
    }

    fn whole(bytes: &[&[u8]], key: bool) -> Option<(Vec<u8>, bool, bool)> {
        Some((bytes.concat(), key, false))
    }

    fn rest(bytes: &[u8]) -> Option<(Vec<u8>, bool, bool)> {
        Some((bytes.to_vec(), false, true))
    }

    #[test]
    fn an_access_unit_a_buffer_goes_out_at_once() {
        let key = [SETS, KEY, KEY_SECOND_SLICE].concat();
        assert_eq!(
            frames(&mut native(), &[OTHER, &key, OTHER, &key, OTHER]),
            [
                whole(&[&key], true),
                whole(&[OTHER], false),
                whole(&[&key], true),
                whole(&[OTHER], false)
            ]
        );
    }

    #[test]
    fn nal_units_and_pieces_of_them_in_buffers_of_their_own_are_joined() {
        let (first, second) = KEY_SECOND_SLICE.split_at(6);
        let buffers = [SETS, KEY, first, second, OTHER, OTHER_SECOND_SLICE, OTHER];
        assert_eq!(
            frames(&mut native(), &buffers),
            [
                whole(&[SETS, KEY], true),
                rest(first),
                rest(second),
                whole(&[OTHER], false),
                rest(OTHER_SECOND_SLICE),
                whole(&[OTHER], false)
            ]
        );
    }

    #[test]
    fn pictures_that_share_a_buffer_are_told_apart() {
        let buffer = [SETS, KEY, OTHER, OTHER_SECOND_SLICE, &OTHER[..5]].concat();
        assert_eq!(
            frames(&mut native(), &[&buffer, &OTHER[5..]]),
            [
                whole(&[SETS, KEY], true),
                whole(&[OTHER, OTHER_SECOND_SLICE], false),
                whole(&[OTHER], false)
            ]
        );
    }

    #[test]
    fn what_lacks_its_beginning_or_is_no_h264_is_broken() {
        let key = [SETS, KEY].concat();
        assert_eq!(
            frames(&mut native(), &[&[0x55; 9], &key, OTHER, &key]),
            [
                None,
                whole(&[&key], true),
                whole(&[OTHER], false),
                whole(&[&key], true)
            ]
        );
        let mut native = native();
        frames(&mut native, &[&key]);
        native.lost();
        assert_eq!(frames(&mut native, &[KEY_SECOND_SLICE, OTHER]), []);
        assert_eq!(frames(&mut native, &[&key]), [whole(&[&key], true)]);
    }
}
