//! Runs the built example with a server.

use std::net::TcpListener;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use metric_blocking::{Client, Selector};
use metric_memory::MemoryStore;
use metric_smol::{ServerHandle, Settings};

/// The time after which a hang is a failure. No passing test comes near it.
const HANG: Duration = Duration::from_secs(60);

#[test]
fn it_sends_four_metrics_of_this_machine() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let store: &_ = Box::leak(Box::new(MemoryStore::new(10, 10)));
    thread::spawn(move || {
        metric_smol::run([listener], store, &Settings::default(), &ServerHandle::default())
    });
    let program = Command::new(env!("CARGO_BIN_EXE_os-metrics")).arg(&address).spawn().unwrap();
    let _program = Killed(program);

    let mut client = Client::connect(&address, HANG).unwrap();
    let since = Instant::now();
    let mut series = client.get(Selector::All).unwrap();
    while series.len() < 4 {
        assert!(since.elapsed() < HANG, "only {series:?}");
        thread::sleep(Duration::from_millis(100));
        series = client.get(Selector::All).unwrap();
    }
    let metrics: Vec<_> = series.keys().map(|key| key.rsplit_once('.').unwrap().1).collect();
    assert_eq!(metrics, ["cpu", "disk_usage", "network_usage", "usage"]);
    for key in series.keys().filter(|key| !key.ends_with(".network_usage")) {
        let percent = series[key][0].value();
        assert!((0.0..=100.0).contains(&percent), "{key}: {percent}");
    }
}

/// A program that is killed at the end of the test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
