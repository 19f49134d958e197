//! The context of a running case: connections, its own keys, randomness.

use fastrand::Rng;

use crate::client::Client;
use crate::reply::{assert_same, listing};
use crate::{Offer, Server};

/// A server, a prefix of keys that is used by this case only, and a seed.
#[derive(Clone)]
pub struct Trial<'a> {
    server: &'a dyn Server,
    prefix: String,
    seed: u64,
}

impl<'a> Trial<'a> {
    /// Creates a trial from the prefix of its keys and a seed.
    pub fn new(server: &'a dyn Server, prefix: String, seed: u64) -> Self {
        Self { server, prefix, seed }
    }

    /// Returns the bounds of the server.
    pub fn offer(&self) -> Offer {
        self.server.offer()
    }

    /// Returns a key that no other case and no other run uses. The name has at most 9 bytes.
    pub fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Returns a generator that is the same in each run with this seed.
    pub fn random(&self) -> Rng {
        Rng::with_seed(self.seed)
    }

    /// Connects, or panics.
    pub fn connect(&self) -> Client {
        match self.server.connect() {
            Ok(connection) => Client::new(connection),
            Err(error) => panic!("the connection could not be made: {error}"),
        }
    }

    /// Opens `count` connections, or panics.
    pub fn connect_many(&self, count: usize) -> Vec<Client> {
        (0..count).map(|_| self.connect()).collect()
    }

    /// Returns the rows of a reply that have keys of this case. Other keys may be stored, too.
    pub fn own(&self, reply: &[u8]) -> Vec<u8> {
        let prefix = self.prefix.as_bytes();
        let status =
            |line: &[u8]| [&b"ok\n"[..], b"error\n", b"wrong command\n", b"\n"].contains(&line);
        reply
            .split_inclusive(|&byte| byte == b'\n')
            .filter(|line| line.starts_with(prefix) || status(line))
            .flatten()
            .copied()
            .collect()
    }

    /// Fails unless `get *` lists these rows of this case and no others.
    pub fn expect_own(&self, client: &mut Client, rows: impl IntoIterator<Item = String>) {
        let got = self.own(&client.ask("get *"));
        assert_same("own rows in reply to `get *`", listing(rows).as_bytes(), &got);
    }

    /// Fails unless every line is a wrong command, changes nothing and keeps the connection open.
    ///
    /// `<key>` in a line stands for a key that has a sample.
    pub fn all_wrong<T: AsRef<[u8]>>(&self, lines: &[T]) {
        let key = self.key("k");
        let mut client = self.connect();
        client.expect_ok(format!("put {key} 1.5 1"));
        for line in lines {
            client.expect_wrong(with_key(line.as_ref(), &key));
        }
        self.expect_own(&mut client, [format!("{key} 1.5 1")]);
    }

    /// Puts each value as on the left. Fails unless it is listed as on the right.
    pub fn all_read_back(&self, values: &[(&str, &str)]) {
        let key = self.key("k");
        let mut client = self.connect();
        for (given, text) in values {
            client.expect_ok(format!("put {key} {given} 1"));
            let about = format!("the value {given}");
            let got = client.ask(format!("get {key}"));
            assert_same(&about, listing([format!("{key} {text} 1")]).as_bytes(), &got);
        }
    }
}

fn with_key(line: &[u8], key: &str) -> Vec<u8> {
    let Some(start) = line.windows(5).position(|part| part == b"<key>") else {
        return line.to_vec();
    };
    let (head, tail) = (&line[..start], &line[start + 5..]);
    [head, key.as_bytes(), &with_key(tail, key)].concat()
}
