//! What graphite-web makes of samples, and what the program makes of them.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    metric_tests::graphite_web_suite::main(Path::new(env!("CARGO_BIN_EXE_metric-smol")))
}
