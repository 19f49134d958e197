//! A server on a thread, with a store that the test can access.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Output};
use std::thread::{self, JoinHandle};

use metric_memory::MemoryStore;
use metric_proto::{Key, Sample, Store};
use metric_smol::{ServerHandle, Settings, serve};

use crate::METRIC;

/// A running server. Dropping this stops it.
pub(crate) struct Served {
    address: SocketAddr,
    store: &'static MemoryStore,
    running: Option<(ServerHandle, JoinHandle<io::Result<()>>)>,
}

impl Served {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let store = Box::leak(Box::new(MemoryStore::new(10_000, 1_000_000)));
        let mut served = Self { address, store, running: None };
        served.run(listener);
        served
    }

    /// Returns a server that runs elsewhere, and not over the store.
    pub(crate) fn at(address: SocketAddr) -> Self {
        Self { address, store: Box::leak(Box::new(MemoryStore::new(1, 1))), running: None }
    }

    /// Returns a server that never answers, and the listener with its connections, which the system
    /// accepts.
    pub(crate) fn silent() -> (Self, TcpListener) {
        let mut served = Self::start();
        served.stop();
        let listener = TcpListener::bind(served.address).unwrap();
        (served, listener)
    }

    /// Returns a server that says it does not know HTTP, and answers nothing else.
    pub(crate) fn mute() -> Self {
        let (served, listener) = Self::silent();
        thread::spawn(move || {
            let mut silent = Vec::new();
            for mut stream in listener.incoming().map_while(Result::ok) {
                let mut first = [0; 4];
                if stream.peek(&mut first).is_ok() && first == *b"GET " {
                    let _ = stream.write_all(b"error\nwrong command\n\n");
                }
                silent.push(stream);
            }
        });
        served
    }

    fn run(&mut self, listener: TcpListener) {
        let (handle, store) = (ServerHandle::default(), self.store);
        let stop = handle.clone();
        let serve = move || smol::block_on(serve([listener], store, &Settings::default(), &handle));
        self.running = Some((stop, thread::spawn(serve)));
    }

    /// Stops the server. The store keeps its samples.
    pub(crate) fn stop(&mut self) {
        if let Some((handle, thread)) = self.running.take() {
            handle.stop();
            thread.join().unwrap().unwrap();
        }
    }

    /// Starts the server again, at the same address.
    pub(crate) fn restart(&mut self) {
        self.stop();
        self.run(TcpListener::bind(self.address).unwrap());
    }

    pub(crate) fn name(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn put(&self, key: &str, samples: impl IntoIterator<Item = (i64, f64)>) {
        for (time, value) in samples {
            let sample = Sample::new(value, time).unwrap();
            (&mut &*self.store).put(Key::new(key).unwrap(), sample).unwrap();
        }
    }

    /// Runs the program with this server, in UTC.
    pub(crate) fn metric(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Returns the program with this server, in UTC.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(METRIC);
        command.args(arguments).env("METRIC_SERVER", self.name()).env("TZ", "UTC");
        command
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop();
    }
}
