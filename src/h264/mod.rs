//! Pure functions on H.264 bytes (ITU-T H.264): no sockets, no clocks, no allocation beyond what is returned.
