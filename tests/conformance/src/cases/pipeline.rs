//! Requests that arrive in pieces or many at a time.

use crate::reply::{OK, WRONG, assert_same, put, series, shown};
use crate::trial::Trial;
use crate::{Case, Needs};

pub(super) const CASES: &[Case] = &[
    Case::new("a dialogue sent byte by byte gets the same replies", SOME, byte_by_byte),
    Case::new("a dialogue cut anywhere in two gets the same replies", TWO, every_cut),
    Case::new("a request in two pieces waits for its end", TWO, waits),
    Case::new("a thousand requests in one write get a reply each", Needs::SMALL, thousand),
    Case::new("replies come in the order of their requests", Needs::SMALL, in_order),
    Case::new(
        "a wrong command among pipelined requests takes its turn",
        Needs::SMALL,
        wrong_between,
    ),
    Case::new("one request at a time gets one reply at a time", Needs::SMALL, one_at_a_time),
];

const SOME: Needs = Needs { series: 2, samples: 2, ..Needs::SMALL };

const TWO: Needs = Needs { connections: 2, ..SOME };

/// A dialogue that gets the same replies each time it is repeated.
fn dialogue(trial: &Trial<'_>) -> (String, String) {
    let (a, b) = (trial.key("a"), trial.key("b"));
    let sent = format!("put {a} 1 1\r\nput {a} 2.5 2\nget {a}\n\nhello\nget {b}\r\nput {a} 1\n");
    let replies = format!("{OK}{OK}ok\n{a} 1.0 1\n{a} 2.5 2\n\n{WRONG}{WRONG}{OK}{WRONG}");
    (sent, replies)
}

fn byte_by_byte(trial: &mut Trial<'_>) {
    let (sent, replies) = dialogue(trial);
    let mut client = trial.connect();
    sent.as_bytes().chunks(1).for_each(|byte| client.send(byte));
    assert_same("every reply", replies.as_bytes(), &client.close_and_read());
}

fn every_cut(trial: &mut Trial<'_>) {
    let (sent, replies) = dialogue(trial);
    let mut other = trial.connect();
    for cut in 0..=sent.len() {
        let (head, tail) = sent.as_bytes().split_at(cut);
        let mut client = trial.connect();
        client.send(head);
        // A round trip on another connection gives the server time to read the first piece alone.
        other.expect_wrong("hello");
        client.send(tail);
        let about = format!("every reply, cut after {}", shown(head));
        assert_same(&about, replies.as_bytes(), &client.close_and_read());
    }
}

fn waits(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let (mut client, mut other) = (trial.connect(), trial.connect());
    client.send(format!("put {key} 1 1"));
    other.expect(format!("get {key}"), OK);
    client.send("0");
    other.expect(format!("get {key}"), OK);
    client.send("\n");
    client.expect_next("in reply to a put in three pieces", OK);
    other.expect(format!("get {key}"), format!("ok\n{key} 1.0 10\n\n"));
}

fn thousand(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut client = trial.connect();
    client.send(format!("{}\n", put(&key, 5)).repeat(1000));
    for number in 1..=1000 {
        client.expect_next(&format!("reply {number} of 1000"), OK);
    }
    client.expect(format!("get {key}"), series(&key, [5]));
    assert_same("after the last reply", b"", &client.close_and_read());
}

fn in_order(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut client = trial.connect();
    let requests = (0..200).map(|value| format!("put {key} {value} 1\nget {key}\n"));
    client.send(requests.collect::<String>());
    for value in 0..200 {
        client.expect_next(&format!("reply to put {value}"), OK);
        let listed = format!("ok\n{key} {value}.0 1\n\n");
        client.expect_next(&format!("reply to get {value}"), listed);
    }
}

fn wrong_between(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut client = trial.connect();
    let line = put(&key, 1);
    client.send(format!("{line}\n{line} 1\nhello\nget {key}\n\n{line}\n").repeat(20));
    let listed = series(&key, [1]);
    for round in 1..=20 {
        for expected in [OK, WRONG, WRONG, &listed, WRONG, OK] {
            client.expect_next(&format!("in round {round}"), expected);
        }
    }
}

fn one_at_a_time(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut client = trial.connect();
    for value in 0..300 {
        client.expect_ok(format!("put {key} {value} 1"));
        client.expect(format!("get {key}"), format!("ok\n{key} {value}.0 1\n\n"));
    }
    assert_same("after the last reply", b"", &client.close_and_read());
}
