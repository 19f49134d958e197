//! A Prometheus that runs as a child process, and what it scrapes.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::http::Http;
use crate::running::HANG;

/// Returns what is missing on this machine, if anything. The test installs nothing.
pub(super) fn missing() -> Option<&'static str> {
    let runs = Command::new("prometheus").arg("--version").output();
    let runs = runs.is_ok_and(|output| output.status.success());
    (!runs).then_some("prometheus (Debian's package of this name)")
}

/// A Prometheus, which ends when this is dropped.
pub(super) struct Prometheus {
    child: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Prometheus {
    /// Starts one with a configuration, in which `SELF` is its own address.
    pub(super) fn start(configuration: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let address = free_address();
        let file = folder.path().join("prometheus.yml");
        let configuration = configuration.replace("SELF", &address.to_string());
        fs::write(&file, configuration).expect("a file");
        let mut command = Command::new("prometheus");
        command.arg("--config.file").arg(file);
        command.arg("--storage.tsdb.path").arg(folder.path().join("data"));
        command.arg(format!("--web.listen-address={address}"));
        let child = command.stderr(Stdio::null()).spawn().expect("it starts");
        let prometheus = Self { child, address, _folder: folder };
        until("prometheus is ready", || {
            let stream = TcpStream::connect(address).ok()?;
            (Http::over(stream).ask("GET", "/-/ready", &[]).status == 200).then_some(())
        });
        prometheus
    }

    pub(super) fn connect(&self) -> Http {
        Http::over(TcpStream::connect(self.address).expect("it accepts"))
    }

    /// Evaluates PromQL at a time in milliseconds.
    pub(super) fn query(&self, promql: &str, time: i64) -> Value {
        let encode = |byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        };
        let promql: String = promql.bytes().map(encode).collect();
        let target =
            format!("/api/v1/query?query={promql}&time={}.{:03}", time / 1_000, time % 1_000);
        let reply = self.connect().ask("GET", &target, &[]);
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()["data"]["result"].clone()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port")
}

/// Waits for a result.
pub(super) fn until<T>(what: &str, mut result: impl FnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(result) = result() {
            return result;
        }
        assert!(since.elapsed() < HANG, "{what}: not within {HANG:?}");
        thread::sleep(Duration::from_millis(100));
    }
}

/// An exporter of metrics with odd values. One of its series ends.
pub(super) struct Exporter {
    pub(super) address: SocketAddr,
    /// How often it was scraped.
    pub(super) scrapes: Arc<AtomicU64>,
}

impl Exporter {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let scrapes = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&scrapes);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream, counter.fetch_add(1, SeqCst));
            }
        });
        Self { address, scrapes }
    }
}

/// How many scrapes the series has that ends.
const LIFE: u64 = 5;

fn answer(mut stream: TcpStream, scrape: u64) {
    let mut lines = BufReader::new(stream.try_clone().expect("a handle")).lines();
    while lines.next().and_then(Result::ok).is_some_and(|line| !line.is_empty()) {}
    let mut text = format!(
        "odd_tenth {}\nodd_tiny 5e-324\nodd_huge -1.7976931348623157e+308\nodd_nan NaN\nodd_inf +Inf\n\
         odd_labels{{path=\"/a;b=c% d\",quote=\"\\\"\\\\\\n\",utf8=\"naïve ключ\"}} {scrape}\n\
         odd_random {}\n",
        0.1 * scrape as f64,
        f64::from_bits(0x3ff0_0000_0000_0000 | scrape.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 12),
    );
    if scrape < LIFE {
        text += "odd_ending 1\n";
    }
    let head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nConnection: close\r\n";
    let _ = write!(stream, "{head}Content-Length: {}\r\n\r\n{text}", text.len());
}
