//! The bytes of an answer's body. Those that many ask for are in memory once, however slowly some of them read.

use std::sync::Arc;

use super::super::picture::Picture;

/// A body, or a share of it.
#[derive(Clone, Debug)]
pub enum Content {
    Own(Vec<u8>),
    /// A file of the program's own.
    Built(&'static str),
    /// A JPEG, which counts as long as anybody has it (`picture::Memory`).
    Picture(Arc<Picture>),
}

impl Content {
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Own(bytes) => bytes,
            Self::Built(text) => text.as_bytes(),
            Self::Picture(picture) => &picture.frame.data,
        }
    }
}

impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for Content {}

#[cfg(test)]
mod tests {
    use super::super::super::picture::{Memory, Numbering};
    use super::super::answering::Answering;
    use super::super::response::{Response, Terms};
    use super::*;
    use crate::frame::Frame;
    use crate::units::Micros;

    #[test]
    fn a_picture_that_many_ask_for_is_in_memory_once_until_the_last_has_it() {
        let memory = Memory::default();
        let frame = Frame {
            data: vec![7; 1000],
            ..Frame::default()
        };
        let picture = Numbering::new(memory.clone()).next(frame);
        let answer = |_| {
            let response = Response::whole("image/jpeg", Content::Picture(picture.clone()));
            Answering::new(&response, &Terms::default(), false, Micros(0))
        };
        let mut answers: Vec<Answering> = (0..10).map(answer).collect();
        drop(picture);
        assert_eq!(memory.bytes(), 1000);
        answers.truncate(1);
        assert_eq!(memory.bytes(), 1000);
        // When there is no memory, who does not read it goes without: at once.
        let slow = &mut answers[0];
        assert!(slow.call_by() > Micros(0));
        slow.give_up_picture();
        assert_eq!(slow.call_by(), Micros(0));
        answers.clear();
        assert_eq!(memory.bytes(), 0);
    }
}
