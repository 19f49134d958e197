//! Random dialogues, compared with the model reply for reply.

use crate::dialogue::{Pair, any_double, any_line};
use crate::reply::{WRONG, put, series};
use crate::trial::Trial;
use crate::{Case, Fills, Needs};

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
