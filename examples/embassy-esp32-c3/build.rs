//! Passes the chip's memory map to the linker, and the place of the settings to the source.

use std::fs;

fn main() {
    println!("cargo::rustc-link-arg-bins=-Tlinkall.x");
    println!("cargo::rerun-if-changed=partitions.csv");
    let table = fs::read_to_string("partitions.csv").unwrap();
    println!("cargo::rustc-env=SETTINGS={}", offset(&table, "settings").unwrap());
}

/// Returns where a partition begins, as the digits behind `0x`.
fn offset<'a>(table: &'a str, name: &str) -> Option<&'a str> {
    let mut rows = table.lines().map(|line| line.split(',').map(str::trim));
    let mut row = rows.find(|row| row.clone().next() == Some(name))?;
    row.nth(3)?.strip_prefix("0x")
}
