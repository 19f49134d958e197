//! The server program. Everything but the runtime is in `metric-server`.

#![forbid(unsafe_code)]

use std::io;
use std::net::TcpListener;
use std::process::ExitCode;
use std::time::Duration;

use async_global_executor::{GlobalExecutorConfig, init_with_config};
use async_std::net::TcpStream;
use async_std::task;
use metric_async_std::{AsyncStd, Stream, serve_connections};
use metric_server::{Program, Protocol, Serve, Service, Sleeping, run, serve_connection};
use metric_tcp::{ServerHandle, Settings, Sleep};

fn main() -> ExitCode {
    let program = Program { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") };
    run(program, &Runtime)
}

/// async-std, with [`Settings::threads`] threads.
struct Runtime;

impl Serve for Runtime {
    fn timer(&self) -> fn(Duration) -> Sleeping {
        |duration| Box::pin(AsyncStd::sleep(duration))
    }

    fn serve(
        &self,
        listeners: Vec<(TcpListener, Protocol)>,
        service: Service,
        settings: &Settings,
        handle: &ServerHandle,
    ) -> io::Result<()> {
        let connection =
            |accepted| serve_connection::<AsyncStd, Stream, TcpStream>(accepted, &service);
        let threads = settings.threads;
        let config = GlobalExecutorConfig::default();
        init_with_config(config.with_min_threads(threads).with_max_threads(threads));
        task::block_on(serve_connections(listeners, connection, settings, handle))
    }
}
