//! What a viewer is given: frames, in the form of its kind.

use crate::frame::Frame;

/// What is offered to viewers: a frame, or a reference to one that many share, with the bytes made of it.
pub trait Offered: Clone {
    fn frame(&self) -> &Frame;
}

impl Offered for Frame {
    fn frame(&self) -> &Frame {
        self
    }
}

/// The form in which frames leave towards a kind of viewer, and how they are kept until then.
pub trait Form {
    /// What is offered and waits.
    type Item: Offered;

    /// `item` once more, because it must wait: a copy of a frame, a reference to a shared one.
    fn keep(&mut self, item: &Self::Item) -> Self::Item {
        item.clone()
    }

    /// What was kept is not needed any more.
    fn release(&mut self, _item: Self::Item) {}

    /// `item` is the next to leave. Only what is begun counts in a container that numbers its packets.
    fn begin(&mut self, _item: &Self::Item) {}

    /// The bytes of the item that was begun last.
    fn bytes<'a>(&'a self, item: &'a Self::Item) -> &'a [u8];

    /// All bytes of the item that was begun last have been taken: what was made of it for this viewer alone can go.
    fn forget_bytes(&mut self) {}

    /// Bytes that mean nothing to a player, to find out whether one is still there; where the form has any.
    fn filler(&mut self) -> Option<&[u8]> {
        None
    }
}
