//! The server program; all but the runtime is in `metric-server`.

#![forbid(unsafe_code)]

use std::io;
use std::net::TcpListener;
use std::process::ExitCode;

use metric_driver::Session;
use metric_server::{Program, Protocol, Serve, run};
use metric_smol::{Smol, Stream, run_connections};
use metric_tcp::{Accepted, ServerHandle, Settings, Share, connection};

fn main() -> ExitCode {
    let program = Program { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") };
    run(program, Runtime)
}

/// smol with as many threads as the settings say.
struct Runtime;

impl Serve for Runtime {
    fn serve<T: Session + Send + 'static>(
        self,
        listeners: Vec<(TcpListener, Protocol)>,
        session: impl Fn(Protocol, Share) -> T + Clone + Send,
        settings: &Settings,
        handle: &ServerHandle,
    ) -> io::Result<()> {
        let connection = move |accepted: Accepted<Stream, Protocol>| {
            let session = session(accepted.protocol, accepted.guard.share());
            connection::<Smol, _, _, _>(accepted, session, settings)
        };
        run_connections(listeners, connection, settings, handle)
    }
}
