//! Passes the memory map to the linker, and the chip and the path of the radio's firmware to the source.

use std::path::PathBuf;
use std::{env, fs};

fn main() {
    let chip = chip();
    println!("cargo::rustc-check-cfg=cfg(rp2040, rp2350)");
    println!("cargo::rustc-cfg={chip}");
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
    println!("cargo::rustc-link-arg-bins=-Tdefmt.x");
    if chip == "rp2040" {
        println!("cargo::rustc-link-arg-bins=-Tlink-rp.x");
    }
    pass_memory_map(chip);
    let folder = radio_firmware();
    let folder = fs::canonicalize(&folder).unwrap_or(folder);
    println!("cargo::rustc-env=RADIO_FIRMWARE={}", folder.display());
}

/// Returns the chip: each has a target of its own.
fn chip() -> &'static str {
    match env::var("TARGET").as_deref() {
        Ok("thumbv8m.main-none-eabihf") => "rp2350",
        _ => "rp2040",
    }
}

/// Copies the chip's memory map to where the linker looks for it.
fn pass_memory_map(chip: &str) {
    let (map, output) = (format!("memory-{chip}.x"), env::var("OUT_DIR").unwrap());
    fs::copy(&map, format!("{output}/memory.x")).unwrap();
    println!("cargo::rustc-link-search={output}");
    println!("cargo::rerun-if-changed={map}");
}

/// Returns the folder of the radio's firmware. The build fails if a file is missing.
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
