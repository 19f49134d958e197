//! The server program; all but the runtime is in `metric-server`.

#![forbid(unsafe_code)]

use std::io;
use std::net::TcpListener;
use std::process::ExitCode;

use async_global_executor::{GlobalExecutorConfig, init_with_config};
use async_std::task;
use metric_async_std::{AsyncStd, Stream, serve_connections};
use metric_driver::Session;
use metric_server::{Program, Protocol, Serve, run};
use metric_tcp::{Accepted, ServerHandle, Settings, Share, connection};

fn main() -> ExitCode {
    let program = Program { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") };
    run(program, Runtime)
}

/// async-std with as many threads as the settings say.
struct Runtime;

impl Serve for Runtime {
    fn serve<T: Session + Send + 'static>(
        self,
        listeners: Vec<(TcpListener, Protocol)>,
        session: impl Fn(Protocol, Share) -> T + Clone + Send,
        settings: &Settings,
        handle: &ServerHandle,
    ) -> io::Result<()> {
        let connection = |accepted: Accepted<Stream, Protocol>| {
            let session = session(accepted.protocol, accepted.guard.share());
            connection::<AsyncStd, _, _, _>(accepted, session, settings)
        };
        let threads = settings.threads;
        let config = GlobalExecutorConfig::default();
        init_with_config(config.with_min_threads(threads).with_max_threads(threads));
        task::block_on(serve_connections(listeners, connection, settings, handle))
    }
}
