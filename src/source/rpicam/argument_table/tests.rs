//! The tests of `table`.

use super::*;
use crate::options::{self, Fate};

/// What `command` gives in any case, and what only the VideoCore's encoder has.
const ANSWERED_ELSEWHERE: [&str; 3] = [names::CODEC, names::INLINE, names::PENC];

#[test]
fn every_option_for_camera_and_encoder_has_an_answer() {
    let of_picture = |fate| matches!(fate, Fate::Encoder | Fate::Camera);
    let mut asked: Vec<_> = options::rows()
        .filter(|row| of_picture(row.fate))
        .map(|row| row.long)
        .filter(|long| !ANSWERED_ELSEWHERE.contains(long))
        .collect();
    let mut answered: Vec<_> = ROWS.iter().map(|row| row.long).collect();
    asked.sort_unstable();
    answered.sort_unstable();
    assert_eq!(answered, asked);
}
