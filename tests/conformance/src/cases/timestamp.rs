//! The texts that are timestamps.

use std::collections::BTreeSet;

use crate::reply::listing;
use crate::trial::Trial;
use crate::{Case, Needs};

pub(super) const CASES: &[Case] = &[
    Case::new("a timestamp is a decimal integer with an optional sign", SOME, accepted),
    Case::new("a timestamp holds the whole range of 64 signed bits", SOME, extremes),
    Case::new("a timestamp beyond 64 signed bits is a wrong command", Needs::SMALL, beyond),
    Case::new("a timestamp is kept exactly, not as a double", SOME, exact),
    Case::new("a timestamp may have leading zeros", LONG, leading_zeros),
    Case::new("leading zeros do not hide that a timestamp is too large", LONG, hidden_beyond),
    Case::new(
        "a timestamp that is not an integer is a wrong command",
        Needs::SMALL,
        not_an_integer,
    ),
    Case::new("timestamps in other notations and scripts are wrong", Needs::SMALL, other_notation),
];

const SOME: Needs = Needs { samples: 6, ..Needs::SMALL };

const LONG: Needs = Needs { samples: 6, line: 128, ..Needs::SMALL };

fn accepted(trial: &mut Trial<'_>) {
    read_back(
        trial,
        &[
            ("1150864247", 1_150_864_247),
            ("0", 0),
            ("+5", 5),
            ("-5", -5),
            ("-0", 0),
            ("+0", 0),
            ("0005", 5),
            ("-0005", -5),
            ("+0005", 5),
        ],
    );
}

fn extremes(trial: &mut Trial<'_>) {
    read_back(
        trial,
        &[
            ("9223372036854775807", 9_223_372_036_854_775_807),
            ("+9223372036854775807", 9_223_372_036_854_775_807),
            ("-9223372036854775808", -9_223_372_036_854_775_808),
            ("9223372036854775806", 9_223_372_036_854_775_806),
            ("-9223372036854775807", -9_223_372_036_854_775_807),
        ],
    );
}

fn beyond(trial: &mut Trial<'_>) {
    are_wrong(
        trial,
        &[
            "9223372036854775808",
            "+9223372036854775808",
            "-9223372036854775809",
            "18446744073709551615",
            "18446744073709551616",
            "18446744073709551617",
            "-18446744073709551615",
            "99999999999999999999",
            "340282366920938463463374607431768211457",
        ],
    );
}

fn exact(trial: &mut Trial<'_>) {
    read_back(
        trial,
        &[
            ("9007199254740993", 9_007_199_254_740_993),
            ("-9007199254740993", -9_007_199_254_740_993),
            ("4611686018427387905", 4_611_686_018_427_387_905),
            ("4294967297", 4_294_967_297),
            ("2147483648", 2_147_483_648),
        ],
    );
}

fn leading_zeros(trial: &mut Trial<'_>) {
    let zeros = "0".repeat(80);
    read_back(
        trial,
        &[
            (&format!("{zeros}7"), 7),
            (&format!("-{zeros}7"), -7),
            (&format!("{zeros}9223372036854775807"), 9_223_372_036_854_775_807),
            (&format!("-{zeros}9223372036854775808"), -9_223_372_036_854_775_808),
            (&zeros, 0),
        ],
    );
}

fn hidden_beyond(trial: &mut Trial<'_>) {
    let zeros = "0".repeat(80);
    let too_large = format!("{zeros}9223372036854775808");
    let too_small = format!("-{zeros}9223372036854775809");
    are_wrong(trial, &[&too_large, &too_small]);
}

fn not_an_integer(trial: &mut Trial<'_>) {
    are_wrong(
        trial,
        &[
            "",
            "1.0",
            "1.",
            ".1",
            "1.5",
            "1e3",
            "1E3",
            "1e0",
            "+",
            "-",
            "--5",
            "++5",
            "+-5",
            "-+5",
            "5-",
            "5+",
            "x",
            "5x",
            "x5",
            "*",
            "nan",
            "inf",
            "now",
            "null",
            "2024-01-01",
            "12:00",
        ],
    );
}

fn other_notation(trial: &mut Trial<'_>) {
    are_wrong(
        trial,
        &[
            "0x10",
            "0b1",
            "0o7",
            "1_000",
            "1,000",
            "1'000",
            "10L",
            "10u",
            "10h",
            "ff",
            "\u{661}\u{662}",
            "\u{967}\u{968}",
            "\u{ff11}\u{ff12}",
            "5\u{b2}",
            "\u{2212}5",
            "\u{ff0b}5",
            "\u{feff}5",
            "5\u{200b}",
            "5\0",
            "5\u{a0}",
        ],
    );
}

/// Puts a sample at each timestamp on the left, and checks that it is listed at the one on the
/// right.
fn read_back(trial: &Trial<'_>, timestamps: &[(&str, i64)]) {
    let key = trial.key("k");
    let mut client = trial.connect();
    let mut stored = BTreeSet::new();
    for (given, timestamp) in timestamps {
        client.expect_ok(format!("put {key} 2 {given}"));
        stored.insert(*timestamp);
        let rows = stored.iter().map(|timestamp| format!("{key} 2.0 {timestamp}"));
        client.expect(format!("get {key}"), listing(rows));
    }
}

fn are_wrong(trial: &Trial<'_>, timestamps: &[&str]) {
    let lines: Vec<String> =
        timestamps.iter().map(|timestamp| format!("put <key> 2 {timestamp}")).collect();
    trial.all_wrong(&lines);
}
