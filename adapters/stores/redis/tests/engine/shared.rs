//! Several front ends over one server.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;

use metric_redis::Settings;

use crate::clients::{Client, FrontEnd, Told};
use crate::history::{Operation, judge};
use crate::plain::tiny;
use crate::servers::{Plain, can_start, until};

fn two(settings: &Settings) -> [FrontEnd; 2] {
    [(); 2].map(|()| FrontEnd::start(settings.clone()))
}

#[test]
fn what_one_front_end_stored_the_others_tell() {
    if !can_start() {
        return;
    }
    let plain = Plain::start(&[]);
    let ends = two(&plain.settings());
    let mut clients = [Client::new(&ends[0]), Client::new(&ends[1])];
    for round in 0..50 {
        let (one, other) = (round % 2, 1 - round % 2);
        let put = format!("put a.{} {round}.5 {round}\n", round % 3);
        // Its own put is seen by a get in the same pipeline, and not by one before it.
        let told = clients[one].ask(&["get *\n".into(), put, format!("get a.{}\n", round % 3)]);
        let due = format!("a.{} {round}.5 {round}", round % 3);
        let has = |told: &Told| matches!(told, Told::Ok(lines) if lines.contains(&due));
        assert!(!has(&told[0]) && has(&told[2]), "{told:?}");
        assert_eq!(clients[other].samples("*").len(), round + 1);
    }
}

#[test]
fn a_series_that_another_front_end_removed_is_listed_again_after_a_put() {
    if !can_start() {
        return;
    }
    let plain = Plain::start(&[]);
    let ends = two(&plain.settings());
    let mut clients = [Client::new(&ends[0]), Client::new(&ends[1])];
    for round in 0..10 {
        // Both know the series.
        for client in &mut clients {
            assert_eq!(client.ask_one("put a 1 1\n"), Told::Ok(vec![]));
        }
        remove(&ends[round % 2], "a");
        assert!(clients[0].samples("*").is_empty());
        assert_eq!(clients[1].ask_one("put a 2 2\n"), Told::Ok(vec![]));
        assert_eq!(clients[0].samples("*"), BTreeMap::from([(("a".to_owned(), 2), 2.0)]));
    }
}

/// Removes a series, which the protocol cannot.
fn remove(front_end: &FrontEnd, key: &str) {
    use metric_proto::{Key, Store};
    let removed = crate::awaited::Awaited::new(&front_end.engine).remove(Key::new(key).unwrap());
    assert_eq!(removed, Ok(true));
}

#[test]
fn nothing_comes_back_that_was_removed_while_it_was_sealed() {
    if !can_start() {
        return;
    }
    let plain = Plain::start(&[]);
    let ends = two(&tiny(plain.settings()));
    let mut clients = [Client::new(&ends[0]), Client::new(&ends[1])];
    for round in 0..200 {
        let times = 100 * round..100 * round + 20;
        let puts: Vec<_> = times.map(|time| format!("put a {round} {time}\n")).collect();
        clients[round % 2].ask(&puts);
        // Those of the round before were removed while they were sealed.
        let there = clients[0].samples("a");
        assert!(
            there.len() == 20 && there.values().all(|value| *value == round as f64),
            "{there:?}"
        );
        remove(&ends[1 - round % 2], "a");
        assert!(clients[0].samples("*").is_empty(), "round {round}");
    }
}

#[test]
fn both_seal_what_both_put_and_every_value_is_right() {
    if !can_start() {
        return;
    }
    let plain = Plain::start(&[]);
    let mut settings = tiny(plain.settings());
    (settings.seal_at, settings.run_samples) = (24, 20);
    let ends = two(&settings);
    let write = |number: usize| {
        let mut client = Client::new(&ends[number]);
        for time in 0..3_000 {
            // Each writes every second time of a series, and the times of before again.
            let time = 2 * time + number;
            let late = time.saturating_sub(200);
            let puts = [format!("put a {time} {time}\n"), format!("put a {late}.5 {late}\n")];
            assert_eq!(client.ask(&puts), [Told::Ok(vec![]), Told::Ok(vec![])]);
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| write(0));
        scope.spawn(|| write(1));
    });
    for end in &ends {
        let samples = Client::new(end).samples("a");
        assert_eq!(samples.len(), 6_000);
        for ((_, time), value) in samples {
            let was_late = time < 6_000 - 200;
            assert_eq!(value, time as f64 + if was_late { 0.5 } else { 0.0 }, "at {time}");
        }
    }
    let sealed: u64 = ends.iter().map(|end| end.engine.engine_counters().sealed).sum();
    assert!(sealed > 4_000, "{sealed}");
}

#[test]
fn idle_series_are_sealed_and_counted() {
    if !can_start() {
        return;
    }
    let plain = Plain::start(&[]);
    let end = FrontEnd::start(plain.settings());
    let puts: Vec<_> = (0..100).map(|time| format!("put a 1 {time}\n")).collect();
    Client::new(&end).ask(&puts);
    until("it is sealed", || end.engine.engine_counters().sealed == 100);
    until("it is counted", || end.engine.counters().series == 1);
    assert_eq!(Client::new(&end).samples("a").len(), 100);
}

#[test]
fn reads_and_writes_of_several_front_ends_are_linearizable() {
    if can_start() {
        let plain = Plain::start(&[]);
        check_histories(&tiny(plain.settings()), || ());
    }
}

/// Lets clients of two front ends read and write few samples, while something else is done, and judges the
/// history of each sample.
pub(crate) fn check_histories(settings: &Settings, meanwhile: impl FnOnce()) {
    let ends = two(settings);
    let (clock, histories) = (AtomicU64::new(1), Mutex::new(BTreeMap::<_, Vec<_>>::new()));
    let now = || clock.fetch_add(1, SeqCst);
    let act = |number: u64| {
        let mut client = Client::new(&ends[number as usize % 2]);
        let mut random = fastrand::Rng::with_seed(number);
        for step in 0..400 {
            let place = (["a", "b"][random.usize(..2)], random.i64(..3));
            let is_write = random.bool();
            let value = number * 1_000 + step + 1;
            let request = match is_write {
                true => format!("put {} {value} {}\n", place.0, place.1),
                false => format!("get {}\n", place.0),
            };
            let began = now();
            let told = client.ask_one(&request);
            let (value, ended) = match told {
                Told::Ok(lines) if !is_write => (value_at(&lines, place.1), now()),
                Told::Ok(_) => (value, now()),
                Told::Nothing if is_write => (value, u64::MAX),
                // It was certainly not done.
                Told::Error | Told::Nothing => continue,
            };
            let operation = Operation { is_write, value, began, ended };
            histories.lock().unwrap().entry(place).or_default().push(operation);
        }
    };
    thread::scope(|scope| {
        (0..6).for_each(|number| _ = scope.spawn(move || act(number)));
        meanwhile();
    });
    for (place, history) in histories.into_inner().unwrap() {
        let judged = judge(&history);
        assert_eq!(judged, Ok(()), "{place:?} of {} operations", history.len());
    }
}

fn value_at(lines: &[String], time: i64) -> u64 {
    let end = format!(" {time}");
    let line = lines.iter().find(|line| line.ends_with(&end));
    line.and_then(|line| line.split(' ').nth(1)?.parse::<f64>().ok()).unwrap_or(0.0) as u64
}
