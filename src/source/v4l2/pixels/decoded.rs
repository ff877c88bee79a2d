//! JPEGs, decoded to luma and colours. Each has a size of its own: cameras give other ones than they agreed upon.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::raw::copy_rows;
use super::{LONGEST_SIDE, Planes, even, mean};
use crate::jpeg::{FrameHeader, Whole};
use crate::units::Size;

/// A picture of any camera may be so large, in pixels.
const ALWAYS_TAKEN: u64 = 1920 * 1088;

/// Otherwise a picture may be so many times as large as agreed upon. A header that claims more is damaged, and the memory
/// for it would be taken from everything else.
const TIMES_AGREED: u64 = 4;

impl Planes {
    pub(super) fn read_jpeg(&mut self, agreed: Size, bytes: &[u8]) -> Result<(), String> {
        let whole = Whole::of(bytes).map_err(|fault| fault.to_string())?;
        let header = *whole.header();
        check_size(&header, agreed)?;
        let is_grey = header.is_grey();
        let colours = if is_grey {
            ColorSpace::Luma
        } else {
            ColorSpace::YCbCr
        };
        // The blocks have been counted, but for codings where only the decoder can tell.
        let options = DecoderOptions::default()
            .jpeg_set_out_colorspace(colours)
            .set_strict_mode(!header.is_sequential());
        let cursor = ZCursor::new(whole.completed(&mut self.jpeg));
        let mut decoder = JpegDecoder::new_with_options(cursor, options);
        let size = header.size;
        let samples = size.width as usize * size.height as usize * colours.num_components();
        self.decoded.resize(samples, 0);
        decoder
            .decode_into(&mut self.decoded)
            .map_err(|error| format!("a JPEG cannot be decoded: {error}"))?;
        if decoder.output_buffer_size() != Some(samples) {
            return Err("the header of a JPEG cannot be".into());
        }
        self.resize(even(size));
        if is_grey {
            let width = self.width();
            self.have_no_colours();
            copy_rows(&mut self.y, width, &self.decoded, size.width as usize)
                .ok_or_else(|| "a JPEG of too few pixels".into())
        } else {
            self.take_decoded(size.width as usize);
            Ok(())
        }
    }

    /// From three bytes a pixel to planes, with the mean colour of each four.
    fn take_decoded(&mut self, decoded_width: usize) {
        let (width, stride) = (self.width(), decoded_width * 3);
        let decoded = std::mem::take(&mut self.decoded);
        for pair in 0..self.height() / 2 {
            let rows = &decoded[2 * pair * stride..(2 * pair + 2) * stride];
            let (top, bottom) = rows.split_at(stride);
            let luma = self.y[2 * pair * width..][..2 * width].chunks_exact_mut(width);
            for (row, pixels) in luma.zip([top, bottom]) {
                for (y, pixel) in row.iter_mut().zip(pixels.chunks_exact(3)) {
                    *y = pixel[0];
                }
            }
            let both = top.chunks_exact(6).zip(bottom.chunks_exact(6));
            for ((cb, cr), (top, bottom)) in self.colours_of(pair).zip(both) {
                *cb = mean(mean(top[1], top[4]), mean(bottom[1], bottom[4]));
                *cr = mean(mean(top[2], top[5]), mean(bottom[2], bottom[5]));
            }
        }
        self.decoded = decoded;
    }
}

/// Whether a picture of this size can be taken from a camera that agreed upon another.
pub fn check_size(header: &FrameHeader, agreed: Size) -> Result<(), String> {
    let pixels = |size: Size| u64::from(size.width) * u64::from(size.height);
    let most = ALWAYS_TAKEN.max(TIMES_AGREED * pixels(agreed));
    let size = header.size;
    let sides = 2..=LONGEST_SIDE;
    if !sides.contains(&size.width) || !sides.contains(&size.height) || pixels(size) > most {
        return Err(format!(
            "a JPEG says that it is {size}, where {agreed} was agreed upon"
        ));
    }
    Ok(())
}
