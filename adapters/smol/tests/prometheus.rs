//! What Prometheus writes to the program and reads from it.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    metric_tests::prometheus_suite::main(Path::new(env!("CARGO_BIN_EXE_metric-smol")))
}
