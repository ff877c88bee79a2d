//! Raw formats (Linux media userspace API, "Image Formats"): packed, semi-planar and planar YCbCr, grey. Where a format has
//! more colour samples than 4:2:0, the mean of those that lie above each other is taken.

use super::{PixelLayout, Planes, mean};
use crate::source::v4l2::abi::FourCc;

/// Of light without colour.
const NO_COLOUR: u8 = 128;

impl Planes {
    /// `None` when there are too few bytes. What pads the last row may be missing.
    pub(super) fn read_raw(&mut self, layout: &PixelLayout, bytes: &[u8]) -> Option<()> {
        match layout.format {
            FourCc::YUYV => self.read_packed::<0, 1, 3>(layout, bytes),
            FourCc::YVYU => self.read_packed::<0, 3, 1>(layout, bytes),
            FourCc::UYVY => self.read_packed::<1, 0, 2>(layout, bytes),
            FourCc::NV12 => self.read_semi_planar::<0>(layout, bytes, 1),
            FourCc::NV21 => self.read_semi_planar::<1>(layout, bytes, 1),
            FourCc::NV16 => self.read_semi_planar::<0>(layout, bytes, 2),
            FourCc::I420 | FourCc::YV12 => self.read_planar(layout, bytes),
            FourCc::RGB24 => self.read_rgb::<0, 2>(layout, bytes),
            FourCc::BGR24 => self.read_rgb::<2, 0>(layout, bytes),
            FourCc::GREY => self.read_grey(layout.stride, bytes),
            _ => None,
        }
    }

    /// Two pixels in four bytes: the first luma, Cb and Cr stand at these places, the second luma two behind the first.
    fn read_packed<const Y: usize, const CB: usize, const CR: usize>(
        &mut self,
        layout: &PixelLayout,
        bytes: &[u8],
    ) -> Option<()> {
        let (width, stride) = (self.width(), layout.stride);
        for pair in 0..self.height() / 2 {
            let top = bytes.get(2 * pair * stride..)?.get(..2 * width)?;
            let bottom = bytes.get((2 * pair + 1) * stride..)?.get(..2 * width)?;
            let (upper, lower) = self.y[2 * pair * width..][..2 * width].split_at_mut(width);
            take_every_second::<Y>(upper, top);
            take_every_second::<Y>(lower, bottom);
            let both = top.chunks_exact(4).zip(bottom.chunks_exact(4));
            for ((cb, cr), (top, bottom)) in self.colours_of(pair).zip(both) {
                *cb = mean(top[CB], bottom[CB]);
                *cr = mean(top[CR], bottom[CR]);
            }
        }
        Some(())
    }

    /// A plane of luma, then one of colours in pairs, Cb first (0) or second (1), with so many rows for two of luma.
    fn read_semi_planar<const CB: usize>(
        &mut self,
        layout: &PixelLayout,
        bytes: &[u8],
        rows: usize,
    ) -> Option<()> {
        let (width, stride) = (self.width(), layout.stride);
        copy_rows(&mut self.y, width, bytes, stride)?;
        let colours = bytes.get(stride * layout.size.height as usize..)?;
        for pair in 0..self.height() / 2 {
            let top = colours.get(rows * pair * stride..)?.get(..width)?;
            let last = (rows * pair + rows - 1) * stride;
            let bottom = colours.get(last..)?.get(..width)?;
            let both = top.chunks_exact(2).zip(bottom.chunks_exact(2));
            for ((cb, cr), (top, bottom)) in self.colours_of(pair).zip(both) {
                *cb = mean(top[CB], bottom[CB]);
                *cr = mean(top[1 - CB], bottom[1 - CB]);
            }
        }
        Some(())
    }

    /// Three planes; those of the colours have half as many bytes in half as many rows.
    fn read_planar(&mut self, layout: &PixelLayout, bytes: &[u8]) -> Option<()> {
        let (width, height) = (self.width(), layout.size.height as usize);
        copy_rows(&mut self.y, width, bytes, layout.stride)?;
        let stride = layout.stride.div_ceil(2);
        let first = bytes.get(layout.stride * height..)?;
        let second = first.get(stride * height.div_ceil(2)..)?;
        let (cb, cr) = if layout.format == FourCc::YV12 {
            (second, first)
        } else {
            (first, second)
        };
        copy_rows(&mut self.cb, width / 2, cb, stride)?;
        copy_rows(&mut self.cr, width / 2, cr, stride)
    }

    fn read_grey(&mut self, stride: usize, bytes: &[u8]) -> Option<()> {
        let width = self.width();
        self.have_no_colours();
        copy_rows(&mut self.y, width, bytes, stride)
    }

    pub(super) fn have_no_colours(&mut self) {
        self.cb.fill(NO_COLOUR);
        self.cr.fill(NO_COLOUR);
    }

    /// The samples of Cb and Cr that belong to two rows of luma.
    pub(super) fn colours_of(
        &mut self,
        pair: usize,
    ) -> impl Iterator<Item = (&mut u8, &mut u8)> + use<'_> {
        let half = self.width() / 2;
        let place = pair * half..(pair + 1) * half;
        self.cb[place.clone()].iter_mut().zip(&mut self.cr[place])
    }
}

fn take_every_second<const FIRST: usize>(row: &mut [u8], packed: &[u8]) {
    for (y, pair) in row.iter_mut().zip(packed.chunks_exact(2)) {
        *y = pair[FIRST];
    }
}

/// Fills a plane whose rows are `width` long from rows that are `stride` apart; `None` when there are too few bytes.
pub(super) fn copy_rows(plane: &mut [u8], width: usize, bytes: &[u8], stride: usize) -> Option<()> {
    for (row, into) in plane.chunks_exact_mut(width).enumerate() {
        into.copy_from_slice(bytes.get(row * stride..)?.get(..width)?);
    }
    Some(())
}
