//! Many connections, and how they end.

use crate::reply::{OK, WRONG, assert_same, put, row, series};
use crate::trial::Trial;
use crate::{Case, Needs};

pub(super) const CASES: &[Case] = &[
    Case::new("two connections are served in turns", TWO, in_turns),
    Case::new("200 connections are served at once", MANY, many_at_once),
    Case::new("200 connections one after the other are served", Needs::SMALL, many_in_a_row),
    Case::new("a connection that says nothing disturbs nobody", IDLE, idle),
    Case::new("after a half-close all replies come, then the stream ends", SOME, half_close),
    Case::new(
        "a half-close without a request just ends the stream",
        Needs::NO_SERIES,
        nothing_sent,
    ),
    Case::new(
        "a half-close after a wrong command ends the stream, too",
        Needs::NO_SERIES,
        after_wrong,
    ),
    Case::new("what was stored outlives its connection", TWO, outlives),
    Case::new("a connection that ends inside a request harms nobody", TWO, ends_inside),
    Case::new("a connection that ends before its replies harms nobody", TWO, ends_unread),
    Case::new("half a line of one connection does not reach another", TWO, separate_lines),
];

const TWO: Needs = Needs { connections: 2, samples: 2, ..Needs::SMALL };

const SOME: Needs = Needs { samples: 3, ..Needs::SMALL };

const MANY: Needs = Needs { connections: 200, samples: 200, ..Needs::SMALL };

const IDLE: Needs = Needs { connections: 3, samples: 2, ..Needs::SMALL };

fn in_turns(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let (mut one, mut two) = (trial.connect(), trial.connect());
    for value in 0..50 {
        one.expect_ok(format!("put {key} {value} 1"));
        two.expect(format!("get {key}"), format!("ok\n{key} {value}.0 1\n\n"));
    }
}

fn many_at_once(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut clients = trial.connect_many(200);
    for (client, timestamp) in clients.iter_mut().zip(1..) {
        client.send(put(&key, timestamp) + "\n");
    }
    for client in &mut clients {
        client.expect_next("reply to a put of many connections", OK);
    }
    let listed = series(&key, 1..=200);
    for client in clients.iter_mut().rev() {
        client.expect(format!("get {key}"), &listed);
    }
}

fn many_in_a_row(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    for value in 0..200 {
        let mut client = trial.connect();
        client.expect_ok(format!("put {key} {value} 1"));
        client.expect(format!("get {key}"), format!("ok\n{key} {value}.0 1\n\n"));
        assert_same("after the last reply", b"", &client.close_and_read());
    }
}

fn idle(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let (mut silent, mut halfway) = (trial.connect(), trial.connect());
    halfway.send(format!("get {key}"));
    let mut client = trial.connect();
    client.put_all(&key, [1, 2]);
    halfway.send("\n");
    halfway.expect_next("reply to a get that took its time", series(&key, [1, 2]));
    silent.expect(format!("get {key}"), series(&key, [1, 2]));
}

fn half_close(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut client = trial.connect();
    let puts: String = (1..=3).map(|timestamp| put(&key, timestamp) + "\n").collect();
    client.send(format!("{puts}get {key}\nhello\nget {key}\n"));
    let listed = series(&key, 1..=3);
    let expected = format!("{OK}{OK}{OK}{listed}{WRONG}{listed}");
    assert_same("every reply", expected.as_bytes(), &client.close_and_read());
}

fn nothing_sent(trial: &mut Trial<'_>) {
    let mut client = trial.connect();
    assert_same("without a request", b"", &client.close_and_read());
}

fn after_wrong(trial: &mut Trial<'_>) {
    let mut client = trial.connect();
    client.send("hello\n\n");
    let expected = WRONG.repeat(2);
    assert_same("every reply", expected.as_bytes(), &client.close_and_read());
}

fn outlives(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut client = trial.connect();
    client.put_all(&key, [1]);
    drop(client);
    let mut client = trial.connect();
    client.put_all(&key, [2]);
    client.close_and_read();
    trial.connect().expect(format!("get {key}"), series(&key, [1, 2]));
}

fn ends_inside(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut client = trial.connect();
    client.put_all(&key, [1]);
    for piece in ["p", "put", "put ", "put <key> 5 1", "put <key> 5 1\r", "get *", "x"] {
        let mut ending = trial.connect();
        ending.send(piece.replace("<key>", &key));
        drop(ending);
        client.expect(format!("get {key}"), series(&key, [1]));
    }
    trial.expect_own(&mut client, [row(&key, 1)]);
}

fn ends_unread(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut client = trial.connect();
    client.put_all(&key, [1, 2]);
    for _ in 0..20 {
        let mut ending = trial.connect();
        ending.send(format!("get {key}\n").repeat(100));
        drop(ending);
        client.expect(format!("get {key}"), series(&key, [1, 2]));
    }
}

fn separate_lines(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let (mut one, mut two) = (trial.connect(), trial.connect());
    let (head, tail) = (format!("put {key}"), " 1 1\n");
    one.send(&head);
    two.send(&head);
    one.send(tail);
    one.expect_next("reply to the first", OK);
    two.expect("", WRONG);
    two.expect(format!("get {key}"), series(&key, [1]));
}
