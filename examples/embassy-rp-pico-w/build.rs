//! Passes the memory map to the linker, and the path of the radio's firmware to the compiler.

use std::path::PathBuf;
use std::{env, fs};

fn main() {
    println!("cargo::rustc-link-search={}", env!("CARGO_MANIFEST_DIR"));
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
    println!("cargo::rustc-link-arg-bins=-Tlink-rp.x");
    println!("cargo::rustc-link-arg-bins=-Tdefmt.x");
    println!("cargo::rerun-if-changed=memory.x");
    let folder = radio_firmware();
    let folder = fs::canonicalize(&folder).unwrap_or(folder);
    println!("cargo::rustc-env=RADIO_FIRMWARE={}", folder.display());
}

/// Returns the folder with the radio's firmware. The build fails if a file is missing.
fn radio_firmware() -> PathBuf {
    println!("cargo::rerun-if-env-changed=RADIO_FIRMWARE");
    let folder = env::var_os("RADIO_FIRMWARE").map_or("radio".into(), PathBuf::from);
    for name in ["43439A0.bin", "43439A0_clm.bin", "nvram_rp2040.bin"] {
        let file = folder.join(name);
        println!("cargo::rerun-if-changed={}", file.display());
        if !file.is_file() {
            let file = file.display();
            println!("cargo::error={file} is missing; README.md says where to get it");
        }
    }
    folder
}
