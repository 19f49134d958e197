//! Tests of `metric plot`.

mod in_terminal;
mod live;
mod pictures;

use std::path::PathBuf;
use std::process::Output;

use crate::NOON;
use crate::served::Served;

/// Starts a server with two humps and a gap between them, a line, and a single point.
fn office() -> Served {
    let served = Served::start();
    let hump = |n: i64| f64::from((n % 30 - 15).unsigned_abs() as u32).mul_add(-4.0, 80.0);
    served.put(
        "palm.cpu",
        (0..60).filter(|n| !(25..35).contains(n)).map(|n| (NOON + n * 60, hump(n))),
    );
    served.put("palm.mem", (0..60).map(|n| (NOON + n * 60, 40.0 + n as f64 / 4.0)));
    served.put("ключ.温度<&>", [(NOON, 21.5)]);
    served
}

fn text(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn message(output: Output) -> (Option<i32>, String) {
    assert!(output.stdout.is_empty());
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// Returns the path of a file for one test.
fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
fn a_failed_plot_is_reported_in_one_line() {
    let served = office();
    for number in 0..21 {
        served.put(&format!("many.{number}"), [(NOON, 1.0)]);
    }
    served.put("zero", [(NOON, 0.0), (NOON + 60, -1.0)]);
    let missing = file("missing/x.svg");
    let missing = missing.to_str().unwrap();
    let no_file = format!("cannot write {missing}: No such file or directory (os error 2)");
    for (arguments, code, expected) in [
        (&["nothing", "no*"][..], 1, "no samples of nothing, no*"),
        (&["palm.cpu", "--until", "5"], 1, "no samples of palm.cpu between --since and --until"),
        (&["many.*"], 1, "more than 20 series match many.*; a plot shows at most 20"),
        (
            &["ключ.温度<&>", "--rate"],
            1,
            "no two samples of a series of ключ.温度<&>, as a rate takes",
        ),
        (&["zero", "--log"], 1, "no values above 0 of zero, as --log takes"),
        (&["palm.cpu", "--min", "5", "--max", "5"], 2, "--min is not below --max; see --help"),
        (
            &["palm.cpu", "--min", "0", "--log"],
            2,
            "--log needs --min and --max above 0; see --help",
        ),
        (&["palm.cpu", "--since", "6", "--until", "5"], 2, "--since is after --until; see --help"),
        (&["palm.cpu", "--out", missing], 1, &no_file),
    ] {
        let (was, said) = message(served.metric(&[&["plot"], arguments].concat()));
        assert_eq!((was, said), (Some(code), format!("metric: {expected}\n")));
    }
}

#[test]
fn wrong_usage_has_its_own_exit_code() {
    let served = office();
    for arguments in [
        &["plot"][..],
        &["plot", "a b"],
        &["plot", "a", "--out", "x.gif"],
        &["plot", "a", "--size", "500x500"],
        &["plot", "a", "--out", "x.svg", "--size", "5x5"],
        &["plot", "a", "--out", "x.svg", "--width", "50"],
        &["plot", "a", "--width", "5"],
        &["plot", "a", "--dark"],
        &["plot", "a", "--min", "x"],
        &["plot", "a", "--max", "inf"],
        &["plot", "a", "--last", "0"],
        &["plot", "a", "--since", "yesterday"],
        &["watch"],
        &["watch", "a", "--every", "0"],
        &["watch", "a", "--last", "1"],
    ] {
        let (code, said) = message(served.metric(arguments));
        assert_eq!((code, said.lines().count()), (Some(2), 1), "{arguments:?}: {said}");
    }
}
