//! The stream through the real program: real connections, real players, viewers that misbehave. Each test starts the
//! program as systemd does, with the connection on descriptors 0 and 1, unless it is about another way.

mod command_line;
mod connecting;
mod endings;
mod fmp4;
mod outputs;
mod parameter_sets;
mod players;
mod recordings;
mod signals;
mod slow_viewers;
mod test_card;
mod turned;
mod viewers;
