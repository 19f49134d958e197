//! The server program; all but the runtime is in `metric-server`.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use metric_server::{Program, run};

fn main() -> ExitCode {
    let program = Program { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") };
    run(program, |listeners, store, settings, control| {
        metric_smol::run(listeners, store, settings, control)
    })
}
