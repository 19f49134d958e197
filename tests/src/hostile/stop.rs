//! Stops a server during all attacks at once.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::ops::ControlFlow;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use metric_memory::MemoryStore;
use metric_proto::{Key, Position, Query, Sample, Scan, Series, Store};
use metric_tcp::{ServerHandle, Settings};

use super::Serve;
use super::attack::Attack;
use super::child;
use super::scene::{Props, Scene};
use super::talkers::Talkers;
use super::witness::{self, EACH};

pub(super) const IN_PROCESS: &str =
    "stopped during all attacks, the library has stored every sample that got an ok";

/// The time that peers have to take their replies.
const GRACE: Duration = Duration::from_secs(4);

/// The bound of the time to end, as a ratio to the grace. Closing thousands of connections takes a
/// while, and the grace begins only after that has begun.
const BOUND: f64 = 2.0;

/// The number of series stored before the attack, of 1,000 samples each.
const LISTED: usize = 20;

/// The number of peers that never read, and so have to be cut.
const STUCK: u64 = 50;

/// The attacks that hold connections, and their numbers.
const LURKERS: [(&str, u64); 3] = [("idle", 500), ("dribble", 200), ("deaf", STUCK)];

/// The attacks that go on until the server ends.
const OTHERS: [&str; 4] = ["churn", "endless", "noise", "keys"];

/// All attacks at once, and well-behaved clients.
struct Siege {
    attacks: Vec<Attack>,
    talkers: Talkers,
}

impl Siege {
    /// Starts all attacks. `wait_for` waits until the server has a number of open connections.
    fn begin(server: SocketAddr, wait_for: impl FnOnce(u64)) -> Self {
        let launch = |name, size| Attack::launch_to_the_end(name, server, size);
        let mut attacks: Vec<_> = LURKERS.map(|(name, size)| launch(name, size)).into();
        wait_for(LURKERS.iter().map(|(_, size)| size).sum());
        let talkers = Talkers::start(server, LISTED);
        attacks.extend(OTHERS.map(|name| launch(name, u64::MAX)));
        Self { attacks, talkers }
    }

    /// Waits until the attacks are well under way.
    fn rage(&mut self) {
        self.talkers.wait_for(500);
        assert!(!self.attacks.iter_mut().any(Attack::is_over), "an attack ended early");
    }

    /// Waits for the well-behaved clients. Returns the samples that got an `ok`, by key.
    fn end(self) -> Vec<(String, i64)> {
        self.talkers.end()
    }
}

pub(super) fn program(program: &Path) {
    let grace = GRACE.as_secs().to_string();
    let options = ["--grace", &grace, "--max-series", "1000"];
    let mut scene =
        Scene::open(program, &Props { options: &options, kept: LISTED, ..Props::default() });
    let mut siege = Siege::begin(scene.server.address(), |count| {
        scene.server.wait_for_counters(&format!("connections: {} open", count + 2));
    });
    siege.rage();
    scene.witness.talk();
    let since = Instant::now();
    let outcome = scene.server.stop();
    let ratio = since.elapsed().div_duration_f64(GRACE);
    let promised = siege.end();
    assert_eq!(outcome.status.code(), Some(0), "{}", outcome.log);
    assert!(outcome.log.contains(&format!("connections cut: {STUCK}\n")), "{}", outcome.log);
    assert!(ratio < BOUND, "it ended after {ratio:.2} of its grace");
    println!("  ended after {ratio:.2} of its grace; promised: {promised:?}");
}

pub(super) fn in_process(serve: Serve) {
    child::raise_files();
    let store: &'static MemoryStore = Box::leak(Box::new(MemoryStore::new(1_000, 1_000_000)));
    fill(store);
    let (handle, mut settings) = (ServerHandle::default(), Settings::default());
    settings.grace = GRACE;
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let promised = thread::scope(|scope| {
        let _stopped = StopAtLeast(&handle);
        let server = scope.spawn(|| serve(listener, store, &settings, &handle));
        let mut siege = Siege::begin(address, |count| {
            while handle.counters().open as u64 != count {
                thread::sleep(Duration::from_millis(10));
            }
        });
        siege.rage();
        handle.stop();
        let ended: io::Result<()> = server.join().expect("the server does not panic");
        ended.expect("the server succeeds");
        siege.end()
    });
    assert_eq!(handle.counters().cut, STUCK);
    promised.iter().for_each(|(key, promised)| check_kept(store, key, *promised));
    println!("  promised: {promised:?}");
}

/// Stops a server when dropped, since a failed test would wait for it.
struct StopAtLeast<'a>(&'a ServerHandle);

impl Drop for StopAtLeast<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Stores the same samples as the witness does.
fn fill(mut store: &MemoryStore) {
    for key in (0..LISTED).map(witness::kept) {
        for time in 0..EACH {
            let sample = Sample::new(time as f64, time).expect("a sample");
            store.put(Key::new(&key).expect("a key"), sample).expect("there is room");
        }
    }
}

/// Fails unless the store has every promised sample. The values are equal to the timestamps.
fn check_kept(store: &MemoryStore, key: &str, promised: i64) {
    let mut samples = Vec::new();
    let query = Query::all(Series::Key(Key::new(key).expect("a key")));
    let rest = store.scan(&query, Position::START, |_, sample| {
        samples.push((sample.timestamp(), sample.value()));
        ControlFlow::Continue(())
    });
    assert_eq!(rest, Scan::Done);
    let expected: Vec<_> = (0..samples.len() as i64).map(|time| (time, time as f64)).collect();
    assert!(samples == expected, "samples of {key} are missing");
    assert!(samples.len() as i64 >= promised, "{promised} samples of {key} were promised");
}
