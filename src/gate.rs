//! What can be decoded: after a loss nothing is, up to the next key frame. One gate for every place that loses frames.

/// Lets frames through, or drops them until a key frame comes.
#[derive(Clone, Copy, Debug)]
pub struct KeyGate {
    closed: bool,
}

impl Default for KeyGate {
    fn default() -> Self {
        Self::closed()
    }
}

impl KeyGate {
    /// At the start of a stream: only a key frame comes through.
    pub fn closed() -> Self {
        Self { closed: true }
    }

    /// Where what came before is known to be whole.
    pub fn open() -> Self {
        Self { closed: false }
    }

    /// A frame was lost: what follows refers to it.
    pub fn close(&mut self) {
        self.closed = true;
    }

    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether the next frame, a key frame or not, comes through. A key frame always does, and opens the gate.
    pub fn lets_through(&mut self, key: bool) -> bool {
        self.closed &= !key;
        !self.closed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_key_frame_opens_a_closed_gate() {
        let mut gate = KeyGate::closed();
        let passed = [false, false, true, false].map(|key| gate.lets_through(key));
        assert_eq!(passed, [false, false, true, true]);
        gate.close();
        assert!(gate.is_closed());
        let passed = [false, true, false].map(|key| gate.lets_through(key));
        assert_eq!(passed, [false, true, true]);
    }

    #[test]
    fn an_open_gate_stops_nothing() {
        let mut gate = KeyGate::open();
        assert!(gate.lets_through(false));
        assert!(!gate.is_closed());
    }
}
