//! Connections that work at the same time.

use std::panic::resume_unwind;
use std::thread;

use crate::client::Client;
use crate::reply::{row, series};
use crate::trial::Trial;
use crate::{Case, Needs};

pub(super) const CASES: &[Case] = &[
    Case::new("concurrent writers lose nothing", WRITERS, writers),
    Case::new("of concurrent writes to one sample exactly one is kept", RIVALS, rivals),
    Case::new("`get *` beside a writer lists what stays exactly once and in order", BESIDE, beside),
    Case::new("a get beside a writer of its key lists what stays exactly once", PAIR, same_key),
];

const WRITERS: Needs = Needs { connections: 5, series: 5, samples: 8, ..Needs::SMALL };

const RIVALS: Needs = Needs { connections: 4, ..Needs::SMALL };

const BESIDE: Needs = Needs { connections: 2, series: 7, samples: 4, ..Needs::SMALL };

const PAIR: Needs = Needs { connections: 2, samples: 4, ..Needs::SMALL };

fn writers(trial: &mut Trial<'_>) {
    let shared = trial.key("shared");
    let own = [0, 1, 2, 3].map(|number| trial.key(&number.to_string()));
    let each = most_samples(trial, 2_000) / 4;
    let timestamps = |number: usize| (0..each).map(move |step| step * 4 + number as i64);
    in_parallel(trial.connect_many(4), |number, client| {
        for timestamp in timestamps(number) {
            client.put_all(&own[number], [timestamp]);
            client.put_all(&shared, [timestamp]);
        }
    });
    let mut client = trial.connect();
    client.expect(format!("get {shared}"), series(&shared, 0..each * 4));
    for (number, key) in own.iter().enumerate() {
        client.expect(format!("get {key}"), series(key, timestamps(number)));
    }
}

fn rivals(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    in_parallel(trial.connect_many(4), |number, client| {
        for _ in 0..200 {
            client.expect_ok(format!("put {key} {number} 1"));
        }
    });
    let got = trial.connect().ask(format!("get {key}"));
    let possible = [0, 1, 2, 3].map(|number| format!("ok\n{key} {number}.0 1\n\n").into_bytes());
    assert!(possible.contains(&got), "none of the writes is kept whole: {}", got.escape_ascii());
}

fn beside(trial: &mut Trial<'_>) {
    let staying = ["b", "d", "f"].map(|name| trial.key(name));
    let coming = ["a", "c", "e", "g"].map(|name| trial.key(name));
    let count = most_samples(trial, 1_500);
    let (mut reader, mut writer) = (trial.connect(), trial.connect());
    for key in &staying {
        reader.put_all(key, 0..count);
    }
    let expected: Vec<Place> = staying.iter().flat_map(|key| places(key, 0..count)).collect();
    while_writing(
        || write_rounds(&mut writer, &coming, count),
        || assert_holds(&trial.own(&reader.ask("get *")), &expected),
    );
}

fn same_key(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let half = most_samples(trial, 2_000) / 2;
    let (mut reader, mut writer) = (trial.connect(), trial.connect());
    reader.put_all(&key, (0..half).map(|step| step * 2));
    let expected: Vec<Place> = places(&key, (0..half).map(|step| step * 2)).collect();
    while_writing(
        || writer.put_all(&key, (0..half).map(|step| step * 2 + 1)),
        || assert_holds(&reader.ask(format!("get {key}")), &expected),
    );
    reader.expect(format!("get {key}"), series(&key, 0..half * 2));
}

/// Puts samples, some new and some replaced. Their keys lie between those that do not change.
fn write_rounds(writer: &mut Client, keys: &[String], count: i64) {
    for round in 0..4 {
        for key in keys {
            writer.put_all(key, (0..count / 4).map(|step| step * 4 + round));
        }
    }
}

/// Runs the check again and again while the writer works, and once after it.
fn while_writing(write: impl FnOnce() + Send, mut check: impl FnMut()) {
    thread::scope(|scope| {
        let writer = scope.spawn(write);
        while !writer.is_finished() {
            check();
        }
        if let Err(panic) = writer.join() {
            resume_unwind(panic);
        }
        check();
    });
}

/// Runs each client on a thread. Fails with the first client that fails.
fn in_parallel(clients: Vec<Client>, work: impl Fn(usize, &mut Client) + Sync) {
    let work = &work;
    thread::scope(|scope| {
        let threads: Vec<_> = clients
            .into_iter()
            .enumerate()
            .map(|(number, mut client)| scope.spawn(move || work(number, &mut client)))
            .collect();
        for thread in threads {
            if let Err(panic) = thread.join() {
                resume_unwind(panic);
            }
        }
    });
}

/// The key and the timestamp of a sample, which order a reply.
type Place = (String, i64);

fn places(key: &str, timestamps: impl Iterator<Item = i64>) -> impl Iterator<Item = Place> {
    timestamps.map(move |timestamp| (key.to_owned(), timestamp))
}

/// Fails unless the reply is in strict order, so that no sample is listed twice, and lists at least
/// these samples.
fn assert_holds(reply: &[u8], expected: &[Place]) {
    let listed: Vec<Place> =
        String::from_utf8_lossy(reply).lines().skip(1).filter_map(place).collect();
    for pair in listed.windows(2) {
        assert!(pair[0] < pair[1], "{:?} is listed before {:?}", pair[0], pair[1]);
    }
    for place in expected {
        assert!(listed.binary_search(place).is_ok(), "{place:?} is not listed");
    }
}

fn place(line: &str) -> Option<Place> {
    if line.is_empty() {
        return None;
    }
    let (key, rest) = line.split_once(' ').unwrap_or((line, ""));
    let timestamp = rest.rsplit(' ').next().and_then(|text| text.parse().ok());
    let place = (key.to_owned(), timestamp.unwrap_or(i64::MIN));
    assert!(line == row(&place.0, place.1), "`{line}` was never put");
    Some(place)
}

/// Returns the number of samples to put into a series: the bound of the server, up to a limit.
fn most_samples(trial: &Trial<'_>, most: i64) -> i64 {
    i64::try_from(trial.offer().samples).unwrap_or(most).min(most)
}
