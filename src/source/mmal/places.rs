//! What libmmal is called and where each Raspbian keeps it. What loads it and what only looks whether it is there both read
//! it here.

/// The library as a whole, without "lib" in front and an ending behind.
pub const WHOLE: &str = "mmal";

/// What it is made of, for where the whole is missing: core before util, since these do not all name each other.
pub const PARTS: [&str; 5] = ["vcos", "mmal_core", "mmal_util", "mmal_vc_client", HOST];

/// Not part of libmmal, and there with it on every Raspbian: the start of the connection to the VideoCore.
pub const HOST: &str = "bcm_host";

/// Raspbian up to buster, then bullseye.
pub const FOLDERS: [&str; 2] = ["/opt/vc/lib", "/usr/lib/arm-linux-gnueabihf"];

/// Without a version up to buster, with one from bullseye on.
const ENDINGS: [&str; 2] = [".so", ".so.0"];

/// The files that may be library `name`, the likeliest first.
pub fn files(name: &str) -> impl Iterator<Item = String> {
    FOLDERS
        .iter()
        .flat_map(move |folder| names(name).map(move |file| format!("{folder}/{file}")))
}

/// The same without a folder, for the loader's own path.
pub fn names(name: &str) -> impl Iterator<Item = String> {
    ENDINGS
        .iter()
        .map(move |ending| format!("lib{name}{ending}"))
}
