//! Attacks on the program and on its library.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let program = Path::new(env!("CARGO_BIN_EXE_metric-smol"));
    metric_tests::hostile::main(program, |listener, store, settings, control| {
        metric_smol::run([listener], store, settings, control)
    })
}
