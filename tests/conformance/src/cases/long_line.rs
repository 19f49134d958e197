//! Lines of the longest length, and longer ones.

use crate::client::Client;
use crate::reply::{OK, WRONG, assert_same, listing, put, row, series};
use crate::trial::Trial;
use crate::{Case, Needs};

pub(super) const CASES: &[Case] = &[
    Case::new("a line of exactly the offered length is accepted", Needs::SMALL, exact),
    Case::new("the CR before the LF does not count", Needs::SMALL, exact_with_cr),
    Case::new("a line one byte longer is a wrong command", Needs::NO_SERIES, one_more),
    Case::new("every length around the bound gets one reply", Needs::SMALL, around),
    Case::new("a line of 100 kB gets one wrong command", Needs::SMALL, hundred_kilobytes),
    Case::new("a megabyte without a LF gets one wrong command once the LF comes", TWO, megabyte),
    Case::new("a too long line that arrives in pieces gets one reply", Needs::SMALL, in_pieces),
    Case::new("nothing inside a too long line is obeyed", Needs::SMALL, hidden_request),
    Case::new("a too long line at the end of the stream gets no reply", TWO, unfinished),
    Case::new("many too long lines in a row get one reply each", Needs::SMALL, many),
];

const TWO: Needs = Needs { connections: 2, ..Needs::SMALL };

/// Returns a put of `value 7` at timestamp 7 that has exactly this length.
fn put_of_length(key: &str, length: usize) -> String {
    let zeros = length - put(key, 7).len();
    format!("put {key} {}7 7", "0".repeat(zeros))
}

fn exact(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut client = trial.connect();
    client.expect_ok(put_of_length(&key, trial.offer().line));
    client.expect(format!("get {key}"), series(&key, [7]));
}

fn exact_with_cr(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut client = trial.connect();
    client.expect_ok(put_of_length(&key, trial.offer().line) + "\r");
    client.expect(format!("get {key}"), series(&key, [7]));
    client.expect_wrong(put_of_length(&key, trial.offer().line) + "\r\r");
}

fn one_more(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut client = trial.connect();
    client.expect_wrong(put_of_length(&key, trial.offer().line + 1));
    client.expect_wrong(put_of_length(&key, trial.offer().line + 1) + "\r");
    trial.expect_own(&mut client, []);
}

fn around(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let bound = trial.offer().line;
    let mut client = trial.connect();
    for length in bound - 8..=bound + 8 {
        let expected = if length <= bound { OK } else { WRONG };
        client.expect(put_of_length(&key, length), expected);
        client.expect(put_of_length(&key, length) + "\r", expected);
        client.expect(format!("get {key}"), series(&key, [7]));
    }
}

fn hundred_kilobytes(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut client = trial.connect();
    client.expect_wrong(put_of_length(&key, beyond(trial, 100_000)));
    client.expect_wrong("x".repeat(beyond(trial, 100_000)));
    client.expect_wrong(" ".repeat(beyond(trial, 100_000)));
    client.expect(format!("get {key}"), OK);
}

fn megabyte(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let (mut client, mut other) = (trial.connect(), trial.connect());
    client.send("x".repeat(beyond(trial, 1_000_000)));
    other.expect_ok(put(&key, 1));
    client.send("\n");
    client.expect_next("in reply to a megabyte", WRONG);
    client.expect(format!("get {key}"), series(&key, [1]));
}

fn in_pieces(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let bound = trial.offer().line;
    let mut client = trial.connect();
    for size in [1, 7, bound - 1, bound, bound + 1, bound + 2] {
        let line = put_of_length(&key, 3 * bound + 5);
        line.as_bytes().chunks(size).for_each(|piece| client.send(piece));
        client.send("\n");
        client.expect_next("in reply to a too long line in pieces", WRONG);
        client.expect_ok(format!("get {key}"));
    }
}

fn hidden_request(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let hidden = put(&key, 1);
    let mut client = trial.connect();
    let bound = trial.offer().line;
    for length in [bound - 1, bound, bound + 1, bound + 2, 2 * bound, 2 * bound + 1] {
        client.expect_wrong("x".repeat(length) + &hidden);
        client.expect_wrong("x".repeat(length) + "\r" + &hidden);
    }
    trial.expect_own(&mut client, []);
    client.expect_ok(hidden);
    trial.expect_own(&mut client, [row(&key, 1)]);
}

fn unfinished(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut client = trial.connect();
    client.send(put(&key, 1) + "\n");
    client.send("x".repeat(beyond(trial, 10_000)));
    assert_same("every reply", OK.as_bytes(), &client.close_and_read());
    trial.expect_own(&mut trial.connect(), [row(&key, 1)]);
}

fn many(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut client = trial.connect();
    let line = "x".repeat(trial.offer().line + 1) + "\n";
    for _ in 0..20 {
        client.send(&line);
    }
    read_wrong(&mut client, 20);
    client.expect(format!("get {key}"), listing([]));
}

fn read_wrong(client: &mut Client, count: usize) {
    for number in 1..=count {
        client.expect_next(&format!("reply {number} of {count}"), WRONG);
    }
}

/// A length that is too long for every server.
fn beyond(trial: &Trial<'_>, length: usize) -> usize {
    length.max(trial.offer().line * 2)
}
