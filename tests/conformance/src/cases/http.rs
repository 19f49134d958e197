//! Lines that a web page can make a browser send. A server may answer a connection's first line as
//! HTTP does, so here another comes first.

use crate::client::Client;
use crate::reply::{OK, WRONG, put, row};
use crate::trial::Trial;
use crate::{Case, Needs};

pub(super) const CASES: &[Case] = &[
    Case::new("after a request line of HTTP every line is a wrong command", Needs::SMALL, refuses),
    Case::new("a line of HTTP is known however it is cut", Needs::SMALL, cut),
    Case::new("a line over its bound counts as HTTP by its beginning", Needs::SMALL, long),
    Case::new("what only looks like HTTP is an ordinary wrong command", Needs::SMALL, lookalikes),
    Case::new("what only looks like HTTP may come first", Needs::SMALL, first_lookalikes),
    Case::new("a line of HTTP concerns its own connection", TWO, own_connection),
];

const TWO: Needs = Needs { connections: 2, ..Needs::SMALL };

const REQUEST: &str = "POST / HTTP/1.1";

/// Connects, and sends a line that is not of HTTP.
fn connect(trial: &mut Trial<'_>) -> Client {
    let mut client = trial.connect();
    client.expect_wrong("hello");
    client
}

fn refuses(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    for request in [REQUEST, "GET * HTTP/1.0", "X http://a/ HTTP/1.1", "GET / HTTP/1.1\r"] {
        let mut client = connect(trial);
        client.expect_wrong(request);
        for line in ["Host: a", "", &put(&key, 1), &format!("get {key}"), "get *"] {
            client.expect_wrong(line);
        }
    }
    trial.expect_own(&mut trial.connect(), []);
}

fn cut(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let sent = format!("{REQUEST}\r\n{}\n", put(&key, 1));
    for place in 1..sent.len() {
        let mut client = connect(trial);
        let (front, back) = sent.split_at(place);
        client.send(front);
        client.send(back);
        client.expect_next("in reply to a request of HTTP", WRONG);
        client.expect_next("in reply to a put behind it", WRONG);
    }
    trial.expect_own(&mut trial.connect(), []);
}

fn long(trial: &mut Trial<'_>) {
    let (key, bound) = (trial.key("k"), trial.offer().line);
    for (length, refuses) in
        [(bound - 1, false), (bound, false), (bound + 1, true), (8192.max(bound + 2), true)]
    {
        let mut client = connect(trial);
        client.expect_wrong(format!("{:a<length$}", "GET /"));
        if refuses {
            client.expect_wrong(put(&key, 1));
        } else {
            client.expect_ok(put(&key, 2));
        }
    }
    trial.expect_own(&mut trial.connect(), [row(&key, 2)]);
}

fn lookalikes(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut client = trial.connect();
    for line in LOOKALIKES {
        client.expect_wrong(line);
        client.expect_ok(put(&key, 2));
    }
}

const LOOKALIKES: [&str; 7] = [
    "GET /",
    "get / HTTP/1.1",
    " GET / HTTP/1.1",
    "GET / HTTP/1.1 ",
    "GET  / HTTP/1.1",
    "GET / HTTP/2.0",
    "GET httpx",
];

fn first_lookalikes(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    for line in LOOKALIKES {
        for place in 0..=line.len() {
            let mut client = trial.connect();
            let (front, back) = line.split_at(place);
            client.send(front);
            client.send(format!("{back}\n{}\n", put(&key, 2)));
            client.expect_next("in reply to what looks like HTTP", WRONG);
            client.expect_next("in reply to a put behind it", OK);
        }
    }
}

fn own_connection(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let (mut web, mut client) = (connect(trial), trial.connect());
    web.expect_wrong(REQUEST);
    client.expect_ok(put(&key, 2));
    web.expect_wrong(put(&key, 1));
}
