//! Attacks on the program and on its library.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let program = Path::new(env!("CARGO_BIN_EXE_metric-async-std"));
    metric_tests::hostile::main(program, |listener, store, settings, control| {
        async_std::task::block_on(metric_async_std::serve([listener], store, settings, control))
    })
}
