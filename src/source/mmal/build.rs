//! Lets the program be linked without libmmal.
//!
//! rascam's build script asks the linker for five libraries of the VideoCore. The program must not name them: it defines
//! the symbols itself and loads the libraries at run time (`library/sys.rs`). What the linker gets are five archives
//! with nothing in them. Where the real libraries are found first, `--as-needed` keeps them out all the same.

use std::path::Path;
use std::{env, fs};

const LIBRARIES: [&str; 5] = [
    "mmal_core",
    "mmal_util",
    "mmal_vc_client",
    "vcos",
    "bcm_host",
];
const EMPTY_ARCHIVE: &[u8] = b"!<arch>\n";
/// A linker script that adds nothing: zig looks for shared libraries alone.
const EMPTY_SCRIPT: &[u8] = b"INPUT()\n";

fn main() {
    println!("cargo::rerun-if-changed=src/source/mmal/build.rs");
    if env::var("CARGO_CFG_TARGET_ARCH").as_deref() != Ok("arm") {
        return;
    }
    let directory = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    for library in LIBRARIES {
        for (ending, content) in [("a", EMPTY_ARCHIVE), ("so", EMPTY_SCRIPT)] {
            let path = Path::new(&directory).join(format!("lib{library}.{ending}"));
            fs::write(&path, content)
                .unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
        }
    }
    println!("cargo::rustc-link-search=native={directory}");
}
