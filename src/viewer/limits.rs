//! The limits within which a viewer is served, all of them: how old a picture may be, how long a silence may last, how
//! much is read, kept and sent in one piece.

use std::time::Duration;

/// A picture older than this is not begun any more, and none is while older bytes wait in the kernel.
pub const MOST_LAG: Duration = Duration::from_secs(2);

/// More than two seconds of any stream that the encoder makes (62.5 Mbit/s at most); a guard against a lying clock.
pub const MOST_WAITING_BYTES: usize = 16 << 20;

/// A viewer that takes nothing for this long although bytes wait is stuck.
pub const MOST_STUCK: Duration = Duration::from_secs(10);

/// How long the kernel lets sent data go without an answer: beyond that the peer's machine is gone (tcp(7)).
pub const USER_TIMEOUT: Duration = Duration::from_secs(10);

/// How often a viewer that closed its sending half is asked whether it is still there while no frame flows.
pub const PROBE_EVERY: Duration = Duration::from_secs(1);

/// How long after that it is asked first: a camera that starts quickly makes the question needless.
pub const FIRST_PROBE_AFTER: Duration = Duration::from_millis(300);

/// How long such a viewer is believed in when it cannot be asked.
pub const SILENCE_LIMIT: Duration = Duration::from_secs(15);

/// How long the end of a session waits until the viewer has taken a picture that was begun, and then what was sent last.
pub const FAREWELL: Duration = Duration::from_secs(1);

/// How much of what a viewer sends is read and thrown away in one go, so that a flood cannot hold up the stream.
pub const MOST_READS: usize = 16;

/// The most that crosses every network in one piece: an Ethernet frame less the headers of IPv6, UDP and a tunnel.
pub const DATAGRAM_BYTES: usize = 1400;

/// Seven packets of 188 bytes: what every player expects of MPEG-TS over UDP.
pub const TS_DATAGRAM_BYTES: usize = 7 * 188;
