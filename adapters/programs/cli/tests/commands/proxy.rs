//! A proxy between the program and a server: it counts bytes, and cuts connections.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::setup::Server;

/// What a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaks {
    Http,
    Native,
}

/// A proxy. It ends with this process.
pub(crate) struct Proxy {
    pub(crate) server: Server,
    /// The first bytes of each connection.
    requests: Arc<Mutex<Vec<Vec<u8>>>>,
    /// The bytes that the server sent.
    replied: Arc<Mutex<usize>>,
}

impl Proxy {
    pub(crate) fn new(server: &Server) -> Self {
        Self::cutting(server, |_| usize::MAX)
    }

    /// Ends a connection after so many bytes from the server. Their number depends on whether the
    /// client speaks HTTP.
    pub(crate) fn cutting(
        server: &Server,
        after: impl Fn(Speaks) -> usize + Clone + Send + 'static,
    ) -> Self {
        let (requests, replied) = (Arc::<Mutex<Vec<Vec<u8>>>>::default(), Arc::default());
        let (address, log, count) = (server.0.clone(), Arc::clone(&requests), Arc::clone(&replied));
        let pass = move |peer: &mut BufReader<TcpStream>| {
            let first = peer.fill_buf().unwrap_or_default().to_vec();
            let speaks = if first.starts_with(b"GET ") { Speaks::Http } else { Speaks::Native };
            let mut server = TcpStream::connect(&address).unwrap();
            server.write_all(&first).unwrap();
            log.lock().unwrap().push(first);
            pass(peer.get_ref(), &server, after(speaks), &count);
        };
        Self { server: Server::strange(pass), requests, replied }
    }

    /// Returns the first lines of the connections so far.
    pub(crate) fn first_lines(&self) -> Vec<String> {
        let first = |requests: &Vec<u8>| {
            String::from_utf8_lossy(requests).lines().next().unwrap_or_default().to_owned()
        };
        self.requests.lock().unwrap().iter().map(first).collect()
    }

    /// Returns the number of bytes that the server sent.
    pub(crate) fn replied(&self) -> usize {
        *self.replied.lock().unwrap()
    }
}

fn pass(mut client: &TcpStream, mut server: &TcpStream, most: usize, count: &Mutex<usize>) {
    thread::scope(|scope| {
        scope.spawn(move || {
            let _ = io::copy(&mut client, &mut server);
            let _ = server.shutdown(Shutdown::Write);
        });
        let (mut left, mut piece) = (most, [0; 4096]);
        while left > 0 {
            let Ok(read @ 1..) = server.read(&mut piece[..left.min(4096)]) else { break };
            left -= read;
            *count.lock().unwrap() += read;
            if client.write_all(&piece[..read]).is_err() {
                break;
            }
        }
        let _ = client.shutdown(Shutdown::Both);
        let _ = server.shutdown(Shutdown::Both);
    });
}
