//! `metric export` and `metric import`.

use std::fs::{self, Metadata, Permissions};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use proptest::prelude::*;
use rustix::fs::{CWD, Mode, mkfifoat};
use rustix::process::Signal;
use signal_hook::consts::{SIGHUP, SIGQUIT};

use crate::setup::{Ended, Server, ending, interrupt, silent};

/// Exports a server's samples, imports them into an empty one and exports them again.
fn there_and_back(server: &Server, format: &str) -> (String, String) {
    let export = ["export", "--format", format];
    let first = server.run(&export);
    first.assert_done(&first.stdout);
    let other = Server::start();
    let imported = other.feed(&["import", "--format", format], first.stdout.as_bytes());
    // Some random timestamps look like those of another unit.
    let told = imported.stderr.lines().filter(|line| !line.contains(" seem"));
    assert_eq!((imported.code, told.count()), (Some(0), 0), "{imported:?}");
    assert_eq!(other.samples(), server.samples());
    let second = other.run(&export);
    second.assert_done(&second.stdout);
    (first.stdout, second.stdout)
}

/// Keys with characters that are special in one of the formats.
fn keys() -> impl Strategy<Value = String> {
    let key =
        "[a-c\"',;:{}\\[\\]#*=\\\\é\u{ad}\u{202e}\u{feff}🦀]{1,6}|key|\u{feff}key|value|\"{255}";
    key.prop_filter("not a key", |key| key != "*")
}

fn values() -> impl Strategy<Value = f64> {
    let extremes = [0.0, -0.0, 5e-324, -5e-324, f64::MIN_POSITIVE, f64::MAX, f64::MIN, 1e16, 0.1];
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits).prop_filter("not finite", |value| value.is_finite()),
        prop::num::f64::SUBNORMAL,
        prop::sample::select(extremes.to_vec()),
    ]
}

fn timestamps() -> impl Strategy<Value = i64> {
    prop_oneof![any::<i64>(), -3_i64..3, Just(i64::MIN), Just(i64::MAX)]
}

#[test]
fn a_key_that_begins_with_a_byte_order_mark_is_moved_unchanged() {
    let server = Server::start();
    server.put("\u{feff}k 1 2\n\u{feff}j 1 2\n\u{feff}\u{feff}i 1 2");
    for format in ["text", "csv", "jsonl"] {
        let (first, second) = there_and_back(&server, format);
        assert_eq!(first, second);
    }
}

#[test]
fn a_file_name_that_is_taken_for_a_key_gets_a_tip() {
    let server = Server::start();
    server.put("k 1 2");
    for name in ["all.csv", "all.jsonl.gz", "/tmp/all.txt"] {
        let ended = server.run(&["export", name]);
        let nothing = format!("metric: no samples of {name:?}\n");
        let tip = format!("metric: {name} is taken for a key; --out {name} names the file\n");
        assert_eq!((ended.code, ended.stderr), (Some(0), nothing + &tip));
    }
    server.run(&["export", "k.cpu"]).assert_nothing_but("key,value,timestamp\n");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn export_import_export_gives_the_same_bytes(
        samples in prop::collection::vec((keys(), values(), timestamps()), 1..60),
    ) {
        let server = Server::start();
        let line = |(key, value, timestamp)| format!("{key} {value:e} {timestamp}\n");
        server.put(&samples.into_iter().map(line).collect::<String>());
        for format in ["csv", "jsonl", "text"] {
            let (first, second) = there_and_back(&server, format);
            prop_assert_eq!(first, second);
        }
    }
}

#[test]
fn a_files_extension_selects_the_output_format() {
    let (server, dir) = (Server::start(), tempfile::tempdir().unwrap());
    server.put("k 1 2\nj 3 4");
    let cases = [
        ("a.csv", "key,value,timestamp\nj,3.0,4\nk,1.0,2\n"),
        (
            "a.jsonl",
            "{\"key\":\"j\",\"value\":3.0,\"timestamp\":4}\n\
                     {\"key\":\"k\",\"value\":1.0,\"timestamp\":2}\n",
        ),
        ("a.txt", "j 3.0 4\nk 1.0 2\n"),
        ("a", "key,value,timestamp\nj,3.0,4\nk,1.0,2\n"),
    ];
    for (name, text) in cases {
        let path = dir.path().join(name);
        let path = path.to_str().unwrap();
        // The old file is replaced.
        fs::write(path, "before").unwrap();
        server.run(&["export", "--out", path]).assert_done("");
        assert_eq!(fs::read_to_string(path).unwrap(), text);
        let other = Server::start();
        other.run(&["import", path]).assert_done("");
        assert_eq!(other.samples(), server.samples());
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), cases.len());
}

#[test]
fn keys_and_times_select_what_is_exported() {
    let server = Server::start();
    server.put("a 1 1\na 2 2\nb 3 3");
    let export = ["export", "a", "--until", "1", "--format", "text"];
    server.run(&export).assert_done("a 1.0 1\n");
    server
        .run(&["export", "b", "a", "--last", "1", "--format", "text"])
        .assert_done("b 3.0 3\na 2.0 2\n");
    let front = ["export", "b*", "b", "--since", "3", "--format", "text"];
    server.run(&front).assert_done("b 3.0 3\n");
    server
        .run(&["export", "a", "--since", "2", "--until", "1"])
        .assert_failed(2, "is after --until");
}

#[test]
fn an_export_of_nothing_says_so() {
    let (server, dir) = (Server::start(), tempfile::tempdir().unwrap());
    server.run(&["export"]).assert_nothing_but("key,value,timestamp\n");
    server.put("k 1 2");
    server.run(&["export", "nothing"]).assert_nothing_but("key,value,timestamp\n");
    server.run(&["export", "--since", "3", "--format", "jsonl"]).assert_nothing();
    let path = dir.path().join("all.csv");
    server.run(&["export", "j*", "--out", path.to_str().unwrap()]).assert_nothing();
    assert_eq!(fs::read_to_string(path).unwrap(), "key,value,timestamp\n");
}

#[test]
fn a_file_named_dash_is_standard_output() {
    let (server, dir) = (Server::start(), tempfile::tempdir().unwrap());
    server.put("k 1 2");
    let mut command = server.command(&["export", "--out", "-"]);
    let ended = Ended::of(command.current_dir(dir.path()).output().unwrap());
    ended.assert_done("key,value,timestamp\nk,1.0,2\n");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_link_and_a_pipe_stay_what_they_are() {
    let (server, dir) = (Server::start(), tempfile::tempdir().unwrap());
    server.put("k 1 2");
    let csv = "key,value,timestamp\nk,1.0,2\n";
    let [file, link] = ["file", "link"].map(|name| dir.path().join(name));
    fs::write(&file, "before").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    server.run(&["export", "--out", link.to_str().unwrap()]).assert_done("");
    assert!(link.is_symlink());
    assert_eq!(fs::read_to_string(file).unwrap(), csv);
    let pipe = dir.path().join("pipe");
    mkfifoat(CWD, &pipe, Mode::RWXU).unwrap();
    let reader = thread::spawn({
        let pipe = pipe.clone();
        move || fs::read_to_string(pipe).unwrap()
    });
    server.run(&["export", "--out", pipe.to_str().unwrap()]).assert_done("");
    assert!(fs::metadata(pipe).unwrap().file_type().is_fifo());
    assert_eq!(reader.join().unwrap(), csv);
}

#[test]
fn a_file_keeps_its_permissions_and_a_new_one_gets_the_default() {
    let (server, dir) = (Server::start(), tempfile::tempdir().unwrap());
    let [old, new, other] = ["old", "new", "other"].map(|name| dir.path().join(name));
    server.put("k 1 2");
    fs::write(&other, "").unwrap();
    server.run(&["export", "--out", new.to_str().unwrap()]).assert_done("");
    let [new, other] = [new, other].map(|path| fs::metadata(path).unwrap().mode());
    assert_eq!(new, other);
    // The usual mask would take the last two apart.
    for mode in [0o600, 0o640, 0o664, 0o666] {
        fs::write(&old, "before").unwrap();
        fs::set_permissions(&old, Permissions::from_mode(mode)).unwrap();
        let _ = chown(&old, Some(1), Some(1));
        let before = fs::metadata(&old).unwrap();
        server.run(&["export", "--out", old.to_str().unwrap()]).assert_done("");
        let after = fs::metadata(&old).unwrap();
        let about = |file: &Metadata| (file.mode() & 0o777, file.uid(), file.gid());
        assert_eq!(about(&after), (mode, before.uid(), before.gid()));
        assert_ne!(after.ino(), before.ino());
    }
}

#[test]
fn a_failed_export_leaves_the_old_file() {
    let (server, dir) = (Server::native(ending), tempfile::tempdir().unwrap());
    let [old, new] = ["old.csv", "new.csv"].map(|name| dir.path().join(name));
    fs::write(&old, "before").unwrap();
    for path in [&old, &new] {
        let ended = server.run(&["export", "--out", path.to_str().unwrap()]);
        ended.assert_failed(1, "the server has ended the connection");
    }
    assert_only(dir.path(), "before");
    let [folder, link] = ["no/such/folder.csv", "link"].map(|name| dir.path().join(name));
    std::os::unix::fs::symlink("nowhere", &link).unwrap();
    for path in [folder, link] {
        server.run(&["export", "--out", path.to_str().unwrap()]).assert_failed(1, "cannot write ");
    }
}

#[test]
fn an_interrupted_export_leaves_the_old_file() {
    let (server, dir) = (Server::native(silent), tempfile::tempdir().unwrap());
    let path = dir.path().join("old.csv");
    fs::write(&path, "before").unwrap();
    // This process may have been started to ignore these signals. Its children shall not.
    for signal in [SIGHUP, SIGQUIT] {
        signal_hook::flag::register(signal, Arc::default()).unwrap();
    }
    for signal in [Signal::HUP, Signal::INT, Signal::QUIT, Signal::TERM] {
        let mut child =
            server.spawn(&["export", "--out", path.to_str().unwrap(), "--timeout", "600"]);
        // Once the temporary file exists, the signal handlers are in place.
        while fs::read_dir(dir.path()).unwrap().count() < 2 {
            assert_eq!(child.try_wait().unwrap(), None);
        }
        interrupt(&child, signal);
        assert_eq!(child.wait().unwrap().code(), Some(130));
        assert_only(dir.path(), "before");
    }
}

#[track_caller]
fn assert_only(dir: &Path, text: &str) {
    let files = fs::read_dir(dir).unwrap().map(|file| file.unwrap().path());
    let files: Vec<_> = files.map(|file| fs::read_to_string(file).unwrap()).collect();
    assert_eq!(files, [text]);
}

#[test]
fn a_table_whose_columns_are_unclear_is_refused_in_one_line() {
    let server = Server::start();
    for table in [
        "metric,timestamp,value\npalm.cpu,1150864247,23\n",
        "name,time,value\npalm.cpu,1150864247,23\n",
        "Series Name,Timestamp,Value\npalm.cpu,1150864247,23\n",
        "timestamp,palm.cpu,palm.fan\n1150864247,23,600\n",
        "palm.cpu,1150864247,23\n",
        "key;value;timestamp\npalm.cpu;23,7;1150864247\n",
        "palm.cpu;23,7\n",
    ] {
        for command in [&["import"][..], &["put", "--format", "csv"]] {
            let ended = server.feed(command, table.as_bytes());
            ended.assert_failed(1, &format!("line 1: {:?}: it ", table.lines().next().unwrap()));
        }
    }
    assert_eq!(server.samples(), "");
    let table = "k,1,5\nmetric,timestamp,value\nk,1150864247,23\n";
    let told = "line 2: \"metric,timestamp,value\": neither its value nor its timestamp is a number; \
                if it names the columns of what follows, they must be key, value and timestamp; \
                samples stored: 1, refused: 0, without a reply: 0";
    server.feed(&["import"], table.as_bytes()).assert_failed(1, told);
    assert_eq!(server.samples(), "k 1.0 5\n");
}

#[test]
fn wrong_lines_are_reported_with_their_numbers() {
    let server = Server::start();
    let csv = b"key,value,timestamp\nk,1,2\nk,1,\n\"k,1,2\nk,2,3\nk,1\n";
    let ended = server.feed(&["import"], csv);
    let told = "\
metric: line 3: \"k,1,\": the timestamp is missing
metric: line 4: \"\\\"k,1,2\": unpaired quotation mark: \
quote the field and double each mark inside it
metric: line 6: \"k,1\": it has too few or too many columns
metric: samples stored: 2, refused: 0, lines that are not samples: 3
";
    assert_eq!((ended.code, &*ended.stderr), (Some(3), told));
    assert_eq!(server.samples(), "k 1.0 2\nk 2.0 3\n");
}
