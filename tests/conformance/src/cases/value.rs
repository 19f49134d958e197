//! The texts that are values, and the double to which each is rounded.

use crate::trial::Trial;
use crate::{Case, Needs};

pub(super) const CASES: &[Case] = &[
    Case::new("a value is digits with an optional sign and point", Needs::SMALL, plain),
    Case::new("a value may have an exponent", Needs::SMALL, exponent),
    Case::new("minus zero keeps its sign", Needs::SMALL, minus_zero),
    Case::new("a value without a digit is a wrong command", Needs::SMALL, no_digit),
    Case::new("an exponent without digits is a wrong command", Needs::SMALL, bare_exponent),
    Case::new("nan and infinity are wrong in any spelling", Needs::SMALL, not_finite),
    Case::new("a value that overflows to infinity is a wrong command", Needs::SMALL, overflow),
    Case::new("a value too small for a double is rounded to zero", Needs::SMALL, underflow),
    Case::new("hexadecimal, grouped and suffixed numbers are wrong", Needs::SMALL, other_notation),
    Case::new("digits and signs of other scripts are wrong", Needs::SMALL, other_script),
    Case::new("a value is rounded to the nearest double, ties to even", LONG, rounding),
    Case::new("digits beyond the first hundreds still decide a tie", LONGER, distant_digit),
    Case::new("the largest and the smallest doubles are values", LONG, extremes),
    Case::new("a value may have leading zeros", LONGER, leading_zeros),
];

const LONG: Needs = Needs { line: 112, ..Needs::SMALL };

const LONGER: Needs = Needs { line: 640, ..Needs::SMALL };

fn plain(trial: &mut Trial<'_>) {
    trial.all_read_back(&[
        ("23.7", "23.7"),
        ("30", "30.0"),
        ("0", "0.0"),
        ("5.", "5.0"),
        (".5", "0.5"),
        ("-.5", "-0.5"),
        ("-5.", "-5.0"),
        ("007.50", "7.5"),
        ("000", "0.0"),
        ("+1", "1.0"),
        ("+.25", "0.25"),
        ("-1", "-1.0"),
        ("1.0", "1.0"),
        ("123456789.125", "123456789.125"),
    ]);
}

fn exponent(trial: &mut Trial<'_>) {
    trial.all_read_back(&[
        ("1e5", "100000.0"),
        ("1E5", "100000.0"),
        ("1e+05", "100000.0"),
        ("1e0", "1.0"),
        ("1e-0", "1.0"),
        ("1e00000000001", "10.0"),
        ("25E-1", "2.5"),
        ("2.5e-7", "2.5e-7"),
        ("5.e1", "50.0"),
        (".5e1", "5.0"),
        ("-1.5e3", "-1500.0"),
        ("+1.5E+3", "1500.0"),
        ("0e999", "0.0"),
        ("0.0e-999", "0.0"),
    ]);
}

fn minus_zero(trial: &mut Trial<'_>) {
    trial.all_read_back(&[
        ("-0", "-0.0"),
        ("-0.0", "-0.0"),
        ("-.0", "-0.0"),
        ("-0e5", "-0.0"),
        ("-1e-400", "-0.0"),
        ("+0", "0.0"),
        ("0", "0.0"),
    ]);
}

fn no_digit(trial: &mut Trial<'_>) {
    are_wrong(
        trial,
        &[
            ".", "+", "-", "+.", "-.", "..", ".5.", "5..", "1.2.3", "--1", "++1", "+-1", "-+1",
            "1-", "1+", "- 1", "e5", "E5", ".e5", "-e5", "x", "-x", "on", "true", "null", "None",
            "\"1\"", "'1'", "*",
        ],
    );
}

fn bare_exponent(trial: &mut Trial<'_>) {
    are_wrong(
        trial,
        &[
            "1e", "1E", "1e+", "1e-", "1e.", "1e.5", "1e5.", "1e5.0", "1e+-5", "1e--5", "1ee5",
            "1e5e5", "e", "1e5 ", "1ex", "1.e", ".5e", "1e5x",
        ],
    );
}

fn not_finite(trial: &mut Trial<'_>) {
    are_wrong(
        trial,
        &[
            "nan",
            "NaN",
            "NAN",
            "+nan",
            "-nan",
            "nan(1)",
            "snan",
            "1.#QNAN",
            "inf",
            "Inf",
            "INF",
            "+inf",
            "-inf",
            "infinity",
            "Infinity",
            "INFINITY",
            "+infinity",
            "-Infinity",
            "infin",
            "1.#INF",
            "∞",
        ],
    );
}

fn overflow(trial: &mut Trial<'_>) {
    are_wrong(
        trial,
        &[
            "1e400",
            "-1e400",
            "1e309",
            "1.8e308",
            "1.7976931348623159e308",
            "-1.7976931348623159e308",
            "0.001e400",
            "1e99999",
            "1e4294967296",
            "1e99999999999999999999",
        ],
    );
}

fn underflow(trial: &mut Trial<'_>) {
    trial.all_read_back(&[
        ("1e-400", "0.0"),
        ("2e-324", "0.0"),
        ("-2e-324", "-0.0"),
        ("1e-99999", "0.0"),
        ("1e-4294967297", "0.0"),
        ("1e-99999999999999999999", "0.0"),
        ("0e99999999999999999999", "0.0"),
    ]);
}

fn other_notation(trial: &mut Trial<'_>) {
    are_wrong(
        trial,
        &[
            "0x10", "0X10", "0x1p3", "0x", "10h", "ff", "0b1", "0o7", "1_000", "1_0.5", "_1",
            "1,5", "1,000", "1'000", "1f", "1.5f", "1d", "1L", "1u", "1%", "$1", "1/2", "1k", "1i",
            "1j", "1p5", "1d5", "1;", "(1)", "=1", "~1",
        ],
    );
}

fn other_script(trial: &mut Trial<'_>) {
    are_wrong(
        trial,
        &[
            "\u{661}\u{662}",
            "\u{6f1}\u{6f2}",
            "\u{967}\u{968}",
            "\u{ff11}\u{ff12}",
            "1\u{662}",
            "\u{1d7cf}",
            "\u{bd}",
            "1\u{b2}",
            "\u{4e94}",
            "\u{2212}1",
            "\u{ff0b}1",
            "1\u{ff0e}5",
            "1\u{66b}5",
            "1e\u{2212}5",
            "1\u{435}5",
            "\u{feff}1",
            "1\u{200b}",
            "1\0",
        ],
    );
}

fn rounding(trial: &mut Trial<'_>) {
    trial.all_read_back(&[
        ("9007199254740992", "9007199254740992.0"),
        ("9007199254740993", "9007199254740992.0"),
        ("9007199254740993.00000000000000000000000000001", "9007199254740994.0"),
        ("9007199254740995", "9007199254740996.0"),
        ("9007199254740994.99999999999999999999999999999", "9007199254740994.0"),
        ("1.00000000000000011102230246251565404236316680908203125", "1.0"),
        ("1.00000000000000011102230246251565404236316680908203124", "1.0"),
        ("1.00000000000000011102230246251565404236316680908203126", "1.0000000000000002"),
        ("1.00000000000000033306690738754696212708950042724609375", "1.0000000000000004"),
        ("0.1000000000000000055511151231257827", "0.1"),
        ("0.30000000000000004", "0.30000000000000004"),
        ("0.3000000000000000444", "0.30000000000000004"),
        ("123456789012345678901234567890", "1.2345678901234568e+29"),
        ("9223372036854775807", "9.223372036854776e+18"),
        ("8.41e21", "8.41e+21"),
        ("6929495644600919.5", "6929495644600920.0"),
        ("3.5844466002796428e298", "3.5844466002796428e+298"),
    ]);
}

fn distant_digit(trial: &mut Trial<'_>) {
    let zeros = "0".repeat(550);
    trial.all_read_back(&[
        (&format!("9007199254740993.{zeros}"), "9007199254740992.0"),
        (&format!("9007199254740993.{zeros}1"), "9007199254740994.0"),
        (&format!("-9007199254740993.{zeros}1"), "-9007199254740994.0"),
        (&format!("0.{zeros}1e551"), "1.0"),
        (&format!("1{zeros}e-550"), "1.0"),
    ]);
}

fn extremes(trial: &mut Trial<'_>) {
    trial.all_read_back(&[
        ("1.7976931348623157e308", "1.7976931348623157e+308"),
        ("-1.7976931348623157e308", "-1.7976931348623157e+308"),
        ("1.79769313486231580793e308", "1.7976931348623157e+308"),
        ("2.2250738585072014e-308", "2.2250738585072014e-308"),
        ("2.2250738585072011e-308", "2.225073858507201e-308"),
        ("2.225073858507201e-308", "2.225073858507201e-308"),
        ("5e-324", "5e-324"),
        ("4.9406564584124654e-324", "5e-324"),
        ("3e-324", "5e-324"),
        ("2.4703282292062328e-324", "5e-324"),
        ("2.4703282292062327e-324", "0.0"),
    ]);
}

fn leading_zeros(trial: &mut Trial<'_>) {
    let zeros = "0".repeat(500);
    trial.all_read_back(&[
        (&format!("{zeros}23.7"), "23.7"),
        (&format!("-{zeros}"), "-0.0"),
        (&format!("{zeros}.{zeros}")[..550], "0.0"),
        (&format!("1e{zeros}2"), "100.0"),
        (&format!("1e-{zeros}2"), "0.01"),
    ]);
}

fn are_wrong(trial: &Trial<'_>, values: &[&str]) {
    let lines: Vec<String> = values.iter().map(|value| format!("put <key> {value} 2")).collect();
    trial.all_wrong(&lines);
}
