//! The laws that fuzzers try to break hold for all inputs that fuzzers have found, and for random
//! inputs made of these.

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use metric_tests::oracles::{ORACLES, Oracle};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestError, TestRunner};

#[test]
fn every_law_holds_for_its_corpus() {
    let inputs = ORACLES.into_iter().flat_map(|(name, oracle)| {
        corpus(name).into_iter().map(move |(path, input)| (path, oracle, input))
    });
    let broken = inputs.filter(|(_, oracle, input)| catch_unwind(|| oracle(input)).is_err());
    let broken: Vec<_> = broken.map(|(path, ..)| path).collect();
    assert!(broken.is_empty(), "laws are broken by {broken:#?}");
}

#[test]
fn every_law_holds_for_random_inputs() {
    let words = dictionary();
    let broken = ORACLES.into_iter().filter_map(|oracle| broken(oracle, words.clone()));
    let broken: Vec<_> = broken.collect();
    assert!(broken.is_empty(), "laws are broken:\n{}", broken.join("\n"));
}

/// Returns the law's name, a short input that breaks it, and the message, if random inputs find one.
fn broken((name, oracle): Oracle, words: Vec<Vec<u8>>) -> Option<String> {
    let inputs: Vec<_> = corpus(name).into_iter().map(|(_, input)| input).collect();
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let checked = runner.run(&spliced(inputs, words), |input| {
        oracle(&input);
        Ok(())
    });
    match checked {
        Ok(()) => None,
        Err(TestError::Fail(why, input)) => {
            Some(format!("{name} by {}: {why}", input.escape_ascii()))
        }
        Err(TestError::Abort(why)) => Some(format!("{name}: {why}")),
    }
}

/// Returns inputs made of parts of a corpus, words and any bytes.
fn spliced(corpus: Vec<Vec<u8>>, words: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let part = (select(corpus), any::<(Index, Index)>()).prop_map(|(input, (start, end))| {
        let (start, end) = (start.index(input.len() + 1), end.index(input.len() + 1));
        input[start.min(end)..start.max(end)].to_vec()
    });
    let word = select(words);
    let bytes = vec(any::<u8>(), 1..9);
    vec(prop_oneof![part, word, bytes], 0..12).prop_map(|parts| parts.concat())
}

#[test]
fn every_fuzz_target_calls_the_oracle_of_its_name_and_every_oracle_has_one() {
    for (name, path) in entries("fuzz_targets") {
        let target = name.strip_suffix(".rs").expect("a Rust file");
        let call = format!("metric_tests::oracles::{target}(data)");
        assert!(fs::read_to_string(path).unwrap().contains(&call), "{target} does not: {call}");
    }
    let targets: BTreeSet<_> = entries("fuzz_targets").into_iter().map(|(name, _)| name).collect();
    let oracles = ORACLES.map(|(name, _)| format!("{name}.rs"));
    assert_eq!(targets, BTreeSet::from(oracles));
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    let binaries = ORACLES.map(|(name, _)| format!("name = \"{name}\""));
    assert!(binaries.iter().all(|binary| manifest.contains(binary)), "a [[bin]] is missing");
}

#[test]
fn every_corpus_is_of_an_oracle_and_small_enough_to_commit() {
    let corpora: BTreeSet<_> = entries("corpus").into_iter().map(|(name, _)| name).collect();
    assert_eq!(corpora, BTreeSet::from(ORACLES.map(|(name, _)| name.to_owned())));
    let inputs = ORACLES.map(|(name, _)| corpus(name));
    assert!(inputs.iter().all(|inputs| inputs.len() <= 200), "a corpus has over 200 inputs");
    let bytes: usize = inputs.iter().flatten().map(|(_, input)| input.len()).sum();
    assert!(bytes < 300_000, "the corpora take {bytes} bytes");
}

/// Returns the committed inputs of a corpus. Fuzzers name theirs by 40 digits, which are not committed.
fn corpus(oracle: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let files = entries(&format!("corpus/{oracle}"));
    let committed = files.into_iter().filter(|(name, _)| name.len() != 40);
    let inputs: Vec<_> =
        committed.map(|(_, path)| (path.clone(), fs::read(path).unwrap())).collect();
    assert!(!inputs.is_empty(), "{oracle} has no inputs");
    inputs
}

/// Returns the words of the dictionary. It has one word a line, in quotes and with escapes.
fn dictionary() -> Vec<Vec<u8>> {
    let text = fs::read_to_string(fuzz().join("protocol.dict")).unwrap();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(word).collect()
}

fn word(line: &str) -> Vec<u8> {
    let quoted = line.split_once('"').and_then(|(_, rest)| rest.strip_suffix('"'));
    let quoted = quoted.unwrap_or_else(|| panic!("{line} is not in quotes"));
    let mut parts = quoted.split("\\x");
    let mut word = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        word.push(u8::from_str_radix(&part[..2], 16).unwrap());
        word.extend_from_slice(&part.as_bytes()[2..]);
    }
    word
}

fn entries(folder: &str) -> Vec<(String, PathBuf)> {
    let found = fs::read_dir(fuzz().join(folder)).unwrap_or_else(|_| panic!("{folder} is missing"));
    let paths = found.map(|entry| entry.unwrap().path());
    paths.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path)).collect()
}

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}
