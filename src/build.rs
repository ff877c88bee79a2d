//! The crate's build script, which cargo runs before it compiles `lib.rs` (`build =` in Cargo.toml); it is no part of the program.
//! It lets the program be linked without libmmal, and with an object of whoever links it.
//!
//! rascam's build script asks the linker for five libraries of the VideoCore. The program must not name them: it defines
//! the symbols itself and loads the libraries at run time (`source/mmal/library/sys.rs`). What the linker gets are stand-ins with nothing
//! in them. Where the real libraries are found first, `--as-needed` keeps them out all the same.
//!
//! Two kinds, each in a folder of its own: GNU ld takes whatever it finds first, and refuses a script that names nothing;
//! zig looks for shared libraries alone, and for it such a script stands for one.
//!
//! The object is `PICAM_STREAM_LINK_WITH`: what the package's linker needs (tests/packaging/cross.sh).

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
const EMPTY_SCRIPT: &[u8] = b"INPUT()\n";

/// Folder, ending and content of each kind, in the order in which they are searched.
const KINDS: [(&str, &str, &[u8]); 2] = [
    ("archives", "a", EMPTY_ARCHIVE),
    ("scripts", "so", EMPTY_SCRIPT),
];

fn main() {
    println!("cargo::rerun-if-changed=src/build.rs");
    println!("cargo::rerun-if-env-changed=PICAM_STREAM_LINK_WITH");
    if let Some(object) = env::var("PICAM_STREAM_LINK_WITH")
        .ok()
        .filter(|path| !path.is_empty())
    {
        println!("cargo::rerun-if-changed={object}");
        println!("cargo::rustc-link-arg-bins={object}");
    }
    if env::var("CARGO_CFG_TARGET_ARCH").as_deref() != Ok("arm") {
        return;
    }
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    for (folder, ending, content) in KINDS {
        let folder = Path::new(&out).join(folder);
        fs::create_dir_all(&folder)
            .unwrap_or_else(|error| panic!("cannot make {}: {error}", folder.display()));
        for library in LIBRARIES {
            let path = folder.join(format!("lib{library}.{ending}"));
            fs::write(&path, content)
                .unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
        }
        println!("cargo::rustc-link-search=native={}", folder.display());
    }
}
