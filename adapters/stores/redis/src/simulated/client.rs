//! A client of a front end: the state machine of the protocol over the store, without sockets.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::Arc;

use metric_proto::{Limits, Lost, Next, ServerConnection, Store};

use crate::engine::Engine;
use crate::simulated::surroundings::Surroundings;
use crate::simulated::verdict::Put;

/// What a client asks.
#[derive(Clone, Debug)]
pub(crate) enum Ask {
    Put(Put),
    Get(&'static str),
    /// A get of everything, and of all keys it should show.
    All,
}

/// There are samples of these times only, from 0 on.
pub(crate) const TIMES: i64 = 4;

/// A client, which sends rounds of requests.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) world: Surroundings,
    pub(crate) engine: Arc<Engine>,
}

impl Client {
    /// Sends rounds one after the other, each when it knows what became of the one before.
    pub(crate) async fn talk(self, rounds: Vec<Vec<Ask>>) {
        for round in rounds {
            let began = self.world.cluster().witness.now();
            let lines: String = round.iter().map(line).collect();
            let replies = self.ask(&lines).await;
            for (number, ask) in round.iter().enumerate() {
                self.note(ask, &round[number..], began, replies.get(number));
            }
        }
    }

    fn note(&self, ask: &Ask, rest: &[Ask], began: u64, reply: Option<&Vec<String>>) {
        let witness = &mut self.world.cluster().witness;
        match (ask, reply) {
            (Ask::Put(put), reply) => {
                let is_stored = reply.map(|lines| lines[0] == "ok");
                witness.put((put, last(put, rest)), began, is_stored);
            }
            (Ask::Get(key), reply) => {
                if let Some(samples) = samples(reply) {
                    witness.get(key, &by_time(&samples, key), TIMES, began);
                }
            }
            (Ask::All, _) => {}
        }
    }

    /// Asks once. Returns the replies that came before the connection ended.
    pub(crate) async fn ask(&self, lines: &str) -> Vec<Vec<String>> {
        let mut sent = Vec::new();
        // What is filled but not sent when the store is lost is not told.
        let _: Result<(), Lost> = self.serve(lines.as_bytes(), &mut sent).await;
        replies(&sent)
    }

    async fn serve(&self, mut input: &[u8], sent: &mut Vec<u8>) -> Result<(), Lost> {
        let mut server = ServerConnection::new(Limits::DESKTOP);
        let mut handle = self.engine.handle();
        let (mut output, mut filled) = (vec![0; 16_384], 0);
        loop {
            let progress = server.process(&mut handle, input, &mut output, filled);
            input = &input[progress.consumed..];
            filled = progress.filled;
            poll_fn(|context| handle.poll_ready(context)).await?;
            if progress.next != Next::Wait {
                sent.extend(&output[..filled]);
                filled = 0;
            }
            if matches!(progress.next, Next::Input | Next::Close) {
                return Ok(());
            }
        }
    }

    /// Asks for everything, and for each key; notes all, and whether they differ.
    pub(crate) async fn look(self, keys: Vec<&'static str>) {
        let began = self.world.cluster().witness.now();
        let all = self.ask("get *\n").await;
        let listed = samples(all.first());
        for key in keys {
            let told = self.ask(&format!("get {key}\n")).await;
            let (listed, there) = (listed.as_ref(), samples(told.first()));
            let witness = &mut self.world.cluster().witness;
            let (Some(listed), Some(there)) = (listed, there) else {
                return witness.differs(format!("an engine that works is not read: {told:?}"));
            };
            let values = by_time(&there, key);
            if by_time(listed, key) != values {
                witness.differs(format!("{key}: listed are {listed:?}, and there are {values:?}"));
            }
            witness.get(key, &values, TIMES, began);
        }
    }
}

fn line(ask: &Ask) -> String {
    match ask {
        Ask::Put((key, time, value)) => format!("put {key} {value} {time}\n"),
        Ask::Get(key) => format!("get {key}\n"),
        Ask::All => "get *\n".to_owned(),
    }
}

/// Returns the last put of a round of the same sample, before anything else is asked.
fn last<'a>(put: &'a Put, rest: &'a [Ask]) -> &'a Put {
    let puts = rest.iter().map_while(|ask| match ask {
        Ask::Put(put) => Some(put),
        Ask::Get(_) | Ask::All => None,
    });
    puts.filter(|other| (&other.0, other.1) == (&put.0, put.1)).last().unwrap_or(put)
}

fn replies(bytes: &[u8]) -> Vec<Vec<String>> {
    let text = String::from_utf8_lossy(bytes);
    let mut replies = vec![Vec::new()];
    for line in text.lines() {
        match (line, replies.last_mut()) {
            ("", _) => replies.push(Vec::new()),
            (line, Some(reply)) => reply.push(line.to_owned()),
            (_, None) => {}
        }
    }
    // What is not complete is no reply.
    replies.pop();
    replies
}

/// Returns the samples of a reply, unless it is an error.
fn samples(reply: Option<&Vec<String>>) -> Option<Vec<Put>> {
    let lines = reply.filter(|lines| lines[0] == "ok")?;
    Some(lines[1..].iter().map(|line| sample(line)).collect())
}

fn sample(line: &str) -> Put {
    let words: Vec<_> = line.split(' ').collect();
    let value: f64 = words[1].parse().expect("it is a value");
    (words[0].to_owned(), words[2].parse().expect("it is a time"), value as u64)
}

fn by_time(samples: &[Put], key: &str) -> BTreeMap<i64, u64> {
    samples.iter().filter(|put| put.0 == key).map(|put| (put.1, put.2)).collect()
}
