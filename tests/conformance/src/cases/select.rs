//! What a get lists, and in which order.

use crate::reply::{OK, put, row, series};
use crate::trial::Trial;
use crate::{Case, Needs};

pub(super) const CASES: &[Case] = &[
    Case::new("a get of an unknown key is an empty ok", Needs::NO_SERIES, unknown),
    Case::new("a get creates nothing", Needs::NO_SERIES, creates_nothing),
    Case::new("a get lists the samples of its key alone", KEYS, own_samples),
    Case::new("a get may be repeated and gives the same", KEYS, repeated),
    Case::new("`get *` of an empty server is an empty ok", EMPTY, empty),
    Case::new("`get *` lists everything and nothing else", EMPTY_KEYS, everything),
    Case::new("`get *` lists the samples of one key together", KEYS, together),
    Case::new("`get *` lists keys in the order of their bytes", ORDER, byte_order),
    Case::new("`get *` orders keys beyond ASCII by their bytes, too", ORDER, byte_order_of_scripts),
];

const KEYS: Needs = Needs { series: 3, samples: 3, ..Needs::SMALL };

const ORDER: Needs = Needs { series: 8, ..Needs::SMALL };

const EMPTY: Needs = Needs { empty: true, ..Needs::SMALL };

const EMPTY_KEYS: Needs = Needs { empty: true, ..KEYS };

fn unknown(trial: &mut Trial<'_>) {
    trial.connect().expect(format!("get {}", trial.key("nothing")), OK);
}

fn creates_nothing(trial: &mut Trial<'_>) {
    let mut client = trial.connect();
    for name in ["a", "b", "c", "d", "a"] {
        client.expect(format!("get {}", trial.key(name)), OK);
    }
    trial.expect_own(&mut client, []);
}

fn own_samples(trial: &mut Trial<'_>) {
    let keys = ["a", "ab", "b"].map(|name| trial.key(name));
    let mut client = trial.connect();
    for key in &keys {
        client.put_all(key, [3, 1, 2]);
    }
    for key in &keys {
        client.expect(format!("get {key}"), series(key, [1, 2, 3]));
    }
}

fn repeated(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut client = trial.connect();
    client.put_all(&key, [1, 2, 3]);
    for _ in 0..20 {
        client.expect(format!("get {key}"), series(&key, [1, 2, 3]));
        trial.expect_own(&mut client, [row(&key, 1), row(&key, 2), row(&key, 3)]);
    }
}

fn empty(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut client = trial.connect();
    client.expect("get *", OK);
    client.expect_wrong("hello");
    client.expect(format!("get {key}"), OK);
    client.expect("get *", OK);
    client.expect_ok(put(&key, 1));
    client.expect("get *", series(&key, [1]));
}

fn everything(trial: &mut Trial<'_>) {
    let (a, b, c) = (trial.key("a"), trial.key("b"), trial.key("c"));
    let mut client = trial.connect();
    client.expect_ok(put(&b, 2));
    client.expect_ok(put(&c, 1));
    client.expect_ok(put(&a, 3));
    client.expect_ok(put(&b, 1));
    let listed = format!("ok\n{a} 3.0 3\n{b} 1.0 1\n{b} 2.0 2\n{c} 1.0 1\n\n");
    client.expect("get *", listed);
}

fn together(trial: &mut Trial<'_>) {
    let keys = ["a", "b", "c"].map(|name| trial.key(name));
    let mut client = trial.connect();
    for timestamp in [2, 3, 1] {
        for key in &keys {
            client.expect_ok(put(key, timestamp));
        }
    }
    let rows = keys.iter().flat_map(|key| (1..=3).map(|timestamp| row(key, timestamp)));
    trial.expect_own(&mut client, rows);
}

fn byte_order(trial: &mut Trial<'_>) {
    in_this_order(trial, ["!", "-a", "10", "9", "Z", "a", "a.b", "aa"]);
}

fn byte_order_of_scripts(trial: &mut Trial<'_>) {
    // In the order of UTF-16 units the last two would be swapped.
    in_this_order(trial, ["z", "~", "\u{e4}", "\u{436}", "\u{4e94}", "\u{ffee}", "\u{1f511}"]);
}

fn in_this_order<const N: usize>(trial: &Trial<'_>, names: [&str; N]) {
    let keys = names.map(|name| trial.key(name));
    let mut mixed = keys.clone();
    trial.random().shuffle(&mut mixed);
    let mut client = trial.connect();
    for key in &mixed {
        client.expect_ok(put(key, 1));
    }
    trial.expect_own(&mut client, keys.iter().map(|key| row(key, 1)));
}
