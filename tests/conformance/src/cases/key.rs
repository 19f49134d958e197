//! The characters and lengths of keys, and how keys are compared.

use crate::client::Client;
use crate::reply::{put, row, series};
use crate::trial::Trial;
use crate::{Case, Needs};

pub(super) const CASES: &[Case] = &[
    Case::new("a key may hold any printable ASCII character", KEYS, printable),
    Case::new("a key may hold characters of any script", KEYS, any_script),
    Case::new("`*` inside a longer key is an ordinary character", KEYS, star_inside),
    Case::new("a key that looks like a number or a command is a key", KEYS, lookalike),
    Case::new("white space of any kind in a key is a wrong command", Needs::SMALL, white_space),
    Case::new("a control character in a key is a wrong command", Needs::SMALL, control),
    Case::new("upper and lower case make different keys", KEYS, case_matters),
    Case::new("keys are compared as bytes: two forms of one letter differ", KEYS, forms_differ),
    Case::new("a key that is the beginning of another is a key of its own", KEYS, beginning),
    Case::new("a key of the offered length is accepted", Needs::SMALL, longest),
    Case::new("a key one byte longer is a wrong command", Needs::SMALL, too_long),
    Case::new("a key far longer is not cut but a wrong command", Needs::NO_SERIES, far_too_long),
    Case::new("the length of a key counts bytes, not characters", Needs::NO_SERIES, counts_bytes),
];

const KEYS: Needs = Needs { series: 6, ..Needs::SMALL };

fn printable(trial: &mut Trial<'_>) {
    let signs = ["!\"#$%&'()", ",+-./:;<=", ">?@[\\]^_`", "{|}~09azA"];
    are_keys(trial, signs.map(|name| trial.key(name)));
}

fn any_script(trial: &mut Trial<'_>) {
    let names = [
        "ключ",
        "键🔑",
        "é\u{301}\u{ad}",
        "\u{200b}\u{2060}",
        "\u{feff}\u{fffd}",
        "\u{10ffff}\u{180e}",
    ];
    are_keys(trial, names.map(|name| trial.key(name)));
}

fn star_inside(trial: &mut Trial<'_>) {
    let keys = [
        trial.key("*"),
        trial.key("a*"),
        trial.key("**"),
        trial.key("*.*"),
        format!("*{}", trial.key("")),
    ];
    are_keys(trial, keys);
}

fn lookalike(trial: &mut Trial<'_>) {
    let names = ["1", "-1e5", "put", "get", "ok", "error"];
    are_keys(trial, names.map(|name| trial.key(name)));
}

/// Puts all keys, then reads each back alone.
fn are_keys<const N: usize>(trial: &Trial<'_>, keys: [String; N]) {
    let mut client = trial.connect();
    for (key, timestamp) in keys.iter().zip(1..) {
        client.expect_ok(put(key, timestamp));
    }
    for (key, timestamp) in keys.iter().zip(1..) {
        client.expect(format!("get {key}"), series(key, [timestamp]));
    }
}

fn white_space(trial: &mut Trial<'_>) {
    let separators = "\t\u{b}\u{c}\r \u{85}\u{a0}\u{1680}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}";
    are_not_in_keys(trial, separators.chars().chain('\u{2000}'..='\u{200a}'));
}

fn control(trial: &mut Trial<'_>) {
    let low = ('\0'..='\u{1f}').filter(|&letter| letter != '\n');
    are_not_in_keys(trial, low.chain('\u{7f}'..='\u{9f}'));
}

/// Tries each character inside, before and after a key that has a sample.
fn are_not_in_keys(trial: &Trial<'_>, letters: impl Iterator<Item = char>) {
    let lines: Vec<String> = letters
        .flat_map(|letter| {
            [
                format!("put <key>{letter}b 2 2"),
                format!("put {letter}<key> 2 2"),
                format!("put <key>{letter} 2 2"),
                format!("put {letter} 2 2"),
                format!("get <key>{letter}b"),
                format!("get {letter}<key>"),
                format!("get {letter}*"),
            ]
        })
        .collect();
    trial.all_wrong(&lines);
}

fn case_matters(trial: &mut Trial<'_>) {
    are_keys(trial, ["cpu", "CPU", "Cpu"].map(|name| trial.key(name)));
}

fn forms_differ(trial: &mut Trial<'_>) {
    let forms = ["\u{e9}", "e\u{301}", "e", "\u{c5}", "\u{212b}"];
    are_keys(trial, forms.map(|name| trial.key(name)));
}

fn beginning(trial: &mut Trial<'_>) {
    let keys = ["a", "a.b", "a.b.c", "aa"].map(|name| trial.key(name));
    are_keys(trial, keys);
    let mut client = trial.connect();
    for absent in ["", "a.", "a.b.", "a.b.c.", "aaa"] {
        client.expect_ok(format!("get {}", trial.key(absent)));
    }
}

fn longest(trial: &mut Trial<'_>) {
    let key = key_of_length(trial, trial.offer().key);
    let mut client = trial.connect();
    client.expect_ok(format!("get {key}"));
    if room_for_put(trial, &key) {
        client.expect_ok(put(&key, 1));
        client.expect(format!("get {key}"), series(&key, [1]));
    }
}

fn too_long(trial: &mut Trial<'_>) {
    let key = key_of_length(trial, trial.offer().key);
    let mut client = trial.connect();
    if room_for_put(trial, &key) {
        client.expect_ok(put(&key, 1));
        refused(&mut client, &format!("{key}k"));
        trial.expect_own(&mut client, [row(&key, 1)]);
    } else {
        refused(&mut client, &format!("{key}k"));
    }
}

fn far_too_long(trial: &mut Trial<'_>) {
    let mut client = trial.connect();
    for excess in [2, 8, 100, 256, 1000, 65_536] {
        refused(&mut client, &key_of_length(trial, trial.offer().key + excess));
    }
    trial.expect_own(&mut client, []);
}

fn counts_bytes(trial: &mut Trial<'_>) {
    let bound = trial.offer().key;
    let mut key = trial.key("");
    while key.len() + 'ж'.len_utf8() <= bound {
        key.push('ж');
    }
    let mut client = trial.connect();
    client.expect_ok(format!("get {key}"));
    key.push('ж');
    refused(&mut client, &key);
}

fn refused(client: &mut Client, key: &str) {
    client.expect_wrong(put(key, 1));
    client.expect_wrong(format!("get {key}"));
}

fn key_of_length(trial: &Trial<'_>, length: usize) -> String {
    let key = trial.key("");
    let rest = length - key.len();
    key + &"k".repeat(rest)
}

/// Returns whether a put of this key fits a line. If the longest key is as long as the longest line,
/// a get of it fits, but no put.
fn room_for_put(trial: &Trial<'_>, key: &str) -> bool {
    put(key, 1).len() <= trial.offer().line
}
