//! The model passes the suite over real sockets.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use metric_conformance::{ModelConnection, ModelStore, Offer, Options, TcpServer, check};

#[test]
fn the_model_behind_sockets_passes() {
    let mut running = None;
    let server = TcpServer::started_by(Offer::DESKTOP, move || {
        drop(running.take());
        Ok(running.insert(Running::start(Offer::DESKTOP)?).address)
    });
    check(&mut server.unwrap(), &Options::default()).assert_passed();
}

#[test]
fn a_server_that_stops_fails_its_cases() {
    let running = Running::start(Offer::DESKTOP).unwrap();
    let mut server = TcpServer::at(running.address, Offer::DESKTOP);
    drop(running);
    let options = Options { filter: Some("a line ends with LF".into()), ..Options::default() };
    let summary = check(&mut server, &options);
    let (_, detail) = summary.failures().next().unwrap();
    assert!(detail.starts_with("the connection could not be made"), "{detail}");
}

/// A server that runs until it is dropped.
struct Running {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Running {
    fn start(offer: Offer) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let stopping = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stopping);
        let accepting = thread::spawn(move || accept(&listener, &stopped, offer));
        Ok(Self { address, stopping, accepting: Some(accepting) })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        // `accept` blocks until one more connection arrives.
        let _ = TcpStream::connect(self.address);
        let _ = self.accepting.take().map(JoinHandle::join);
    }
}

fn accept(listener: &TcpListener, stopped: &AtomicBool, offer: Offer) {
    let store = Arc::new(Mutex::new(ModelStore::new(offer.into())));
    for stream in listener.incoming().flatten() {
        if stopped.load(Ordering::Relaxed) {
            return;
        }
        let store = Arc::clone(&store);
        thread::spawn(move || serve(stream, &store));
    }
}

fn serve(mut stream: TcpStream, store: &Mutex<ModelStore>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut connection = ModelConnection::default();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
        let replies = connection.feed(&mut store, &buffer[..count]);
        drop(store);
        stream.write_all(&replies)?;
    }
}
