//! Checks that what collectd sends is stored.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::Setup;
use super::peer::Peer;
use crate::running::HANG;

/// Both of its plugins send the machine's load. Its log has all values, as collectd knows them.
pub(super) fn both(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    let folder = tempfile::tempdir().expect("a temporary directory");
    let (graphite, opentsdb) = (server.graphite().port(), server.opentsdb().port());
    let settings = format!(
        "Hostname \"palm\"\nFQDNLookup false\nInterval 1\nBaseDir \"{0}\"\nPIDFile \"{0}/pid\"\n\
         LoadPlugin logfile\n<Plugin logfile>\nLogLevel info\nFile stdout\n</Plugin>\n\
         LoadPlugin load\nLoadPlugin memory\nLoadPlugin uptime\nLoadPlugin interface\n\
         LoadPlugin write_log\n<Plugin write_log>\nFormat Graphite\n</Plugin>\n\
         LoadPlugin write_graphite\n<Plugin write_graphite>\n<Node one>\nHost \"127.0.0.1\"\n\
         Port \"{graphite}\"\nProtocol tcp\nStoreRates false\n</Node>\n</Plugin>\n\
         LoadPlugin write_tsdb\n<Plugin write_tsdb>\n<Node>\nHost \"127.0.0.1\"\n\
         Port \"{opentsdb}\"\n</Node>\n</Plugin>\n",
        folder.path().display()
    );
    let (file, log) = (folder.path().join("conf"), folder.path().join("log"));
    fs::write(&file, settings).expect("a file");
    let options = ["-f", "-C", file.to_str().expect("text")];
    let Some(collectd) = Peer::start("collectd", &options, &log) else { return };
    let since = Instant::now();
    while told(&log).get("palm.load.load.shortterm").is_none_or(|samples| samples.len() < 4) {
        let log = fs::read_to_string(&log).expect("text");
        if log.contains("Parsing the config file failed") {
            let lacks = log.lines().find(|line| line.contains("failed:")).unwrap_or_default();
            println!("  skipped: a plugin of collectd cannot be loaded: {lacks}");
            return;
        }
        assert!(since.elapsed() < HANG, "{log}");
        thread::sleep(Duration::from_millis(50));
    }
    // It sends what it holds when it ends.
    collectd.stop();
    let stored = read(server.samples().iter().map(String::as_str));
    let told = told(&log);
    assert!(told.len() > 5, "{told:?}");
    for (key, samples) in &told {
        assert_eq!(stored.get(key), Some(samples), "{key}");
    }
    check_opentsdb(&stored);
}

type Samples = BTreeMap<String, BTreeMap<i64, u64>>;

/// Returns what collectd logged that it sends.
fn told(log: &Path) -> Samples {
    let log = fs::read_to_string(log).expect("text");
    read(log.lines().filter(|line| line.starts_with("palm.")))
}

/// Reads lines of samples, with the bits of their values. Of two at one time the last is right.
fn read<'a>(lines: impl Iterator<Item = &'a str>) -> Samples {
    let mut samples = Samples::new();
    for line in lines {
        let fields: Vec<_> = line.split_whitespace().collect();
        let [key, value, time] = fields[..] else { panic!("{line}") };
        let (value, time) = (value.parse::<f64>(), time.parse::<i64>());
        let (value, time) = (value.expect("a value"), time.expect("a time"));
        if value.is_finite() {
            samples.entry(key.to_owned()).or_default().insert(time, value.to_bits());
        }
    }
    samples
}

/// Fails unless OpenTSDB's samples of the load are among Graphite's. That plugin waits for the name of
/// its host, and then sends a part of the time.
fn check_opentsdb(stored: &Samples) {
    for term in ["shortterm", "midterm", "longterm"] {
        let graphite = &stored[&format!("palm.load.load.{term}")];
        let opentsdb = &stored[&format!("load.load.{term};fqdn=palm")];
        assert!(!opentsdb.is_empty());
        for (time, value) in opentsdb {
            assert!(graphite.get(time).is_none_or(|found| found == value), "{term} at {time}");
        }
        assert!(opentsdb.keys().any(|time| graphite.contains_key(time)), "{term}");
    }
}
