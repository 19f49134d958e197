//! Recorded machines, and what is measured of them.

use std::collections::HashSet;
use std::future::pending;
use std::iter;
use std::thread;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use smol::Timer;
use smol::future::block_on;

use super::super::super::sender::script::HANG;
use super::super::SHORTEST;
use super::recorded::Recorded;
use super::{Machine, Reading, Round, memory, mounts, network, processors};

const DISK: (u32, u32) = (8, 1);

/// A machine with a disk, half of which is in use.
fn machine() -> Recorded {
    let recorded = Recorded::default();
    recorded.text(processors::FILE, "cpu  0\ncpu0 10 0 0 10\n");
    recorded.text(memory::FILE, "MemTotal: 100 kB\nMemAvailable: 75 kB\n");
    recorded.text(network::FILE, "  lo: 9 0 0 0 0 0 0 0 9\n");
    recorded.text(mounts::FILE, "2 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
    recorded.device("sda1", DISK, &[]).space("/", 500, 500);
    recorded
}

/// Measures for `patience` at most.
fn measure(machine: &mut Machine<Recorded>, patience: Duration) -> Round {
    block_on(machine.measure(async {
        Timer::after(patience).await;
    }))
}

fn texts(readings: &[Reading]) -> Vec<String> {
    readings.iter().map(|Reading { metric, value }| format!("{metric} {value}")).collect()
}

#[test]
fn a_round_has_each_metric_and_its_devices() {
    let recorded = machine();
    let mut machine = Machine::of(recorded.clone());
    let first = measure(&mut machine, HANG);
    let expected = ["usage 25", "disk_usage 50", "disk_usage./ 50"];
    assert_eq!((texts(&first.readings), first.news), (expected.map(str::to_owned).into(), vec![]));

    recorded.text(processors::FILE, "cpu  0\ncpu0 40 0 0 20\n");
    let second = measure(&mut machine, HANG);
    let expected =
        ["cpu 75", "cpu.0 75", "usage 25", "network_usage 0", "disk_usage 50", "disk_usage./ 50"];
    assert_eq!(texts(&second.readings), expected);
}

#[test]
fn load_and_traffic_of_a_few_milliseconds_are_left_out() {
    let recorded = machine();
    recorded.tick(Duration::from_millis(5));
    let mut machine = Machine::of(recorded.clone());
    for _ in 0..2 {
        let readings = texts(&measure(&mut machine, HANG).readings);
        assert_eq!(readings, ["usage 25", "disk_usage 50", "disk_usage./ 50"]);
    }
    recorded.text(processors::FILE, "cpu  0\ncpu0 40 0 0 20\n").tick(SHORTEST);
    let readings = texts(&measure(&mut machine, HANG).readings);
    // It is the load since the first measurement.
    assert_eq!(readings[..2], ["cpu 75", "cpu.0 75"]);
}

#[test]
fn what_cannot_be_read_costs_itself_only_and_is_told_once() {
    for (file, metric, text) in [
        (processors::FILE, "cpu", "cpu0 1 1 1 1\n"),
        (memory::FILE, "usage", "MemTotal: 1 kB\nMemFree: 1 kB\n"),
        (network::FILE, "network_usage", "eth0: 0 0 0 0 0 0 0 0 0\n"),
        (mounts::FILE, "disk_usage", "2 1 8:1 / / rw - ext4 /dev/sda1 rw\n"),
    ] {
        let recorded = self::machine();
        recorded.without_text(file);
        let mut machine = Machine::of(recorded.clone());
        let line =
            format!("{file} cannot be read: no such text; {metric} is left out until it can");
        let rounds = [(); 2].map(|()| measure(&mut machine, HANG));
        assert_eq!((&rounds[0].news, &rounds[1].news), (&vec![line], &vec![]));
        let left = rounds[1].readings.iter().map(|reading| reading.metric.to_string());
        let left: Vec<_> = left.filter(|name| name.starts_with(metric)).collect();
        assert_eq!(left, [""; 0]);
        recorded.text(file, text);
        let news = measure(&mut machine, HANG).news;
        assert_eq!(news, [format!("{file} responds again")]);
    }
}

/// Measures round after round. On a slow machine all may be late, so that each round waits longer
/// than the one before.
fn rounds(machine: &mut Machine<Recorded>) -> impl Iterator<Item = Round> {
    let longer = |patience: &Duration| Some(*patience * 2).filter(|longer| *longer < HANG);
    iter::successors(Some(Duration::from_millis(20)), longer).map(|patience| {
        // What is late is not waited for.
        thread::sleep(patience / 2);
        measure(machine, patience)
    })
}

/// Measures until a round has the expected readings and no news.
fn measure_until(machine: &mut Machine<Recorded>, expected: &[&str]) -> Vec<String> {
    let mut told = Vec::new();
    for Round { readings, news } in rounds(machine) {
        if news.is_empty() && texts(&readings) == expected {
            return told;
        }
        told.extend(news);
    }
    panic!("{expected:?}: {told:?}");
}

/// Returns the last line about a source, after checking that no line is told twice in a row. On a
/// slow machine there may be more lines than one, all of them true.
fn last_about(source: &str, told: &[String]) -> Option<String> {
    let mut lines = Vec::from_iter(told.iter().filter(|line| line.starts_with(source)));
    let count = lines.len();
    lines.dedup();
    assert_eq!(lines.len(), count, "{told:?}");
    lines.last().map(|line| line.to_string())
}

#[test]
fn what_hangs_costs_itself_only_and_is_told_once_also_from_the_start() {
    let two = "2 1 8:1 / / rw - ext4 /dev/sda1 rw\n3 2 8:17 / /b\\040c rw - fuseblk /dev/sdb1 rw\n";
    let all =
        ["usage 25", "network_usage 0", "disk_usage 40", "disk_usage./ 50", "disk_usage./b%20c 30"];
    let cases = [
        (
            memory::FILE,
            memory::FILE,
            "usage",
            &["network_usage 0", "disk_usage 40", "disk_usage./ 50", "disk_usage./b%20c 30"][..],
        ),
        (
            network::FILE,
            network::FILE,
            "network_usage",
            &["usage 25", "disk_usage 40", "disk_usage./ 50", "disk_usage./b%20c 30"],
        ),
        (mounts::FILE, mounts::FILE, "disk_usage", &["usage 25", "network_usage 0"]),
        (
            "/b c",
            "disk_usage./b%20c",
            "its space",
            &["usage 25", "network_usage 0", "disk_usage 50", "disk_usage./ 50"],
        ),
    ];
    for (path, source, share, others) in cases {
        for from_the_start in [true, false] {
            let recorded = self::machine();
            recorded.text(mounts::FILE, two).device("sdb1", (8, 17), &[]).space("/b c", 300, 700);
            let mut machine = Machine::of(recorded.clone());
            if !from_the_start {
                measure_until(&mut machine, &all);
            }
            recorded.hang(path);
            let hangs = format!("{source} does not respond; {share} is left out until it does");
            let told = measure_until(&mut machine, others);
            assert_eq!(last_about(source, &told), Some(hangs));
            recorded.release(path);
            let works = format!("{source} responds again");
            let told = measure_until(&mut machine, &all);
            assert_eq!(last_about(source, &told), Some(works));
        }
    }
}

#[test]
fn a_disk_that_hangs_and_is_gone_is_told_as_gone() {
    let recorded = machine();
    let one = "2 1 8:1 / / rw - ext4 /dev/sda1 rw\n";
    let two = format!("{one}3 2 8:17 / /b rw - ext4 /dev/sdb1 rw\n");
    recorded.text(mounts::FILE, &two).device("sdb1", (8, 17), &[]).space("/b", 0, 1).hang("/b");
    let mut machine = Machine::of(recorded.clone());
    let others = ["usage 25", "network_usage 0", "disk_usage 50", "disk_usage./ 50"];
    measure_until(&mut machine, &others);
    recorded.text(mounts::FILE, one);
    let told = measure_until(&mut machine, &others);
    assert_eq!(last_about("disk_usage./b", &told).as_deref(), Some("disk_usage./b is gone"));
    // It is another disk, and its thread is free again.
    recorded.release("/b").text(mounts::FILE, &two);
    let all =
        ["usage 25", "network_usage 0", "disk_usage 49.95", "disk_usage./ 50", "disk_usage./b 0"];
    measure_until(&mut machine, &all);
}

#[test]
fn however_many_disks_hang_the_rest_goes_on() {
    let recorded = machine();
    let mut table = String::new();
    for number in 0..1000 {
        let path = format!("/disk{number:04}");
        table += &format!("{} 1 9:{number} / {path} rw - ext4 /dev/md{number} rw\n", number + 3);
        recorded.space(&path, 0, 1).hang(&path);
    }
    recorded.text(mounts::FILE, &table);
    let mut machine = Machine::of(recorded.clone());
    let hangs = "disk_usage./disk0000 does not respond; its space is left out until it does";
    assert!(rounds(&mut machine).any(|round| round.news.iter().any(|line| line == hangs)));
    measure_until(&mut machine, &["usage 25", "network_usage 0"]);
    for number in 0..1000 {
        recorded.release(&format!("/disk{number:04}"));
    }
    assert!(rounds(&mut machine).any(|round| round.readings.len() == 1003));
}

/// Returns texts of lines as the kernel's, and of others.
fn text() -> impl Strategy<Value = String> {
    let numbers = || prop::array::uniform10(0..300_u64);
    let columns = |numbers: [u64; 10]| numbers.map(|number| number.to_string()).join(" ");
    let line = prop_oneof![
        (0..3, numbers()).prop_map(move |(cpu, numbers)| format!("cpu{cpu} {}", columns(numbers))),
        (0..3, numbers()).prop_map(move |(eth, numbers)| format!("eth{eth}: {}", columns(numbers))),
        (select(&MEMORY), 0..300).prop_map(|(name, amount)| format!("{name}: {amount} kB")),
        (1..9, 1..9, 0..3, 0..9, select(&SOURCES)).prop_map(
            |(mount, parent, device, path, kind)| {
                format!("{mount} {parent} {device}:{device} / /{path} rw - {kind} rw")
            }
        ),
        prop::collection::vec(select(&WORDS), 0..12).prop_map(|words| words.join(" ")),
    ];
    prop::collection::vec(line, 0..12).prop_map(|lines| lines.join("\n"))
}

fn select(of: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(of)
}

const MEMORY: [&str; 5] = ["MemTotal", "MemFree", "MemAvailable", "Cached", "Shmem"];
const SOURCES: [&str; 5] = ["ext4 /dev/a", "zfs a/b", "zfs a", "overlay o", "btrfs /dev/b"];
const WORDS: [&str; 16] = [
    "cpu0",
    "MemTotal:",
    "MemAvailable:",
    "kB",
    "eth0:",
    "-",
    "/",
    "\\040",
    "8:1",
    "zfs",
    "-1",
    "0",
    "7",
    "18446744073709551615",
    "18446744073709551616",
    "é",
];

proptest! {
    #[test]
    fn whatever_is_read_a_value_is_in_range_and_there_once(
        rounds in prop::collection::vec(text(), 1..4),
        spaces in prop::collection::vec((any::<u64>(), any::<u64>()), 9),
    ) {
        let recorded = Recorded::default();
        for (number, (used, available)) in spaces.into_iter().enumerate() {
            recorded.space(&format!("/{number}"), used, available);
        }
        let mut machine = Machine::of(recorded.clone());
        for text in rounds {
            for file in [processors::FILE, memory::FILE, network::FILE, mounts::FILE] {
                recorded.text(file, &text);
            }
            let readings = measure(&mut machine, HANG).readings;
            let mut known = HashSet::new();
            for Reading { metric, value } in readings {
                let is_rate = metric.to_string().starts_with("network_usage");
                let range = 0.0..=if is_rate { f64::MAX } else { 100.0 };
                prop_assert!(range.contains(&value), "{} {}", metric, value);
                prop_assert!(known.insert(metric));
            }
        }
    }
}

#[test]
fn this_machine_is_measured() {
    let mut machine = Machine::new().unwrap();
    let since = Instant::now();
    let readings = loop {
        let Round { readings, news } = block_on(machine.measure(pending()));
        assert_eq!(news, [""; 0]);
        let known: HashSet<_> = readings.iter().map(|reading| reading.metric.to_string()).collect();
        // The first processors may have had no tick since the round before.
        if ["cpu", "cpu.0", "usage", "network_usage"].iter().all(|name| known.contains(*name)) {
            break readings;
        }
        assert!(since.elapsed() < HANG, "{known:?}");
        thread::sleep(SHORTEST);
    };
    for Reading { metric, value } in readings {
        let is_rate = metric.to_string().starts_with("network_usage");
        assert!((0.0..=if is_rate { f64::MAX } else { 100.0 }).contains(&value), "{metric}");
    }
}
