//! The suite does not depend on the code that it tests.

use std::fs;

#[test]
fn the_manifest_names_no_crate_of_this_project() {
    let manifest = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
    let (_, dependencies) = manifest.split_once("dependencies]").expect("there are some");
    for line in dependencies.lines() {
        assert!(!line.contains("metric-") && !line.contains("path"), "it depends on: {line}");
    }
}
