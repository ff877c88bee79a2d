//! What a port says of its buffers, and what it is told of its pictures, as plain numbers.

/// How a port wants its buffers.
#[derive(Clone, Copy, Debug)]
pub struct PortBuffers {
    pub count_min: u32,
    pub count_recommended: u32,
    pub size_bytes_min: u32,
    pub size_bytes_recommended: u32,
}

/// The format of pictures on a port. Sizes in pixels.
#[derive(Clone, Copy, Debug)]
pub struct PortPictures {
    pub encoding: u32,
    pub variant: u32,
    /// With the padding that the hardware wants.
    pub width: u32,
    pub height: u32,
    /// What of it is picture, from the upper left corner.
    pub visible_width: u32,
    pub visible_height: u32,
    /// Frames a second; 0 is variable.
    pub rate: u32,
}
