//! Recorded bytes with the changes that an input asks for: what is nearly right goes further into a parser than noise.

/// Four bytes of `edits` are one change: two tell where, one which, one with what.
pub fn edited(whole: &[u8], edits: &[u8]) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    for edit in edits.chunks_exact(4) {
        let at = usize::from(u16::from_be_bytes([edit[0], edit[1]])) % bytes.len();
        let end = bytes.len().min(at + usize::from(edit[3]));
        match edit[2] % 5 {
            0 | 1 => bytes[at] = edit[3],
            2 => bytes.insert(at, edit[3]),
            // Something always stays.
            3 if end - at < bytes.len() => drop(bytes.drain(at..end)),
            _ => bytes.extend_from_within(at..end),
        }
    }
    bytes
}
