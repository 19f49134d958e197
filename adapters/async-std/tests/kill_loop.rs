//! No acknowledged put is lost, whenever the program is killed.

use std::path::Path;
use std::time::Duration;

use metric_tests::kill_loop::{Plan, check_kills};

const PROGRAM: &str = env!("CARGO_BIN_EXE_metric-async-std");

#[test]
fn acknowledged_puts_outlive_kills() {
    for (kills, options) in [(5, &[][..]), (5, &["--threads", "4"])] {
        let time = Some(Duration::from_secs(40));
        let plan = Plan { kills, acknowledged: 0, time };
        println!("{:?}", check_kills(Path::new(PROGRAM), options, plan));
    }
}
