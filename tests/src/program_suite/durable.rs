//! Checks samples that last.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, thread};

use tempfile::TempDir;

use crate::running::{HANG, Running};

/// A directory for a server's data, which is not there yet.
pub(super) fn place() -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().expect("a temporary directory");
    let place = parent.path().join("not there/data");
    (parent, place)
}

pub(super) fn start(program: &Path, data: &Path, options: &[&str]) -> Running {
    let data = data.to_str().expect("text");
    Running::start(program, &[&["--data", data], options].concat())
}

pub(super) fn memory_only(program: &Path) {
    let log = Running::start(program, &[]).stop().log;
    let lines = log.lines().filter(|line| line.contains("--data DIR"));
    assert_eq!(lines.count(), 1, "{log}");
    let (_parent, data) = place();
    let log = start(program, &data, &[]).stop().log;
    assert!(!log.contains("--data DIR") && log.contains("not there/data"), "{log}");
}

pub(super) fn kept(program: &Path) {
    let (_parent, data) = place();
    let mut expected = String::from("ok\n");
    for (turn, sync) in ["write", "interval", "always", "write"].iter().enumerate() {
        let threads = if turn % 2 == 0 { "1" } else { "4" };
        let server = start(program, &data, &["--sync", sync, "--threads", threads]);
        assert_eq!(server.ask("get *\n"), format!("{expected}\n"), "{sync}");
        // The second put replaces the sample of the first.
        let puts = format!("put a 0 {turn}\nput a 1.5 {turn}\n");
        assert_eq!(server.ask(&puts), "ok\n\nok\n\n");
        writeln!(expected, "a 1.5 {turn}").expect("a string takes all");
        if turn % 2 == 0 {
            drop(server);
            continue;
        }
        let outcome = server.stop();
        assert_eq!(outcome.status.code(), Some(0), "{}", outcome.log);
        assert!(outcome.log.contains("opened 1 sample ") || turn > 1, "{}", outcome.log);
        // Everything is in segments, so the next start replays nothing.
        let files = fs::read_dir(&data).expect("it is there").flatten();
        let logs = files.filter(|file| file.path().extension().is_some_and(|end| end == "log"));
        let lengths: Vec<_> = logs.map(|log| log.metadata().expect("it is there").len()).collect();
        assert_eq!(lengths, [4_096], "an empty log shows that no newer file is missing");
    }
}

pub(super) fn one_server(program: &Path) {
    let (_parent, data) = place();
    let server = start(program, &data, &[]);
    refuse(program, &data);
    assert_eq!(server.ask("put a 1 2\nget a\n"), "ok\n\nok\na 1.0 2\n\n");
    // It is gone, whatever ended it.
    drop(server);
    assert_eq!(start(program, &data, &[]).ask("get a\n"), "ok\na 1.0 2\n\n");
}

pub(super) fn no_directory(program: &Path) {
    let parent = tempfile::tempdir().expect("a temporary directory");
    let file = parent.path().join("file");
    fs::write(&file, "").expect("it can be written");
    refuse(program, &file);
    refuse(program, &file.join("data"));
    // The file is somebody else's.
    refuse(program, parent.path());
    assert_eq!(fs::read_dir(parent.path()).expect("it is there").count(), 1);
    // Not even root can write here.
    if cfg!(target_os = "linux") {
        refuse(program, Path::new("/proc/data"));
        refuse(program, Path::new("/proc/sys"));
    }
}

/// Fails unless the server ends with one line about a directory.
fn refuse(program: &Path, data: &Path) {
    let mut command = Command::new(program);
    command.args(["--log", "error", "--listen", "127.0.0.1:0", "--data"]).arg(data);
    let output = command.output().expect("the program starts");
    let line = String::from_utf8(output.stderr).expect("text");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{line}");
    assert_eq!(line.lines().count(), 1, "{line}");
    let place = data.to_str().expect("text");
    assert!(line.starts_with("error: cannot ") && line.contains(place), "{line}");
}

pub(super) fn samples(program: &Path) {
    const SAMPLES: usize = 300_000;
    let (_parent, data) = place();
    let server = start(program, &data, &["--max-memory", "4M"]);
    let value = |number: usize| (number as f64).sin();
    let puts: String = (0..SAMPLES).fold(String::new(), |mut puts, number| {
        writeln!(puts, "put large {} {number}", value(number)).expect("a string takes all");
        puts
    });
    assert_eq!(server.ask(&puts).len(), SAMPLES * "ok\n\n".len());
    let listed = server.ask("get large\n");
    assert_eq!(listed.lines().count(), SAMPLES + 2);
    assert!(listed.contains(&format!("\nlarge {} 1\n", value(1))), "the oldest are there");
    let outcome = server.stop();
    assert!(outcome.log.contains("refused: 0, evicted: 0"), "{}", outcome.log);
}

/// More series than a server with 16 MB takes, which get more samples than it has room for.
const SERIES: usize = 40_000;
const ROUNDS: usize = 16;

pub(super) fn series(program: &Path) {
    let (_parent, data) = place();
    let server = start(program, &data, &["--max-memory", "16M"]);
    let before = server.memory();
    let round = |server: &Running, time: usize| {
        let stored = (0..SERIES).step_by(2_000).map(|first| {
            let puts = (first..first + 2_000).map(|key| {
                format!("put key{key:05} {} {time}\n", ((key * ROUNDS + time) as f64).sin())
            });
            server.ask(&puts.collect::<String>()).matches("ok\n\n").count()
        });
        stored.sum::<usize>()
    };
    let stored: Vec<_> = (0..ROUNDS).map(|time| round(&server, time)).collect();
    assert!((5_000..SERIES).contains(&stored[0]) && stored.iter().all(|one| *one == stored[0]));
    let taken = server.memory() - before;
    assert!(taken < 20 * 1024, "{taken} KiB");
    drop(server.stop());
    // With less, the series that are there go on.
    let server = start(program, &data, &["--max-memory", "4M"]);
    assert_eq!(round(&server, ROUNDS), stored[0]);
    let log = server.stop().log;
    let told = |what: &str| log.lines().filter(|line| line.contains(what)).count();
    assert_eq!(told("new keys are refused; allow more memory"), 1, "{log}");
    assert_eq!(told("put refused: the store cannot write"), 0, "{log}");
}

pub(super) fn files(program: &Path) {
    let (_parent, data) = place();
    let mut command = Command::new("sh");
    let script = "ulimit -n 320; exec \"$0\" --listen 127.0.0.1:0 --data \"$1\" --keep-age 8s";
    command.args(["-c", script]).arg(program).arg(&data);
    let server = Running::start_command(command);
    let mut first = server.connect();
    let crowd: Vec<TcpStream> = (0..400).map(|_| server.connect()).collect();
    // A log takes puts for a second then, so that another file is needed.
    let segments = || {
        let files = fs::read_dir(&data).expect("it is there").flatten();
        let names = files.map(|file| file.path());
        names.filter(|name| name.extension().is_some_and(|end| end == "seg")).collect::<Vec<_>>()
    };
    let (mut seen, since) = (HashSet::new(), Instant::now());
    while seen.len() < 3 {
        first.write_all(b"put a 1 1\n").expect("the server reads");
        seen.extend(segments());
        assert!(since.elapsed() < HANG, "{}", server.log());
        thread::sleep(Duration::from_millis(100));
    }
    drop(crowd);
    let log = server.stop().log;
    assert!(!log.contains("ERROR"), "{log}");
}

pub(super) fn forgotten(program: &Path) {
    let (_parent, data) = place();
    for options in [&["--data", data.to_str().expect("text")][..], &[]] {
        let server = Running::start(program, &[&["--forget", "1s"], options].concat());
        assert_eq!(server.ask("put a 1 9223372036854775807\n"), "ok\n\n");
        server.wait_for_counters("series: 0, forgotten: 1");
        assert_eq!(server.ask("get *\n"), "ok\n\n");
    }
}

pub(super) fn tools(program: &Path) {
    let (parent, data) = place();
    let copy = parent.path().join("copy");
    let server = start(program, &data, &[]);
    assert_eq!(server.ask("put a 1.5 1\n"), "ok\n\n");
    let all_is_well = |data: &Path| {
        let (code, told) = run(program, &["check"], &[data]);
        assert!(code == Some(0) && told.ends_with("all is well\n"), "{told}");
    };
    all_is_well(&data);
    let (code, told) = run(program, &["backup"], &[&data, &copy]);
    assert!(code == Some(0) && told.contains("copied"), "{told}");
    assert_eq!(server.ask("put b 1 1\n"), "ok\n\n");
    assert_eq!(server.stop().status.code(), Some(0));
    all_is_well(&data);
    all_is_well(&copy);
    // What is there already is left alone.
    let (code, told) = run(program, &["backup"], &[&data, &copy]);
    assert!(code == Some(1) && told.starts_with("error: ") && told.lines().count() == 1, "{told}");
    let restored = start(program, &copy, &[]);
    assert_eq!(restored.ask("get *\n"), "ok\na 1.5 1\n\n");
    assert_eq!(restored.stop().status.code(), Some(0));
    damage(&copy);
    let (code, told) = run(program, &["check"], &[&copy]);
    assert!(code == Some(1) && told.contains(".seg: damaged"), "{told}");
    // What can be copied is, but that is not all.
    let second = parent.path().join("second");
    let (code, told) = run(program, &["backup"], &[&copy, &second]);
    assert!(code == Some(1) && told.contains(".seg: damaged"), "{told}");
    assert!(told.contains("\ncopied 1 segments") && second.exists(), "{told}");
    for wrong in [&copy, parent.path(), Path::new("/proc/none")] {
        let (code, told) = run(program, &["check"], &[wrong]);
        assert_eq!(code, Some(1), "{told}");
    }
    for wrong in [&["check"][..], &["backup", "a"], &["chek", "a"], &["--log", "off", "check", "a"]]
    {
        let (code, told) = run(program, wrong, &[]);
        assert!(code == Some(2) && told.lines().count() == 1, "{told}");
    }
}

pub(super) fn stopped(program: &Path) {
    let (_parent, data) = place();
    let server = start(program, &data, &[]);
    assert_eq!(server.ask("put a 1.5 1\n"), "ok\n\n");
    let outcome = server.stop();
    let files = fs::read_dir(&data).expect("it is there").flatten();
    let bytes: u64 = files.map(|file| file.metadata().expect("it is there").len()).sum();
    assert!(outcome.log.contains(&format!("disk: {bytes} bytes;")), "{bytes}: {}", outcome.log);
    // A flush cannot create its file; what it should write stays in the log.
    let server = start(program, &data, &[]);
    assert_eq!(server.ask("put a 2.5 2\n"), "ok\n\n");
    for last in 1..9 {
        let name = format!("00000002-{last:08}.seg.tmp");
        fs::create_dir(data.join(name)).expect("a free name");
    }
    let outcome = server.stop();
    assert_eq!(outcome.status.code(), Some(1), "{}", outcome.log);
    assert!(outcome.log.contains("error: cannot flush: "), "{}", outcome.log);
    assert_eq!(start(program, &data, &[]).ask("get a\n"), "ok\na 1.5 1\na 2.5 2\n\n");
}

/// Runs a command; returns its exit code, and what it prints.
fn run(program: &Path, words: &[&str], places: &[&Path]) -> (Option<i32>, String) {
    let output = Command::new(program).args(words).args(places).output();
    let output = output.expect("the program starts");
    let told = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(told).expect("text"))
}

/// Changes a byte of a sample.
fn damage(data: &Path) {
    let files = fs::read_dir(data).expect("it is there").flatten().map(|file| file.path());
    let segment = |path: &PathBuf| path.extension().is_some_and(|end| end == "seg");
    let path = files.into_iter().find(segment).expect("a segment");
    let mut bytes = fs::read(&path).expect("it can be read");
    bytes[40] ^= 1;
    fs::write(path, bytes).expect("it can be written");
}
