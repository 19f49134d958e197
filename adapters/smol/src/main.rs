//! The server program. Everything but the runtime is in `metric-server`.

#![forbid(unsafe_code)]

use std::io;
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use metric_server::{Program, Protocol, Serve, Service, Sleeping, run, serve_connection};
use metric_smol::{Polled, PolledStream, run_connections};
use metric_tcp::{ServerHandle, Settings, Sleep};
use smol::Async;

fn main() -> ExitCode {
    let program = Program { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") };
    run(program, &Runtime)
}

/// smol, with [`Settings::threads`] threads.
struct Runtime;

impl Serve for Runtime {
    fn timer(&self) -> fn(Duration) -> Sleeping {
        |duration| Box::pin(Polled::sleep(duration))
    }

    fn serve(
        &self,
        listeners: Vec<(TcpListener, Protocol)>,
        service: Service,
        settings: &Settings,
        handle: &ServerHandle,
    ) -> io::Result<()> {
        let connection = move |accepted| {
            serve_connection::<Polled, PolledStream, Async<TcpStream>>(accepted, &service)
        };
        run_connections(listeners, connection, settings, handle)
    }
}
