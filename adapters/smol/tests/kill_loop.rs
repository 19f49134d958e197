//! No acknowledged put is lost, whenever the program is killed.

use std::path::Path;
use std::time::Duration;

use metric_tests::kill_loop::{Plan, check_kills};

const PROGRAM: &str = env!("CARGO_BIN_EXE_metric-smol");

#[test]
fn acknowledged_puts_outlive_kills() {
    for (kills, options) in [(30, &[][..]), (20, &["--threads", "4"])] {
        let time = Some(Duration::from_secs(40));
        let plan = Plan { kills, acknowledged: 0, time };
        println!("{:?}", check_kills(Path::new(PROGRAM), options, plan));
    }
}

#[test]
#[ignore = "takes an hour: .ci/long runs it"]
fn a_million_acknowledged_puts_outlive_a_thousand_kills() {
    for options in [&[][..], &["--threads", "4"], &["--sync", "always"]] {
        let plan = Plan { kills: 1_000, acknowledged: 1_000_000, time: None };
        println!("{options:?}: {:?}", check_kills(Path::new(PROGRAM), options, plan));
    }
}
