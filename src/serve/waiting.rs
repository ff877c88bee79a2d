//! How the loop waits: each turn it says on which descriptors, in order, as for poll(2), and the kernel is told of what has
//! changed since the last (epoll(7)). With a hundred viewers poll(2) looks at two hundred sockets twice for each picture,
//! which was a sixth of all the time of the process.

use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};

use crate::units::poll_timeout;

/// So many descriptors are told at once; the others are told in the next turn.
const MOST_AT_ONCE: usize = 64;

/// How soon all are looked at again while the kernel has no memory to wait with.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What the kernel was told to wait for.
#[derive(Debug)]
pub struct Waiting {
    epoll: Option<Epoll>,
    known: Vec<(RawFd, PollFlags)>,
    /// Room for what is told.
    events: Vec<EpollEvent>,
}

impl Waiting {
    pub fn new() -> Self {
        Self {
            epoll: None,
            known: Vec::new(),
            events: vec![EpollEvent::empty(); MOST_AT_ONCE],
        }
    }

    /// A descriptor was closed. The kernel goes on waiting for it while another process has the same connection, as PID 1
    /// and an instance do, and nobody could take that back; and its number may be another's by the next turn.
    pub fn begin_anew(&mut self) {
        self.epoll = None;
        self.known.clear();
    }

    /// Waits for `longest` or until something happens on one of `fds`, and says on which, by their places. Those in `wakes` are
    /// eventfds that nobody reads: what is told of them is that they were written to since it was told last (EPOLLET).
    pub fn wait(
        &mut self,
        fds: &[PollFd<'_>],
        wakes: &Range<usize>,
        longest: Duration,
    ) -> Vec<usize> {
        let (Ok(()), Some(epoll)) = (self.tell(fds, wakes), &self.epoll) else {
            // Without memory or descriptors for it. Everybody who is looked at can do with nothing having happened.
            self.begin_anew();
            thread::sleep(longest.min(LOOK_AGAIN));
            return (0..fds.len()).collect();
        };
        // A signal ends the wait (EINTR).
        let count = epoll
            .wait(&mut self.events, poll_timeout(longest))
            .unwrap_or_default();
        let told = self.events[..count].iter();
        told.map(|event| event.data() as usize).collect()
    }

    /// Tells the kernel of what has changed.
    fn tell(&mut self, fds: &[PollFd<'_>], wakes: &Range<usize>) -> Result<(), Errno> {
        let is_known = |(fd, (known, _)): (&PollFd<'_>, &(RawFd, _))| number(fd) == *known;
        if fds.len() < self.known.len() || !fds.iter().zip(&self.known).all(is_known) {
            self.begin_anew();
        }
        let epoll = match &mut self.epoll {
            Some(epoll) => epoll,
            none => none.insert(Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?),
        };
        for (place, fd) in fds.iter().enumerate() {
            let wanted = fd.events();
            let mut flags = EpollFlags::from_bits_truncate(wanted.bits().into());
            flags.set(EpollFlags::EPOLLET, wakes.contains(&place));
            let mut event = EpollEvent::new(flags, place as u64);
            match self.known.get_mut(place) {
                Some((_, known)) if *known == wanted => {}
                Some((_, known)) => {
                    epoll.modify(fd.as_fd(), &mut event)?;
                    *known = wanted;
                }
                None => {
                    epoll.add(fd.as_fd(), event)?;
                    self.known.push((number(fd), wanted));
                }
            }
        }
        Ok(())
    }
}

fn number(fd: &PollFd<'_>) -> RawFd {
    fd.as_fd().as_raw_fd()
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    use nix::sys::eventfd::EventFd;

    use super::*;

    fn reads(fd: &UnixStream) -> PollFd<'_> {
        PollFd::new(fd.as_fd(), PollFlags::POLLIN)
    }

    #[test]
    fn what_has_happened_is_told_by_its_place_until_it_is_dealt_with() {
        let (mut first, mut to_first) = UnixStream::pair().unwrap();
        let (second, mut to_second) = UnixStream::pair().unwrap();
        let mut waiting = Waiting::new();
        let mut now = |fds: &[PollFd<'_>]| waiting.wait(fds, &(0..0), Duration::ZERO);
        assert!(now(&[reads(&first)]).is_empty());
        to_second.write_all(b"x").unwrap();
        for _ in 0..2 {
            assert_eq!(now(&[reads(&first), reads(&second)]), [1]);
        }
        to_first.write_all(b"x").unwrap();
        assert_eq!(now(&[reads(&second), reads(&first)]).len(), 2);
        first.read_exact(&mut [0]).unwrap();
        assert_eq!(now(&[reads(&second), reads(&first)]), [0]);
        assert!(now(&[reads(&first)]).is_empty());
    }

    #[test]
    fn what_is_waited_for_can_change() {
        let (socket, _other) = UnixStream::pair().unwrap();
        let mut waiting = Waiting::new();
        for (events, told) in [
            (PollFlags::POLLIN, 0),
            (PollFlags::POLLIN | PollFlags::POLLOUT, 1),
            (PollFlags::empty(), 0),
        ] {
            let fds = [PollFd::new(socket.as_fd(), events)];
            let happened = waiting.wait(&fds, &(0..0), Duration::ZERO);
            assert_eq!(happened.len(), told, "{events:?}");
        }
    }

    #[test]
    fn a_wake_up_is_told_once_and_every_one_is() {
        let wake = EventFd::new().unwrap();
        let mut waiting = Waiting::new();
        let mut now = || {
            let fds = [PollFd::new(wake.as_fd(), PollFlags::POLLIN)];
            waiting.wait(&fds, &(0..1), Duration::ZERO)
        };
        assert!(now().is_empty());
        for _ in 0..3 {
            wake.write(1).unwrap();
            assert_eq!(now(), [0]);
            assert!(now().is_empty());
        }
    }

    #[test]
    fn a_closed_descriptor_is_forgotten_though_another_process_has_its_connection() {
        // Another test may take the number first.
        let has_the_same_number = (0..100).any(|_| {
            let (gone, mut peer) = UnixStream::pair().unwrap();
            let number = gone.as_raw_fd();
            // As PID 1 keeps one.
            let _copy = gone.try_clone().unwrap();
            let mut waiting = Waiting::new();
            waiting.wait(&[reads(&gone)], &(0..0), Duration::ZERO);
            drop(gone);
            waiting.begin_anew();
            let (next, _other) = UnixStream::pair().unwrap();
            peer.write_all(b"x").unwrap();
            let happened = waiting.wait(&[reads(&next)], &(0..0), Duration::ZERO);
            assert!(happened.is_empty(), "{number} {}", next.as_raw_fd());
            next.as_raw_fd() == number
        });
        assert!(has_the_same_number);
    }
}
