//! Whatever happens to the bytes and the names of files, the durable store opens, has no value that
//! was not put, tells what it lost, and deletes nothing that is needed.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow::Continue;

use metric_disk::{DiskStore, Findings, OpenError, Settings, Sync, check_files};
use metric_proto::{Key, Position, Query, Refused, Sample, Scan, Series, Store};
use metric_tests::crash_model::{Judging, Life, Rows, judge, observe};
use metric_tests::patient::{open, settle, tiny};
use metric_tests::simulated_disk::{Cached, SimulatedDisk};

type Files = BTreeMap<String, Vec<u8>>;

/// A directory, and what was ever put.
struct Case {
    seed: u64,
    settings: Settings,
    files: Files,
    rows: Rows,
    put: BTreeSet<(String, i64, u64)>,
}

fn disk(files: &Files) -> SimulatedDisk {
    let disk = SimulatedDisk::new(0);
    files.iter().for_each(|(name, bytes)| disk.add(name, bytes));
    disk
}

impl Case {
    /// Returns a directory with segments and logs, after an orderly end or a kill.
    fn new(seed: u64, is_closed: bool) -> Self {
        let mut life = Life::new(seed, Sync::Write, Judging::Nothing);
        (0..70).for_each(|_| life.work());
        if is_closed {
            life.close();
        }
        life.kill();
        let (settings, files) = (life.witness().settings().clone(), life.disk().contents());
        let found = judge(&disk(&files), &settings);
        assert!(found.is_well(), "{found:?}");
        Self { seed, settings, files, rows: found.rows, put: life.witness().put() }
    }

    /// Checks what becomes of changed files.
    fn check(&self, what: &str, files: &Files) {
        let Self { seed, settings, rows, .. } = self;
        let changed = disk(files);
        let report = check_files(&changed);
        let report = report.unwrap_or_else(|error| panic!("seed {seed}, {what}: {error}"));
        let judged = judge(&changed, settings);
        let (is_well, found) = (judged.is_well(), judged.rows.clone());
        let strange: Vec<_> = found
            .iter()
            .filter(|((key, timestamp), bits)| {
                !self.put.contains(&(key.clone(), *timestamp, **bits))
            })
            .collect();
        assert!(strange.is_empty(), "seed {seed}, {what}: never put {strange:?}");
        // Where a frame ends, a log may end, too.
        let may_be_silent = what.contains("zeros") && what.contains(".log");
        assert!(
            found == *rows || !is_well || may_be_silent,
            "seed {seed}, {what}: nothing is told of {:?}, but {:?}",
            rows.iter().filter(|(row, bits)| found.get(*row) != Some(*bits)).collect::<Vec<_>>(),
            found.iter().filter(|(row, bits)| rows.get(*row) != Some(*bits)).collect::<Vec<_>>(),
        );
        // Without a segment, nothing tells whether a bound has removed what is gone.
        let is_noted = report.notes.iter().any(|note| !note.to_string().starts_with("unit: "));
        let may_have_expired = report.segments == 0 && is_noted;
        assert!(
            found == *rows || !report.is_good() || may_be_silent || may_have_expired,
            "seed {seed}, {what}: a check tells nothing, a start {:?}",
            judged.findings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        );
        // Samples that are damaged take the room of others in a series that is full.
        if settings.max_samples == 1_000 {
            let again = judge(&changed.kill(), settings).rows;
            assert!(again == found, "seed {seed}, {what}: opened twice");
        }
    }

    /// Returns the name of the newest file that may have samples, if it does not show that there is none.
    fn last(&self) -> String {
        let number = |name: &&String| name.get(..8).and_then(|number| number.parse::<u64>().ok());
        let last = self.files.keys().filter(|name| number(name).is_some()).max_by_key(number);
        last.cloned().unwrap_or_default()
    }

    /// Checks an edit of each file.
    fn edit_each(&self, what: &str, step: usize, edit: impl Fn(&mut Vec<u8>, usize)) {
        for (name, bytes) in self.files.iter().filter(|(_, bytes)| !bytes.is_empty()) {
            let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 9);
            for at in (0..end.min(bytes.len())).step_by(step) {
                let mut files = self.files.clone();
                let edited = files.get_mut(name).expect("a file");
                edit(edited, at);
                // The newest log may be one that was just made.
                if *name == self.last() && edited.iter().all(|&byte| byte == 0) {
                    continue;
                }
                self.check(&format!("{what} {name} at {at}"), &files);
            }
        }
    }
}

fn each_case(check: impl Fn(&Case)) {
    for seed in 0..6 {
        check(&Case::new(seed, seed % 2 == 0));
    }
}

#[test]
fn a_flipped_bit_is_never_a_value() {
    each_case(|case| {
        case.edit_each("a flipped bit", 3, |bytes, at| bytes[at] ^= 1 << (at * 5 % 8));
    });
}

/// Each series has a run of its own in the only segment, and every third of them is damaged.
#[test]
fn all_damage_of_a_segment_is_found_at_once_and_ends_no_listing() {
    const SERIES: usize = 30;
    let disk = SimulatedDisk::new(0);
    disk.set_cached(Cached::Always);
    let settings = tiny(SERIES, 1_000);
    let store = open(&disk, &settings);
    let mut handle = store.handle();
    for number in 0..SERIES * 40 {
        let key = format!("palm.{:03}", number % SERIES);
        let sample = Sample::new(number as f64, number as i64).expect("finite");
        while handle.put(Key::new(&key).expect("a key"), sample) == Err(Refused::NotYet) {
            settle(&store, &mut handle);
        }
    }
    settle(&store, &mut handle);
    store.flush(true).expect("the disk does not fail");
    let whole = observe(&store);
    let name = "00000001-00000001.seg";
    let is_damaged = |key: &str| key[5..].parse::<usize>().is_ok_and(|number| number % 3 == 0);
    for key in (0..SERIES).map(|number| format!("palm.{number:03}")).filter(|key| is_damaged(key)) {
        disk.edit(name, |bytes| {
            let at = bytes.windows(key.len()).position(|window| window == key.as_bytes());
            bytes[at.expect("its block") + key.len() + 3] ^= 1;
        });
    }
    let mut first = store.handle();
    let end = first.scan(&Query::all(Series::All), Position::START, |_, _| Continue(()));
    assert!(matches!(end, Scan::NotYet(_)), "{end:?}");
    settle(&store, &mut first);
    let damaged = store.disk_counters().damaged;
    assert!(damaged > 0);
    let found = observe(&store);
    assert_eq!(store.disk_counters().damaged, damaged, "found at once");
    assert_eq!(whole.len() - found.len(), damaged as usize);
    assert!(whole.iter().all(|((key, time), bits)| {
        is_damaged(key) || found.get(&(key.clone(), *time)) == Some(bits)
    }));
}

#[test]
fn a_file_that_is_cut_or_zeroed_is_told() {
    each_case(|case| {
        case.edit_each("cut", 11, Vec::truncate);
        case.edit_each("zeros from here", 11, |bytes, at| bytes[at..].fill(0));
        case.edit_each("some zeros", 11, |bytes, at| {
            let end = bytes.len().min(at + 64);
            bytes[at..end].fill(0);
        });
    });
}

#[test]
fn a_file_that_is_gone_or_has_another_name_is_told() {
    each_case(|case| {
        let names: Vec<_> = case.files.keys().filter(|name| *name != "lock").collect();
        // That the last one is gone shows only in the one after it.
        let last = case.last();
        for name in names.iter().filter(|name| ***name != last) {
            let mut files = case.files.clone();
            let bytes = files.remove(*name).expect("a file");
            case.check(&format!("{name} is gone"), &files);
            for other in ["00000001.log", "00000003.log", "00000099.log", "notes.txt"] {
                let mut files = files.clone();
                files.entry(other.to_owned()).or_insert_with(|| bytes.clone());
                case.check(&format!("{name} is {other}"), &files);
            }
            for other in ["00000001-00000001.seg", "00000001-00000099.seg", "00000098-00000099.seg"]
            {
                let mut files = files.clone();
                files.entry(other.to_owned()).or_insert_with(|| bytes.clone());
                case.check(&format!("{name} is {other}"), &files);
            }
        }
    });
}

/// The names of logs and segments, the newest first.
fn newest_first(files: &Files) -> Vec<String> {
    let names = files.keys().filter(|name| name.ends_with(".log") || name.ends_with(".seg"));
    let mut names: Vec<_> = names.cloned().collect();
    names.sort_by_key(|name| std::cmp::Reverse(name[..8].to_owned()));
    names
}

/// Behind the last segment there is a log. Where an older one is left, the newest are not missed.
#[test]
fn that_the_newest_files_are_gone_is_told() {
    each_case(|case| {
        let mut files = case.files.clone();
        let names = newest_first(&files);
        let has_segment = names.iter().any(|name| name.ends_with(".seg"));
        for name in &names[..names.len() - 1] {
            files.remove(name).expect("a file");
            if !files.keys().any(|name| name.ends_with(".log")) && has_segment {
                case.check(&format!("{name} and all newer ones are gone"), &files);
            }
        }
    });
}

#[test]
fn files_that_have_each_others_names_are_told() {
    each_case(|case| {
        let names = newest_first(&case.files);
        for (place, one) in names.iter().enumerate() {
            for other in &names[..place] {
                let mut files = case.files.clone();
                files.insert(one.clone(), case.files[other].clone());
                case.check(&format!("{other} is {one}, too"), &files);
                files.insert(other.clone(), case.files[one].clone());
                case.check(&format!("{one} and {other} are swapped"), &files);
            }
        }
    });
}

#[test]
fn a_sector_or_a_page_of_zeros_is_told() {
    each_case(|case| {
        for length in [512, 4_096] {
            case.edit_each("zeros in a sector or page", length, |bytes, at| {
                let end = bytes.len().min(at + length);
                bytes[at..end].fill(0);
            });
        }
    });
}

#[test]
fn foreign_files_are_left_alone() {
    each_case(|case| {
        for name in ["notes.txt", "1.log", "00000001-00000001.seg.bad", "x.tmp", "00000002.log.bad"]
        {
            let mut files = case.files.clone();
            files.insert(name.to_owned(), b"of somebody else".to_vec());
            let changed = disk(&files);
            let found = judge(&changed, &case.settings);
            assert_eq!((&found.rows, found.is_well()), (&case.rows, true), "{name}");
            assert_eq!(changed.contents().get(name), files.get(name), "{name}");
        }
        for name in ["00000001-00000099.seg", "00000090-00000090.seg", "00000090.log"] {
            let mut files = case.files.clone();
            files.insert(name.to_owned(), b"of somebody else".to_vec());
            case.check(&format!("foreign {name}"), &files);
            let found = judge(&disk(&files), &case.settings);
            assert_eq!((&found.rows, found.is_well()), (&case.rows, false), "{name}");
        }
    });
}

#[test]
fn a_file_of_a_later_version_stops_the_start_and_is_named() {
    each_case(|case| {
        for (name, bytes) in &case.files {
            let checked = match name.rsplit_once('.') {
                Some((_, "log" | "seg")) => 28,
                _ => continue,
            };
            let mut files = case.files.clone();
            let mut later = bytes.clone();
            later[8] = 2;
            let checksum = crc32fast::hash(&later[..checked]);
            later[checked..checked + 4].copy_from_slice(&checksum.to_le_bytes());
            files.insert(name.clone(), later);
            let changed = disk(&files);
            let opened = DiskStore::open(changed.clone(), case.settings.clone());
            let refused = matches!(
                &opened,
                Err(OpenError::UnknownVersion { name: named, version: 2 }) if named == name
            );
            assert!(refused, "{name}: {:?}", opened.map(|(_, findings): (_, Findings)| findings));
            assert_eq!(changed.contents(), files, "{name}: something has changed");
        }
    });
}
