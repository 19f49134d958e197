//! The build script of the boards: passes the memory map to the linker.

use std::path::Path;

fn main() {
    println!("cargo:rustc-link-search={}", env!("CARGO_MANIFEST_DIR"));
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    // Names of labels would hide those of functions in stack traces.
    println!("cargo:rustc-link-arg-bins=--discard-locals");
    for part in ["memory.x", "device.x"].into_iter().filter(|part| Path::new(part).exists()) {
        println!("cargo:rerun-if-changed={part}");
    }
}
