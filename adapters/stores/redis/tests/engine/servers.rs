//! Real servers, as children of the tests, on free ports of 127.0.0.1.

use std::fs::File;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use redis::{ToRedisArgs, Value};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// The time after which a hang is a failure.
const HANG: Duration = Duration::from_secs(30);

/// Returns whether there is a server to start; says so if not.
pub(crate) fn can_start() -> bool {
    let program = Command::new("redis-server").arg("--version").output();
    let is_there = program.is_ok_and(|output| output.status.success());
    if !is_there {
        println!("skipped: there is no redis-server");
    }
    is_there
}

/// Waits until something is so.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < HANG, "{what}: it is not so in {HANG:?}");
        sleep(Duration::from_millis(10));
    }
}

fn free_ports<const N: usize>() -> [u16; N] {
    let listeners = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    listeners.map(|listener| listener.local_addr().expect("an address").port())
}

/// A server.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) port: u16,
    /// Where it has TLS, if its options have a certificate.
    pub(crate) secure: u16,
    bus: u16,
    place: PathBuf,
    options: Vec<String>,
    child: Option<Child>,
}

impl Server {
    fn start(place: PathBuf, options: &[&str]) -> Self {
        let [port, secure, bus] = free_ports();
        std::fs::create_dir_all(&place).expect("a directory");
        let options = options.iter().map(|&option| option.to_owned()).collect();
        let mut server = Self { port, secure, bus, place, options, child: None };
        server.go();
        server
    }

    /// Starts it, with what it had on its disk.
    pub(crate) fn go(&mut self) {
        let log = File::create(self.place.join("log")).expect("a log");
        let mut command = Command::new("redis-server");
        command.args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
        command.args(["--enable-debug-command", "yes", "--dir"]).arg(&self.place);
        if self.has("--tls-cert-file") {
            command.args(["--tls-port", &self.secure.to_string()]);
        }
        if self.has("--cluster-enabled") {
            command.args(["--cluster-port", &self.bus.to_string()]);
        }
        command.args(&self.options).stdout(log).stderr(Stdio::null()).stdin(Stdio::null());
        self.child = Some(command.spawn().expect("it starts"));
        until("a server answers", || self.try_ask(&["PING"]).is_some());
    }

    fn has(&self, option: &str) -> bool {
        self.options.iter().any(|one| one == option)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let child = self.child.as_ref().expect("it runs");
        kill_process(Pid::from_child(child), signal).expect("it gets the signal");
    }

    /// Kills it, as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("it can be killed");
            child.wait().expect("it has ended");
        }
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn try_ask<A: ToRedisArgs>(&self, command: &[A]) -> Option<Value> {
        let client = redis::Client::open(format!("redis://{}/", self.address())).ok()?;
        let mut connection = client.get_connection_with_timeout(Duration::from_secs(5)).ok()?;
        connection.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
        let mut asked = redis::Cmd::new();
        command.iter().for_each(|word| _ = asked.arg(word));
        asked.query(&mut connection).ok()
    }

    /// Asks it something.
    pub(crate) fn ask<A: ToRedisArgs + std::fmt::Debug>(&self, command: &[A]) -> Value {
        self.try_ask(command).unwrap_or_else(|| panic!("{command:?} fails"))
    }

    /// Asks it something whose answer is text.
    pub(crate) fn tell(&self, command: &[&str]) -> String {
        match self.ask(command) {
            Value::BulkString(text) => String::from_utf8_lossy(&text).into_owned(),
            Value::SimpleString(text) | Value::VerbatimString { text, .. } => text,
            other => format!("{other:?}"),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A server alone.
pub(crate) struct Plain {
    pub(crate) server: Server,
    _place: TempDir,
}

impl Plain {
    pub(crate) fn start(options: &[&str]) -> Self {
        let place = tempfile::tempdir().expect("a directory");
        Self { server: Server::start(place.path().join("plain"), options), _place: place }
    }

    pub(crate) fn settings(&self) -> metric_redis::Settings {
        settings(&[&self.server])
    }
}

/// The settings of an engine with these servers. Nothing takes long on this machine, so neither is waited long.
pub(crate) fn settings(servers: &[&Server]) -> metric_redis::Settings {
    let seeds: Vec<_> = servers.iter().map(|server| server.address()).collect();
    let mut settings =
        metric_redis::Settings::parse(&format!("redis://{}", seeds.join(","))).expect("addresses");
    settings.patience = Duration::from_secs(10);
    settings
}

/// A cluster of three masters, each with a replica. The replica of master n is server n + 3.
pub(crate) struct Cluster {
    pub(crate) servers: Vec<Server>,
    _place: TempDir,
}

pub(crate) const MASTERS: usize = 3;

impl Cluster {
    pub(crate) fn start(options: &[&str]) -> Self {
        let place = tempfile::tempdir().expect("a directory");
        let mut all = vec!["--cluster-enabled", "yes", "--cluster-node-timeout", "1000"];
        all.extend(["--cluster-require-full-coverage", "no", "--repl-diskless-sync-delay", "0"]);
        all.extend(options);
        let start = |number| Server::start(place.path().join(format!("{number}")), &all);
        let cluster = Self { servers: (0..2 * MASTERS).map(start).collect(), _place: place };
        cluster.join();
        cluster
    }

    fn join(&self) {
        let first = &self.servers[0];
        for (number, server) in self.servers.iter().enumerate() {
            server.tell(&["CLUSTER", "SET-CONFIG-EPOCH", &(number + 1).to_string()]);
            let port = if first.has("--tls-cluster") { first.secure } else { first.port };
            let (port, bus) = (port.to_string(), first.bus.to_string());
            server.tell(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus]);
        }
        for number in 0..MASTERS {
            let end = |number: usize| (number * 16_384 / MASTERS).to_string();
            let last = (number + 1) * 16_384 / MASTERS - 1;
            self.servers[number].tell(&[
                "CLUSTER",
                "ADDSLOTSRANGE",
                &end(number),
                &last.to_string(),
            ]);
        }
        let knows = |server: &Server| {
            server
                .tell(&["CLUSTER", "NODES"])
                .lines()
                .filter(|line| !line.contains("handshake"))
                .count()
        };
        until("all know all", || self.servers.iter().all(|server| knows(server) == 2 * MASTERS));
        for number in 0..MASTERS {
            let master = self.id(number);
            self.servers[MASTERS + number].tell(&["CLUSTER", "REPLICATE", &master]);
        }
        self.until_whole();
    }

    /// Waits until all servers say that the cluster is well, and as many replicas as masters follow theirs.
    pub(crate) fn until_whole(&self) {
        let is_well = |server: &Server| {
            server.try_ask(&["CLUSTER", "INFO"]).is_some_and(|info| {
                let info = format!("{info:?}");
                info.contains("cluster_state:ok") && info.contains("cluster_slots_ok:16384")
            })
        };
        let follows = |server: &&Server| {
            server.tell(&["INFO", "replication"]).contains("master_link_status:up")
        };
        until("the cluster is well", || {
            self.servers.iter().all(is_well)
                && self.servers.iter().filter(follows).count() == MASTERS
        });
    }

    pub(crate) fn id(&self, number: usize) -> String {
        self.servers[number].tell(&["CLUSTER", "MYID"])
    }

    pub(crate) fn settings(&self) -> metric_redis::Settings {
        settings(&self.servers.iter().take(MASTERS).collect::<Vec<_>>())
    }

    /// Returns the servers that are masters.
    pub(crate) fn masters(&self) -> Vec<usize> {
        let is_master = |number: &usize| {
            let server = &self.servers[*number];
            server.child.is_some() && server.tell(&["INFO", "replication"]).contains("role:master")
        };
        (0..self.servers.len()).filter(is_master).collect()
    }

    /// Moves a slot as `redis-cli --cluster reshard` does.
    pub(crate) fn move_slot(&self, slot: u16, from: usize, to: usize) {
        let (source, target) = (&self.servers[from], &self.servers[to]);
        let (source_id, target_id, slot) = (self.id(from), self.id(to), slot.to_string());
        target.tell(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &source_id]);
        source.tell(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &target_id]);
        loop {
            let keys = match source.ask(&["CLUSTER", "GETKEYSINSLOT", &slot, "10"]) {
                Value::Array(keys) if !keys.is_empty() => keys,
                _ => break,
            };
            let head = ["MIGRATE", "127.0.0.1", &target.port.to_string(), "", "0", "5000", "KEYS"];
            let mut command: Vec<_> = head.iter().map(|word| word.as_bytes().to_vec()).collect();
            command.extend(keys.into_iter().map(|key| match key {
                Value::BulkString(key) => key,
                other => panic!("{other:?}"),
            }));
            source.ask(&command);
        }
        for server in [target, source] {
            server.tell(&["CLUSTER", "SETSLOT", &slot, "NODE", &target_id]);
        }
    }
}
