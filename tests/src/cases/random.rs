//! Random dialogues, compared with the model reply for reply.

use fastrand::Rng;

use crate::client::Client;
use crate::reply::{WRONG, assert_same, put, series, shown};
use crate::trial::Trial;
use crate::{Case, Fills, Model, Needs};

pub(super) const CASES: &[Case] = &[
    Case::new("garbage gets one wrong command for each LF", Needs::SMALL, garbage),
    Case::new("random values are written as the model writes them", Needs::SMALL, random_values),
    Case::new("4,000 random requests are answered as the model answers them", SOME, like_the_model),
    Case::new("random requests in random pieces are answered the same", SOME, in_random_pieces),
    Case::new("random requests to a full table are answered the same", TABLE, at_a_full_table),
];

const SOME: Needs = Needs { connections: 3, series: 4, ..Needs::SMALL };

const TABLE: Needs = Needs { empty: true, fills: Fills::Table, ..Needs::SMALL };

fn garbage(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut random = trial.random();
    let mut client = trial.connect();
    for _ in 0..100 {
        let mut bytes: Vec<u8> = (0..random.usize(0..2000)).map(|_| random.u8(..)).collect();
        bytes.push(b'\n');
        client.send(&bytes);
        for _ in bytes.iter().filter(|&&byte| byte == b'\n') {
            client.expect_next("in reply to garbage", WRONG);
        }
    }
    client.expect_ok(put(&key, 1));
    client.expect(format!("get {key}"), series(&key, [1]));
}

fn random_values(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut random = trial.random();
    let mut pair = Pair::new(trial, 1);
    for _ in 0..1000 {
        pair.ask(&format!("put {key} {} 1", any_double(&mut random)), 0);
        pair.ask(&format!("get {key}"), 0);
    }
}

fn like_the_model(trial: &mut Trial<'_>) {
    let keys = ["a", "aa", "b", "\u{436}"].map(|name| trial.key(name));
    let mut pair = Pair::new(trial, 3);
    ask_at_random(trial, &mut pair, &keys, 4000);
}

fn at_a_full_table(trial: &mut Trial<'_>) {
    let count = trial.offer().series + 5;
    let keys: Vec<String> = (0..count).map(|number| trial.key(&number.to_string())).collect();
    let mut pair = Pair::new(trial, 1);
    for key in &keys {
        pair.ask(&put(key, 0), 0);
    }
    ask_at_random(trial, &mut pair, &keys, 2000);
}

fn ask_at_random(trial: &Trial<'_>, pair: &mut Pair<'_>, keys: &[String], steps: usize) {
    let mut random = trial.random();
    for _ in 0..steps {
        let line = any_line(&mut random, keys);
        pair.ask(&line, random.usize(..pair.clients.len()));
    }
}

fn in_random_pieces(trial: &mut Trial<'_>) {
    let keys = ["a", "b", "c", "d"].map(|name| trial.key(name));
    let mut random = trial.random();
    let mut pair = Pair::new(trial, 1);
    for _ in 0..100 {
        let lines: Vec<String> = (0..20).map(|_| any_line(&mut random, &keys)).collect();
        let mut rest = (lines.join("\n") + "\n").into_bytes();
        while !rest.is_empty() {
            let length = random.usize(1..=60).min(rest.len());
            pair.clients[0].send(rest.drain(..length).as_slice());
        }
        lines.iter().for_each(|line| pair.compare_next(line, 0));
    }
}

/// The server and the model, asked the same.
struct Pair<'a> {
    trial: &'a Trial<'a>,
    clients: Vec<Client>,
    model: Model,
    steps: usize,
}

impl<'a> Pair<'a> {
    fn new(trial: &'a Trial<'a>, connections: usize) -> Self {
        Self {
            trial,
            clients: trial.connect_many(connections),
            model: Model::new(trial.offer().into()),
            steps: 0,
        }
    }

    fn ask(&mut self, line: &str, connection: usize) {
        self.clients[connection].send(format!("{line}\n"));
        self.compare_next(line, connection);
    }

    fn compare_next(&mut self, line: &str, connection: usize) {
        self.steps += 1;
        let got = self.trial.own(&self.clients[connection].reply());
        let expected = self.model.feed(format!("{line}\n").as_bytes());
        let about = format!("in reply to request {}, {}", self.steps, shown(line.as_bytes()));
        assert_same(&about, &expected, &got);
    }
}

/// Makes a request, mostly a right one; what is wrong never makes a key but those given.
fn any_line(random: &mut Rng, keys: &[String]) -> String {
    let key = &keys[random.usize(..keys.len())];
    let mut fields = match random.u32(..30) {
        0..19 => vec!["put".into(), key.clone(), any_value(random), any_timestamp(random)],
        19..29 => vec!["get".into(), key.clone()],
        _ => vec!["get".into(), "*".into()],
    };
    if random.u32(..8) == 0 {
        spoil(random, &mut fields);
    }
    let separator =
        if random.u32(..40) == 0 { one_of(random, &["  ", "\t", "\u{a0}"]) } else { " " };
    let end = one_of(random, &["", "", "", "\r"]);
    fields.join(separator) + end
}

/// Changes any field but the key.
fn spoil(random: &mut Rng, fields: &mut Vec<String>) {
    let place = one_of(random, &[0, 2, 3]);
    match (random.u32(..4), fields.get_mut(place)) {
        (0, _) => fields.truncate(place),
        (1, _) => fields.push("1".into()),
        (_, Some(field)) => {
            let at = random.usize(..=field.len());
            field.insert(at, one_of(random, &SPOILERS));
        }
        (_, None) => fields.push(String::new()),
    }
}

fn any_value(random: &mut Rng) -> String {
    match random.u32(..4) {
        0 => any_double(random),
        1 => random.i32(-100..100).to_string(),
        2 => format!("{}.{}", random.u16(..), random.u64(..)),
        _ => one_of(random, &["nan", "inf", "1e400", "5.", ".5", "-0", "1e-400", "."]).into(),
    }
}

/// Writes a double of any size, in one of the ways that programs write doubles.
fn any_double(random: &mut Rng) -> String {
    let value = f64::from_bits(random.u64(..));
    let modest = value.abs() > 1e-20 && value.abs() < 1e20;
    if modest { value.to_string() } else { format!("{value:e}") }
}

/// Few timestamps, so that samples meet, and now and then an extreme one.
fn any_timestamp(random: &mut Rng) -> String {
    match random.u32(..20) {
        0 => random.i64(..).to_string(),
        1 => one_of(random, &["9223372036854775808", "-9223372036854775809", "1.0", "+7", "007"])
            .into(),
        _ => random.i64(-20..20).to_string(),
    }
}

fn one_of<T: Copy>(random: &mut Rng, choices: &[T]) -> T {
    choices[random.usize(..choices.len())]
}

const SPOILERS: [char; 14] =
    ['0', '1', '5', '9', '+', '-', '.', 'e', 'E', '_', 'x', 'N', '\0', '\u{a0}'];
