//! Replies longer than any buffer, and clients that are slow to read them.

use crate::client::Client;
use crate::reply::{assert_same, put, row, series};
use crate::trial::Trial;
use crate::{Case, Needs};

pub(super) const CASES: &[Case] = &[
    Case::new("a reply of 10,000 samples of one key is complete and ordered", ONE_KEY, one_key),
    Case::new("a `get *` of 10,000 samples is complete and ordered", SPREAD, spread),
    Case::new("requests behind a long reply get theirs", BEHIND, behind),
    Case::new("a slow reader gets every byte", Needs::SMALL, slow_reader),
    Case::new("a client that never reads keeps nobody else from being served", TWO, never_reads),
    Case::new("a client that leaves in the middle of a long reply harms nobody", TWO, leaves),
];

const ONE_KEY: Needs = Needs { samples: 10_000, ..Needs::SMALL };

const SPREAD: Needs = Needs { series: 20, samples: 500, ..Needs::SMALL };

const BEHIND: Needs = Needs { samples: 500, ..Needs::SMALL };

const TWO: Needs = Needs { connections: 2, ..Needs::SMALL };

fn one_key(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut timestamps: Vec<i64> = (0..10_000).collect();
    trial.random().shuffle(&mut timestamps);
    let mut client = trial.connect();
    client.put_all(&key, timestamps);
    let listed = series(&key, 0..10_000);
    client.expect(format!("get {key}"), &listed);
    client.expect(format!("get {key}"), &listed);
}

fn spread(trial: &mut Trial<'_>) {
    let keys: Vec<String> = (10..30).map(|number| trial.key(&number.to_string())).collect();
    let mut client = trial.connect();
    for key in keys.iter().rev() {
        client.put_all(key, (0..500).rev());
    }
    let rows = keys.iter().flat_map(|key| (0..500).map(|timestamp| row(key, timestamp)));
    trial.expect_own(&mut client, rows);
}

fn behind(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut client = trial.connect();
    client.put_all(&key, 0..500);
    let listed = series(&key, 0..500);
    client.send(format!("get {key}\nhello\nget {key}\nput {key} 0 0\n"));
    client.expect_next("the long reply", &listed);
    client.expect_next("behind the long reply", "error\nwrong command\n\n");
    client.expect_next("the second long reply", &listed);
    client.expect_next("behind the second long reply", "ok\n\n");
}

fn slow_reader(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut random = trial.random();
    let mut client = trial.connect();
    let listed = fill(trial, &mut client, &key);
    let requests = requests_to_get(WELL_OVER_BUFFERS / 4, &listed);
    client.send(format!("get {key}\n").repeat(requests));
    client.read_in_pieces(requests * listed.len(), || random.usize(1..3000));
    for number in 1..=requests {
        client.expect_next(&format!("reply {number} of {requests}"), &listed);
    }
    assert_same("after the last reply", b"", &client.close_and_read());
}

fn never_reads(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut client = trial.connect();
    let listed = fill(trial, &mut client, &key);
    let mut greedy = trial.connect();
    greedy.send(format!("get {key}\n").repeat(requests_to_get(WELL_OVER_BUFFERS, &listed)));
    for _ in 0..50 {
        client.expect_ok(put(&key, 0));
        client.expect_wrong("hello");
        client.expect(format!("get {key}"), &listed);
    }
}

fn leaves(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut client = trial.connect();
    let listed = fill(trial, &mut client, &key);
    for _ in 0..5 {
        let mut leaving = trial.connect();
        leaving
            .send(format!("get {key}\n").repeat(requests_to_get(WELL_OVER_BUFFERS / 8, &listed)));
        leaving.read_in_pieces(listed.len() / 2 + 1, || 100);
        drop(leaving);
        client.expect(format!("get {key}"), &listed);
    }
}

/// Puts as many samples as a series of the server holds, up to a limit. Returns their listing.
fn fill(trial: &Trial<'_>, client: &mut Client, key: &str) -> String {
    let count = i64::try_from(trial.offer().samples.min(5_000)).unwrap_or(5_000);
    client.put_all(key, 0..count);
    series(key, 0..count)
}

/// Returns the number of requests for this many bytes of replies. The requests must fit the buffers
/// of a server that has stopped reading.
fn requests_to_get(bytes: usize, listed: &str) -> usize {
    (bytes / listed.len()).clamp(1, 1000)
}

/// More than the socket buffers of both ends hold on any usual system.
const WELL_OVER_BUFFERS: usize = 16 << 20;
