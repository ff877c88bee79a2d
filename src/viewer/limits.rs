//! The limits within which a viewer is served, all of them: how old a picture may be, how long a silence may last, how
//! much is read, kept and sent in one piece.

use std::time::Duration;

/// How long after it was offered a picture may arrive. What takes longer on its way leaves so much less time to wait in
/// the queue; the promise is two seconds, and the rest of them is for ways that become longer suddenly.
pub const ARRIVES_WITHIN: Duration = Duration::from_millis(1200);

/// A picture may wait for this long however long its way is: most of a second between key frames, or there would be none
/// in the queue to skip to, and the line would stand idle.
pub const LEAST_WAIT: Duration = Duration::from_millis(800);

/// What the viewer took in this time may lie unsent before a picture that is begun: enough to keep the line busy until
/// the next look, little enough to be gone soon.
pub const MOST_UNSENT: Duration = Duration::from_millis(250);

/// An answer that announces the first picture may lie before it: it is short, and a client that acknowledges it late
/// (40 ms, tcp(7), TCP_QUICKACK) would have nothing to show meanwhile.
pub const MOST_ANSWER_BYTES: u64 = 2048;

/// What the viewer took in this time may be on its way besides: more has been lost, or fills the queues of routers. On a long
/// line it is what was taken in two round trips.
pub const MOST_ON_ITS_WAY: Duration = Duration::from_millis(500);

/// However long the line.
pub const MOST_ON_A_LONG_WAY: Duration = Duration::from_secs(1);

/// More than two seconds of any stream that the encoder makes (62.5 Mbit/s at most); a guard against a lying clock.
pub const MOST_WAITING_BYTES: usize = 16 << 20;

/// A viewer that takes nothing for this long although bytes wait is stuck, or its machine is gone. TCP_USER_TIMEOUT is no
/// help: while the peer's window is closed it counts the time since the next segment fitted last, and a viewer that
/// reads a little at a time makes room for less than that for ever.
pub const MOST_STUCK: Duration = Duration::from_secs(10);

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

/// The head of a request has no more, over HTTP and over RTSP. Nothing beyond is read from the connection, so that this bounds
/// what it costs, too.
pub const MOST_HEAD_BYTES: usize = 8 << 10;

/// The most that crosses every network in one piece: an Ethernet frame less the headers of IPv6, UDP and a tunnel.
pub const DATAGRAM_BYTES: usize = 1400;

/// Seven packets of 188 bytes: what every player expects of MPEG-TS over UDP.
pub const TS_DATAGRAM_BYTES: usize = 7 * 188;
