//! The smol server conforms, in process, through its library.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};

use metric_memory::MemoryStore;
use metric_proto::Limits;
use metric_smol::{Control, Settings, run, serve};
use metric_tests::{Offer, Options, TcpServer, check};

/// The bounds of a small board.
const BOARD: Offer = Offer { connections: 4, series: 8, samples: 16, line: 128, key: 32 };

#[test]
fn the_smol_server_conforms() {
    check_server(Offer::DESKTOP, 1);
}

#[test]
fn the_smol_server_with_small_bounds_conforms() {
    check_server(BOARD, 1);
}

#[test]
fn the_smol_server_with_threads_conforms() {
    check_server(Offer::DESKTOP, 3);
}

fn check_server(offer: Offer, threads: usize) {
    let mut running = None;
    let server = TcpServer::started_by(offer, move || {
        drop(running.take());
        Ok(running.insert(Running::start(offer, threads)?).address)
    });
    check(&mut server.unwrap(), &Options::default()).assert_passed();
}

/// A server that runs until it is dropped.
struct Running {
    address: SocketAddr,
    control: Control,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    fn start(offer: Offer, threads: usize) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let (address, control) = (listener.local_addr()?, Control::default());
        let stop = control.clone();
        let thread = Some(thread::spawn(move || serve_until(listener, offer, threads, &stop)));
        Ok(Self { address, control, thread })
    }
}

fn serve_until(listener: TcpListener, offer: Offer, threads: usize, stop: &Control) {
    let settings = Settings {
        limits: Limits::new(offer.line, offer.key),
        max_connections: offer.connections,
        threads,
        ..Settings::default()
    };
    let store = &MemoryStore::new(offer.series, offer.samples);
    let served = match threads {
        1 => smol::block_on(serve(listener, store, &settings, stop)),
        _ => run(listener, store, &settings, stop),
    };
    served.unwrap();
}

impl Drop for Running {
    fn drop(&mut self) {
        self.control.stop();
        let _ = self.thread.take().map(JoinHandle::join);
        assert_eq!(self.control.traffic().open, 0);
    }
}
