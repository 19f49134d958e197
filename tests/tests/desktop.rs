//! The servers of the desktop runtimes conform, in process, through their libraries.

use std::fs::File;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::panic::catch_unwind;
use std::thread::{self, JoinHandle};

use metric_conformance::{Offer, Options, TcpServer, check};
use metric_memory::MemoryStore;
use metric_proto::Limits;
use metric_smol::{ServerHandle, Settings};

#[test]
fn the_smol_server_conforms() {
    check_server(smol_within_a_thread, Offer::DESKTOP);
}

#[test]
fn the_smol_server_with_small_bounds_conforms() {
    check_server(smol_within_a_thread, Offer::SMALL_DESKTOP);
}

#[test]
fn the_smol_server_with_threads_conforms() {
    check_server(smol_with_threads, Offer::DESKTOP);
}

#[test]
fn the_async_std_server_conforms() {
    check_server(async_std, Offer::DESKTOP);
}

#[test]
fn the_async_std_server_with_small_bounds_conforms() {
    check_server(async_std, Offer::SMALL_DESKTOP);
}

#[test]
fn no_server_starts_with_lines_for_which_its_buffers_have_no_room() {
    let starts = |serve: Serve, line| {
        let settings = Settings::new(Limits::new(line, 255));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let store = Box::leak(Box::new(MemoryStore::new(1, 1)));
        let stopped = ServerHandle::default();
        stopped.stop();
        catch_unwind(|| serve(listener, store, &settings, &stopped)).is_ok()
    };
    for serve in [smol_within_a_thread, smol_with_threads, async_std] {
        assert!(starts(serve, 32_766));
        assert!(!starts(serve, 32_767));
    }
}

#[test]
fn a_listener_that_cannot_be_waited_for_is_an_error() {
    for serve in [smol_within_a_thread, smol_with_threads, async_std] {
        let file = File::open(".").unwrap();
        let listener = TcpListener::from(OwnedFd::from(file));
        let store = Box::leak(Box::new(MemoryStore::new(1, 1)));
        let (settings, handle) = Default::default();
        assert!(serve(listener, store, &settings, &handle).is_err());
    }
}

type Serve = fn(TcpListener, &'static MemoryStore, &Settings, &ServerHandle) -> io::Result<()>;

fn smol_within_a_thread(
    listener: TcpListener,
    store: &'static MemoryStore,
    settings: &Settings,
    handle: &ServerHandle,
) -> io::Result<()> {
    smol::block_on(metric_smol::serve([listener], store, settings, handle))
}

fn smol_with_threads(
    listener: TcpListener,
    store: &'static MemoryStore,
    settings: &Settings,
    handle: &ServerHandle,
) -> io::Result<()> {
    let mut settings = settings.clone();
    settings.threads = 3;
    metric_smol::run([listener], store, &settings, handle)
}

fn async_std(
    listener: TcpListener,
    store: &'static MemoryStore,
    settings: &Settings,
    handle: &ServerHandle,
) -> io::Result<()> {
    async_std::task::block_on(metric_async_std::serve([listener], store, settings, handle))
}

fn check_server(serve: Serve, offer: Offer) {
    let mut running = None;
    let server = TcpServer::started_by(offer, move || {
        drop(running.take());
        Ok(running.insert(Running::start(serve, offer)?).address)
    });
    check(&mut server.unwrap(), &Options::default()).assert_passed();
}

/// A server that runs until it is dropped.
struct Running {
    address: SocketAddr,
    handle: ServerHandle,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Running {
    fn start(serve: Serve, offer: Offer) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let (address, handle) = (listener.local_addr()?, ServerHandle::default());
        let stop = handle.clone();
        let mut settings = Settings::new(Limits::new(offer.line, offer.key));
        settings.max_connections = offer.connections;
        let store = Box::leak(Box::new(MemoryStore::new(offer.series, offer.samples)));
        let thread = thread::spawn(move || serve(listener, store, &settings, &stop));
        Ok(Self { address, handle, thread: Some(thread) })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.handle.stop();
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(matches!(ended, Some(Ok(Ok(())))), "{ended:?}");
        assert_eq!(self.handle.counters().open, 0);
    }
}
