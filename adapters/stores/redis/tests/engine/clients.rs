//! Front ends in this process, and clients that count what they were told.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use metric_redis::{Engine, Settings};
use metric_tcp::ServerHandle;

/// A server of the protocol over an engine.
pub(crate) struct FrontEnd {
    pub(crate) address: SocketAddr,
    pub(crate) engine: Arc<Engine>,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl FrontEnd {
    pub(crate) fn start(settings: Settings) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (engine, handle) = (Engine::open(settings), ServerHandle::default());
        let (store, stop) = (engine.handle(), handle.clone());
        let thread = thread::spawn(move || {
            let settings = metric_smol::Settings::default();
            metric_smol::run([listener], store, &settings, &stop).expect("it serves");
        });
        Self { address, engine, handle, thread: Some(thread) }
    }
}

impl Drop for FrontEnd {
    fn drop(&mut self) {
        self.handle.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A connection to a front end.
pub(crate) struct Client {
    address: SocketAddr,
    stream: Option<BufReader<TcpStream>>,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Told {
    Ok(Vec<String>),
    Error,
    /// The connection ended without a reply.
    Nothing,
}

impl Client {
    pub(crate) fn new(front_end: &FrontEnd) -> Self {
        Self { address: front_end.address, stream: None }
    }

    /// Sends requests together; returns what became of each. It connects again after an end.
    pub(crate) fn ask(&mut self, requests: &[String]) -> Vec<Told> {
        let sent = self.send(&requests.concat());
        let mut told = Vec::new();
        while sent && told.len() < requests.len() {
            let Some(reply) = self.reply() else { break };
            told.push(reply);
        }
        if told.len() < requests.len() {
            self.stream = None;
        }
        told.resize(requests.len(), Told::Nothing);
        told
    }

    pub(crate) fn ask_one(&mut self, request: &str) -> Told {
        self.ask(&[request.to_owned()]).remove(0)
    }

    fn send(&mut self, text: &str) -> bool {
        if self.stream.is_none() {
            let stream = TcpStream::connect(self.address).expect("the front end is there");
            stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time-out");
            stream.set_nodelay(true).expect("no delay");
            self.stream = Some(BufReader::new(stream));
        }
        let stream = self.stream.as_mut().expect("a stream");
        stream.get_mut().write_all(text.as_bytes()).is_ok()
    }

    fn reply(&mut self) -> Option<Told> {
        let stream = self.stream.as_mut()?;
        let (mut first, mut lines) = (String::new(), Vec::new());
        stream.read_line(&mut first).ok().filter(|&read| read > 0)?;
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).ok().filter(|_| line.ends_with('\n'))?;
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_owned()),
            }
        }
        Some(if first == "ok\n" { Told::Ok(lines) } else { Told::Error })
    }

    /// Returns all samples as `get` tells them.
    pub(crate) fn samples(&mut self, selector: &str) -> BTreeMap<(String, i64), f64> {
        let told = self.ask_one(&format!("get {selector}\n"));
        let Told::Ok(lines) = told else { panic!("get {selector}: {told:?}") };
        let read = |line: &String| {
            let mut words = line.split(' ');
            let key = words.next().expect("a key").to_owned();
            let value = words.next().and_then(|word| word.parse().ok()).expect("a value");
            ((key, words.next().and_then(|word| word.parse().ok()).expect("a time")), value)
        };
        let samples: BTreeMap<_, _> = lines.iter().map(read).collect();
        assert_eq!(samples.len(), lines.len(), "each is shown once");
        samples
    }
}

/// What a writer was told.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// The last acknowledged value of each sample that was not put again without a reply.
    pub(crate) stored: BTreeMap<(String, i64), f64>,
    /// What may have been stored instead.
    pub(crate) unsure: BTreeMap<(String, i64), f64>,
    pub(crate) acknowledged: usize,
    pub(crate) refused: usize,
    pub(crate) unknown: usize,
    /// The longest time between a request and its reply.
    pub(crate) longest: Duration,
}

/// Puts batches of own samples until it is told to stop. It goes on whatever happens.
pub(crate) fn write(front_end: &FrontEnd, name: &str, is_over: &AtomicBool) -> Log {
    let (mut client, mut log) = (Client::new(front_end), Log::default());
    let mut random = fastrand::Rng::with_seed(name.len() as u64);
    for round in 0_i64.. {
        if is_over.load(Relaxed) {
            break;
        }
        let puts: Vec<_> = (0..50)
            .map(|number| {
                let key = format!("{name}.{}", number % 25);
                // Now and then an earlier time is written again.
                let back = if random.u8(..8) == 0 { random.i64(0..=round.min(20)) } else { 0 };
                ((key, round - back), (round * 50 + number) as f64)
            })
            .collect();
        let lines: Vec<_> =
            puts.iter().map(|((key, time), value)| format!("put {key} {value} {time}\n")).collect();
        let began = Instant::now();
        let told = client.ask(&lines);
        log.longest = log.longest.max(began.elapsed());
        for ((sample, value), told) in puts.into_iter().zip(told) {
            match told {
                Told::Ok(_) => {
                    log.acknowledged += 1;
                    log.unsure.remove(&sample);
                    log.stored.insert(sample, value);
                }
                Told::Error => log.refused += 1,
                Told::Nothing => {
                    log.unknown += 1;
                    log.unsure.insert(sample, value);
                }
            }
        }
    }
    log
}

impl Log {
    /// Fails unless all that was acknowledged is there; returns how much that is.
    pub(crate) fn check(&self, there: &BTreeMap<(String, i64), f64>) -> usize {
        let is_lost = |sample: &(&(String, i64), &f64)| {
            let found = there.get(sample.0);
            found != Some(sample.1) && (found.is_none() || found != self.unsure.get(sample.0))
        };
        let lost: Vec<_> = self.stored.iter().filter(is_lost).collect();
        let first = lost.first().map(|(sample, value)| (sample, value, there.get(sample)));
        assert!(lost.is_empty(), "{} of {} are lost: {first:?}", lost.len(), self.stored.len());
        self.stored.len()
    }
}
