//! The server program; all but the runtime is in `metric-server`.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use async_global_executor::{GlobalExecutorConfig, init_with_config};
use async_std::task;
use metric_server::{Program, run};

fn main() -> ExitCode {
    let program = Program { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") };
    run(program, |listeners, store, settings, control| {
        let threads = settings.threads;
        let config = GlobalExecutorConfig::default();
        init_with_config(config.with_min_threads(threads).with_max_threads(threads));
        task::block_on(metric_async_std::serve(listeners, store, settings, control))
    })
}
