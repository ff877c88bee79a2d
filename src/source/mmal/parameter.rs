//! What one of raspivid's options is to MMAL; `parameters.rs` has a row for each.
//!
//! Values are the 32-bit words that follow the header in the parameter's structure (mmal_parameters_*.h).

use super::request::Request;

/// A port of one of the two components.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortPlace {
    CameraControl,
    /// The camera's output 0, which must have a format although nothing is joined to it.
    Preview,
    /// The camera's output 1, which feeds the encoder.
    Video,
    /// The camera's output 2, which must have a format although nothing is joined to it.
    Still,
    EncoderInput,
    EncoderOutput,
}

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// The long name of the option behind it.
    pub option: &'static str,
    pub places: &'static [PortPlace],
    pub id: u32,
    pub value: Value,
    /// What a refusal means.
    pub refusal: Refusal,
}

/// How a parameter gets its value; `None` leaves the parameter out.
#[derive(Clone, Copy, Debug)]
pub enum Value {
    Words(fn(&Request) -> Option<Vec<u32>>),
    /// One word.
    Word(fn(&Request) -> Option<u32>),
    /// The parameter has `length` words: they are read, and the first is replaced.
    First {
        length: usize,
        word: fn(&Request) -> Option<u32>,
    },
    /// A structure that has grown: the newest version first, and the older ones where that is refused.
    Versions(fn(&Request) -> [Vec<u32>; 3]),
}

/// What a refusal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Ends,
    /// The camera goes on without it.
    Passes,
}

/// Its refusal ends everything.
pub const fn must(
    option: &'static str,
    places: &'static [PortPlace],
    id: u32,
    value: Value,
) -> Parameter {
    Parameter {
        option,
        places,
        id,
        value,
        refusal: Refusal::Ends,
    }
}

/// Its refusal ends nothing.
pub const fn may(
    option: &'static str,
    places: &'static [PortPlace],
    id: u32,
    value: Value,
) -> Parameter {
    Parameter {
        refusal: Refusal::Passes,
        ..must(option, places, id, value)
    }
}

/// A parameter as the library takes it: id, length in bytes, values.
pub fn message(id: u32, words: &[u32]) -> Vec<u32> {
    let length_bytes = (2 + words.len()) * size_of::<u32>();
    [id, length_bytes as u32]
        .into_iter()
        .chain(words.iter().copied())
        .collect()
}
