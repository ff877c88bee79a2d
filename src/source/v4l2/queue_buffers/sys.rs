//! The calls on the buffers of a queue, in safe form: ioctl(2) and mmap(2). What comes back is checked before anything relies on
//! it: indices, lengths, offsets.

#![allow(unsafe_code)]

use std::num::NonZeroUsize;
use std::ptr::NonNull;

use nix::errno::Errno;
use nix::libc::{c_void, off_t};
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};

use super::super::abi::*;
use super::super::sys::{Device, retry};

type Result<T> = std::result::Result<T, Errno>;

mod ioctl {
    use super::super::super::abi::*;

    nix::ioctl_readwrite!(reqbufs, b'V', 8, RawRequestBuffers);
    nix::ioctl_readwrite!(querybuf, b'V', 9, RawBuffer);
    nix::ioctl_readwrite!(qbuf, b'V', 15, RawBuffer);
    nix::ioctl_readwrite!(dqbuf, b'V', 17, RawBuffer);
}

/// A filled buffer that the device gave back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filled {
    pub index: usize,
    pub bytes_used: usize,
    pub flags: u32,
    pub sequence: u32,
    /// Of the clock that the flags tell; zero where it was negative.
    pub time_us: u64,
}

/// The buffers of one queue, shared with the device. What lies in one can be looked at only while the device does not have it.
#[derive(Debug)]
pub struct QueueBuffers {
    kind: QueueKind,
    maps: Vec<Map>,
}

#[derive(Debug)]
struct Map {
    memory: NonNull<c_void>,
    bytes: NonZeroUsize,
    /// The device has it and may write to it at any time.
    lent: bool,
}

impl QueueBuffers {
    /// Asks the device for `count` buffers; it may give more or fewer.
    pub fn request(device: &Device, kind: QueueKind, count: u32) -> Result<Self> {
        let mut raw = RawRequestBuffers {
            count,
            kind: kind as u32,
            memory: MEMORY_MMAP,
            capabilities: 0,
            flags: 0,
        };
        // SAFETY: the descriptor is open, and the structure is as large as the ioctl number says.
        retry(|| unsafe { ioctl::reqbufs(device.fd(), &raw mut raw) })?;
        let mut buffers = Self {
            kind,
            maps: Vec::new(),
        };
        // VIDEO_MAX_FRAME: no queue has more.
        for index in 0..raw.count.min(32) {
            buffers.map(device, index)?;
        }
        if buffers.maps.len() < 2 {
            return Err(Errno::ENOMEM);
        }
        Ok(buffers)
    }

    fn map(&mut self, device: &Device, index: u32) -> Result<()> {
        let (mut raw, mut plane) = (self.raw(index), RawPlane::default());
        self.attach(&mut raw, &mut plane);
        // SAFETY: the descriptor is open, the structure is as large as the ioctl number says, and with a multi-planar
        // queue it points to `plane`, one plane, as its length says.
        retry(|| unsafe { ioctl::querybuf(device.fd(), &raw mut raw) })?;
        let (length, offset) = if self.kind.is_multi_planar() {
            (plane.length, plane.location.offset)
        } else {
            // SAFETY: a single-planar buffer of mapped memory has its offset there.
            (raw.length, unsafe { raw.location.single.offset })
        };
        let bytes = NonZeroUsize::new(length as usize).ok_or(Errno::EINVAL)?;
        // On 32-bit systems off_t has 31 bits.
        #[allow(clippy::unnecessary_fallible_conversions)]
        let offset = off_t::try_from(offset).map_err(|_| Errno::EOVERFLOW)?;
        let protection = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new mapping at an address of the kernel's choice takes no memory from anybody; the kernel refuses an
        // offset and length that are not a buffer's.
        let memory = unsafe {
            mmap(
                None,
                bytes,
                protection,
                MapFlags::MAP_SHARED,
                device,
                offset,
            )
        }?;
        self.maps.push(Map {
            memory,
            bytes,
            lent: false,
        });
        Ok(())
    }

    fn raw(&self, index: u32) -> RawBuffer {
        RawBuffer {
            index,
            kind: self.kind as u32,
            bytes_used: 0,
            flags: 0,
            field: FIELD_NONE,
            time: RawTime::default(),
            timecode: [0; 4],
            sequence: 0,
            memory: MEMORY_MMAP,
            location: BufferLocation {
                single: Location::default(),
            },
            length: 0,
            reserved: 0,
            request: 0,
        }
    }

    fn attach(&self, raw: &mut RawBuffer, plane: &mut RawPlane) {
        if self.kind.is_multi_planar() {
            raw.location.planes = plane;
            raw.length = 1;
        }
    }

    pub fn len(&self) -> usize {
        self.maps.len()
    }

    /// Gives a buffer to the device, with the bytes and the time that an encoder is to have of it.
    pub fn lend(
        &mut self,
        device: &Device,
        index: usize,
        bytes: usize,
        time_us: u64,
    ) -> Result<()> {
        let map = self.maps.get(index).ok_or(Errno::EINVAL)?;
        let bytes = u32::try_from(bytes.min(map.bytes.get())).map_err(|_| Errno::EINVAL)?;
        let mut raw = self.raw(index as u32);
        let mut plane = RawPlane {
            bytes_used: bytes,
            length: map.bytes.get() as u32,
            ..RawPlane::default()
        };
        raw.bytes_used = bytes;
        raw.time.seconds = (time_us / 1_000_000) as isize;
        raw.time.microseconds = (time_us % 1_000_000) as isize;
        self.attach(&mut raw, &mut plane);
        // SAFETY: the descriptor is open, the structure is as large as the ioctl number says and points to one plane at
        // most; nobody holds a reference into the buffer, since that would borrow `self`.
        retry(|| unsafe { ioctl::qbuf(device.fd(), &raw mut raw) })?;
        self.maps[index].lent = true;
        Ok(())
    }

    /// Takes the next buffer that the device is done with; `None` when there is none yet.
    pub fn take(&mut self, device: &Device) -> Result<Option<Filled>> {
        let (mut raw, mut plane) = (self.raw(0), RawPlane::default());
        self.attach(&mut raw, &mut plane);
        // SAFETY: the descriptor is open, the structure is as large as the ioctl number says and points to one plane at most.
        match retry(|| unsafe { ioctl::dqbuf(device.fd(), &raw mut raw) }) {
            Ok(()) => {}
            Err(Errno::EAGAIN) => return Ok(None),
            Err(error) => return Err(error),
        }
        let index = raw.index as usize;
        let map = self.maps.get_mut(index).ok_or(Errno::EPROTO)?;
        map.lent = false;
        let bytes_used = if self.kind.is_multi_planar() {
            plane.bytes_used
        } else {
            raw.bytes_used
        } as usize;
        Ok(Some(Filled {
            index,
            bytes_used: bytes_used.min(map.bytes.get()),
            flags: raw.flags,
            sequence: raw.sequence,
            time_us: time_us(raw.time),
        }))
    }

    /// What lies in a buffer; nothing while the device has it.
    pub fn bytes(&self, index: usize) -> &[u8] {
        match self.maps.get(index) {
            // SAFETY: the mapping is there until `self` goes, readable, of that length, and initialised by the kernel; the
            // device does not write to a buffer that it gave back, and giving it to the device again takes `&mut self`.
            Some(map) if !map.lent => unsafe {
                std::slice::from_raw_parts(map.memory.as_ptr().cast(), map.bytes.get())
            },
            _ => &[],
        }
    }

    /// The same, to be filled.
    pub fn bytes_mut(&mut self, index: usize) -> &mut [u8] {
        match self.maps.get_mut(index) {
            // SAFETY: as above; `&mut self` makes this the only reference.
            Some(map) if !map.lent => unsafe {
                std::slice::from_raw_parts_mut(map.memory.as_ptr().cast(), map.bytes.get())
            },
            _ => &mut [],
        }
    }
}

impl Drop for QueueBuffers {
    fn drop(&mut self) {
        for map in &self.maps {
            // SAFETY: it was mapped with this length, once, and no reference into it can outlive `self`. A failure would
            // mean that it is no mapping, and leaves nothing to do.
            let _ = unsafe { munmap(map.memory, map.bytes.get()) };
        }
    }
}

fn time_us(time: RawTime) -> u64 {
    let part = |number: isize| u64::try_from(number).unwrap_or(0);
    part(time.seconds)
        .saturating_mul(1_000_000)
        .saturating_add(part(time.microseconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_ioctl_numbers_are_those_of_the_kernel_header() {
        let wide = size_of::<usize>() == 8;
        let dequeue = nix::request_code_readwrite!(b'V', 17, size_of::<RawBuffer>());
        assert_eq!(dequeue as u64, if wide { 0xc058_5611 } else { 0xc044_5611 });
    }

    #[test]
    fn a_device_without_buffers_gives_an_error_and_no_queue() {
        let device = Device::open(Path::new("/dev/null")).expect("/dev/null opens");
        let refused = QueueBuffers::request(&device, QueueKind::Capture, 4).err();
        assert_eq!(refused, Some(Errno::ENOTTY));
    }

    #[test]
    fn a_time_before_the_clock_began_is_its_beginning() {
        let time = |seconds, microseconds| {
            time_us(RawTime {
                seconds,
                microseconds,
            })
        };
        assert_eq!(time(2, 5), 2_000_005);
        assert_eq!(time(-2, 5), 5);
        assert_eq!(time(-1, -1), 0);
    }
}
