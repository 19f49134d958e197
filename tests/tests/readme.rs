//! The table in the README of this folder is up to date.

use std::fs;
use std::path::Path;

use metric_conformance::conformance_table;
use metric_tests::servers::SERVERS;

#[test]
fn the_table_of_the_readme_names_every_case_and_server() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let renewed = Path::new(env!("CARGO_TARGET_TMPDIR")).join("conformance.md");
    let table = conformance_table(&SERVERS);
    fs::write(&renewed, &table).unwrap();
    assert!(readme.contains(&table), "the table has changed: {}", renewed.display());
}
