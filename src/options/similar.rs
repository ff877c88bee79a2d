//! The name that was probably meant where one is not known: "did you mean" for options and commands.

/// Of `names`, the one nearest to `typed`: at most one slip in a short word, two in a longer one. Nothing where none is that
/// near.
pub fn nearest<'a>(typed: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let slips = if typed.len() < 5 { 1 } else { 2 };
    // One or two letters are near to too much.
    let near = names
        .filter(|name| name.len() > 2 && typed.len() > 2)
        .map(|name| (distance(typed, name), name));
    near.filter(|(distance, _)| *distance <= slips)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// How many letters were left out, put in, changed, or swapped with their neighbour (optimal string alignment).
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut before_last = vec![0; to.len() + 1];
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, letter) in from.iter().enumerate() {
        let mut next = vec![row + 1];
        for (column, other) in to.iter().enumerate() {
            let changed = last[column] + usize::from(letter != other);
            let mut least = changed.min(last[column + 1] + 1).min(next[column] + 1);
            let swapped =
                row > 0 && column > 0 && *letter == to[column - 1] && from[row - 1] == *other;
            if swapped {
                least = least.min(before_last[column - 1] + 1);
            }
            next.push(least);
        }
        before_last = std::mem::replace(&mut last, next);
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_within_a_slip_or_two() {
        let names = ["bitrate", "brightness", "framerate", "width", "fps", "ISO"];
        for (typed, meant) in [
            ("bitrat", Some("bitrate")),
            ("birtate", Some("bitrate")),
            ("bittratte", Some("bitrate")),
            ("widht", Some("width")),
            ("fsp", Some("fps")),
            ("fp", None),
            ("zoom", None),
            ("", None),
            ("éééééééé", None),
        ] {
            assert_eq!(nearest(typed, names.into_iter()), meant, "{typed}");
        }
    }
}
