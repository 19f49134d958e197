//! The effects of a put.

use crate::reply::{listing, put, row, series};
use crate::trial::Trial;
use crate::{Case, Needs};

pub(super) const CASES: &[Case] = &[
    Case::new("a sample that was put is there", Needs::SMALL, is_there),
    Case::new("a put is visible to every connection once its reply is there", TWO, visible),
    Case::new("the same key and timestamp replace the value", SOME, replaces),
    Case::new("the last write wins whichever value is larger", Needs::SMALL, last_write_wins),
    Case::new("the same sample twice is one sample", Needs::SMALL, twice),
    Case::new("one spelling of a timestamp replaces another", Needs::SMALL, spellings),
    Case::new("the same timestamp under another key is another sample", KEYS, other_key),
    Case::new("samples are listed by timestamp, whatever order they came in", MORE, sorted),
    Case::new("timestamps are ordered as numbers, not as text", MORE, numeric_order),
];

const TWO: Needs = Needs { connections: 2, samples: 8, ..Needs::SMALL };

const SOME: Needs = Needs { samples: 3, ..Needs::SMALL };

const MORE: Needs = Needs { samples: 12, ..Needs::SMALL };

const KEYS: Needs = Needs { series: 2, ..Needs::SMALL };

fn is_there(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut client = trial.connect();
    client.expect_ok(format!("put {key} 23.7 1150864247"));
    client.expect(format!("get {key}"), format!("ok\n{key} 23.7 1150864247\n\n"));
}

fn visible(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let (mut writer, mut reader) = (trial.connect(), trial.connect());
    for last in 1..=8 {
        writer.expect_ok(put(&key, last));
        reader.expect(format!("get {key}"), series(&key, 1..=last));
        std::mem::swap(&mut writer, &mut reader);
    }
}

fn replaces(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut client = trial.connect();
    client.put_all(&key, [1, 2, 3]);
    client.expect_ok(format!("put {key} 99 2"));
    let rows = [row(&key, 1), format!("{key} 99.0 2"), row(&key, 3)];
    client.expect(format!("get {key}"), listing(rows));
}

fn last_write_wins(trial: &mut Trial<'_>) {
    trial.all_read_back(&[
        ("5", "5.0"),
        ("7", "7.0"),
        ("-3", "-3.0"),
        ("0", "0.0"),
        ("-0", "-0.0"),
    ]);
}

fn twice(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut client = trial.connect();
    client.put_all(&key, [5, 5, 5]);
    client.expect(format!("get {key}"), series(&key, [5]));
}

fn spellings(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut client = trial.connect();
    for (value, timestamp) in ["5", "+5", "005", "+0005"].iter().enumerate() {
        client.expect_ok(format!("put {key} {value} {timestamp}"));
        client.expect(format!("get {key}"), format!("ok\n{key} {value}.0 5\n\n"));
    }
}

fn other_key(trial: &mut Trial<'_>) {
    let (a, b) = (trial.key("a"), trial.key("b"));
    let mut client = trial.connect();
    client.expect_ok(format!("put {a} 1 5"));
    client.expect_ok(format!("put {b} 2 5"));
    client.expect(format!("get {a}"), format!("ok\n{a} 1.0 5\n\n"));
    client.expect(format!("get {b}"), format!("ok\n{b} 2.0 5\n\n"));
}

fn sorted(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut timestamps: Vec<i64> = (-6..6).map(|step| step * 1000).collect();
    trial.random().shuffle(&mut timestamps);
    let mut client = trial.connect();
    client.put_all(&key, timestamps.iter().copied());
    timestamps.sort_unstable();
    client.expect(format!("get {key}"), series(&key, timestamps));
}

fn numeric_order(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let ascending = [-1_000_000, -20, -19, -3, -1, 0, 2, 10, 19, 100, 3_000_000_000];
    let mut client = trial.connect();
    client.put_all(&key, ascending.into_iter().rev());
    client.expect(format!("get {key}"), series(&key, ascending));
}
