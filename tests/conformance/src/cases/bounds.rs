//! A full series and a full table.

use crate::client::Client;
use crate::reply::{OK, put, row, series};
use crate::trial::Trial;
use crate::{Case, Fills, Needs};

pub(super) const CASES: &[Case] = &[
    Case::new("a series holds the offered number of samples", SERIES, holds_samples),
    Case::new("in a full series the oldest sample gives way to a newer one", SERIES, gives_way),
    Case::new(
        "in a full series a sample between the others takes the oldest's place",
        PAIR,
        between,
    ),
    Case::new("a sample older than all of a full series is refused", SERIES, too_old),
    Case::new("replacing a sample of a full series drops nothing", SERIES, replaces),
    Case::new("a full series goes on for ever", SERIES, goes_on),
    Case::new("a full series leaves other series alone", TWO_SERIES, leaves_others),
    Case::new("a table holds the offered number of series", TABLE, holds_series),
    Case::new("a new key in a full table is refused and leaves no trace", TABLE, refuses_key),
    Case::new("in a full table the series that are there go on", TABLE, series_go_on),
    Case::new("a full table refuses on every connection alike", TWO_TABLE, refuses_everywhere),
];

const SERIES: Needs = Needs { fills: Fills::Series, ..Needs::SMALL };

const PAIR: Needs = Needs { samples: 2, ..SERIES };

const TWO_SERIES: Needs = Needs { series: 2, ..SERIES };

const TABLE: Needs =
    Needs { series: 2, samples: 2, empty: true, fills: Fills::Table, ..Needs::SMALL };

const TWO_TABLE: Needs = Needs { connections: 2, ..TABLE };

/// Returns the timestamps of a full series: 10, 20 and so on, with room between them.
fn tens(trial: &Trial<'_>) -> Vec<i64> {
    (1..).map(|step| step * 10).take(trial.offer().samples).collect()
}

fn full_series(trial: &Trial<'_>, key: &str) -> (Client, Vec<i64>) {
    let timestamps = tens(trial);
    let mut client = trial.connect();
    client.put_all(key, timestamps.iter().copied());
    (client, timestamps)
}

fn holds_samples(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let (mut client, timestamps) = full_series(trial, &key);
    client.expect(format!("get {key}"), series(&key, timestamps));
}

fn gives_way(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let (mut client, mut timestamps) = full_series(trial, &key);
    for newer in 1..=5 {
        let newest = 1_000_000 + newer;
        timestamps.remove(0);
        timestamps.push(newest);
        client.expect_ok(put(&key, newest));
        client.expect(format!("get {key}"), series(&key, timestamps.iter().copied()));
    }
}

fn between(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let (mut client, mut timestamps) = full_series(trial, &key);
    timestamps[0] = 15;
    client.expect_ok(put(&key, 15));
    client.expect(format!("get {key}"), series(&key, timestamps));
}

fn too_old(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let (mut client, timestamps) = full_series(trial, &key);
    for older in [9, 5, 0, -10, i64::MIN] {
        client.expect_wrong(format!("put {key} 1 {older}"));
        client.expect(format!("get {key}"), series(&key, timestamps.iter().copied()));
    }
}

fn replaces(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let (mut client, timestamps) = full_series(trial, &key);
    for place in [0, timestamps.len() / 2, timestamps.len() - 1] {
        let timestamp = timestamps[place];
        let listed = series(&key, timestamps.iter().copied());
        let (old, new) = (row(&key, timestamp), format!("{key} -1.0 {timestamp}"));
        client.expect_ok(format!("put {key} -1 {timestamp}"));
        let changed = listed.replace(&format!("\n{old}\n"), &format!("\n{new}\n"));
        client.expect(format!("get {key}"), changed);
        client.expect_ok(put(&key, timestamp));
        client.expect(format!("get {key}"), listed);
    }
}

fn goes_on(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let (mut client, timestamps) = full_series(trial, &key);
    let count = timestamps.len() as i64;
    client.put_all(&key, 1_000_000..1_000_000 + 3 * count + 1);
    let end = 1_000_000 + 3 * count + 1;
    client.expect(format!("get {key}"), series(&key, end - count..end));
}

fn leaves_others(trial: &mut Trial<'_>) {
    let (key, other) = (trial.key("k"), trial.key("other"));
    let (mut client, _) = full_series(trial, &key);
    client.put_all(&other, [1]);
    client.put_all(&key, 1_000_000..1_000_010);
    client.expect_wrong(put(&key, 1));
    client.expect(format!("get {other}"), series(&other, [1]));
}

/// Fills the table of an empty server with series of one sample each.
fn full_table(trial: &Trial<'_>) -> (Client, Vec<String>) {
    let count = trial.offer().series;
    let keys: Vec<String> = (0..count).map(|number| trial.key(&format!("{number:04}"))).collect();
    let mut client = trial.connect();
    for key in &keys {
        client.put_all(key, [1]);
    }
    (client, keys)
}

fn holds_series(trial: &mut Trial<'_>) {
    let (mut client, keys) = full_table(trial);
    trial.expect_own(&mut client, keys.iter().map(|key| row(key, 1)));
}

fn refuses_key(trial: &mut Trial<'_>) {
    let (mut client, keys) = full_table(trial);
    for name in ["new", "0", "\u{436}"] {
        let key = trial.key(name);
        client.expect_wrong(put(&key, 2));
        client.expect(format!("get {key}"), OK);
    }
    trial.expect_own(&mut client, keys.iter().map(|key| row(key, 1)));
}

fn series_go_on(trial: &mut Trial<'_>) {
    let (mut client, keys) = full_table(trial);
    client.expect_wrong(put(&trial.key("new"), 2));
    for key in &keys {
        client.put_all(key, [2]);
        client.expect_ok(format!("put {key} 7 1"));
    }
    let rows = keys.iter().flat_map(|key| [format!("{key} 7.0 1"), row(key, 2)]);
    trial.expect_own(&mut client, rows);
}

fn refuses_everywhere(trial: &mut Trial<'_>) {
    let (mut client, keys) = full_table(trial);
    let mut other = trial.connect();
    let key = trial.key("new");
    for client in [&mut client, &mut other] {
        client.expect_wrong(put(&key, 1));
        client.expect(format!("get {key}"), OK);
        client.expect_ok(put(&keys[0], 1));
    }
}
