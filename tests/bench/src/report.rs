//! The results of a load, as a table or as JSON.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::load::Measured;
use crate::mix::Kind;
use crate::options::Options;

/// All figures. Times are in seconds, unless the name says microseconds.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) address: String,
    pub(crate) pace: String,
    pub(crate) load: String,
    pub(crate) seconds: f64,
    pub(crate) ended_early: bool,
    pub(crate) requests: u64,
    pub(crate) requests_per_second: f64,
    pub(crate) put: u64,
    pub(crate) get: u64,
    pub(crate) get_all: u64,
    pub(crate) ok: u64,
    pub(crate) wrong_commands: u64,
    pub(crate) samples_received: u64,
    /// Requests of an open loop that were due before the end but never sent.
    pub(crate) requests_missed: u64,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
    pub(crate) latency_us: Latency,
    /// This program's share of a core. Near 1 it may be the bottleneck, unless the loop is open:
    /// that never sleeps.
    pub(crate) own_cpu: f64,
    pub(crate) server: Option<Server>,
    pub(crate) idle: Option<Idle>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Latency {
    min: f64,
    mean: f64,
    p50: f64,
    p90: f64,
    p99: f64,
    p99_9: f64,
    max: f64,
}

/// What the server process used.
#[derive(Debug, Serialize)]
pub(crate) struct Server {
    pub(crate) cpu_seconds: f64,
    pub(crate) cpu_us_per_request: f64,
    pub(crate) rss_bytes: u64,
}

/// Connections that send nothing.
#[derive(Debug, Serialize)]
pub(crate) struct Idle {
    pub(crate) connections: usize,
    /// Growth of the server's memory per connection; `None` if its process is unknown.
    pub(crate) rss_bytes_per_connection: Option<f64>,
}

impl Report {
    pub(crate) fn new(options: &Options, measured: &Measured) -> Self {
        let (tally, seconds) = (&measured.tally, measured.time.as_secs_f64());
        let requests = tally.replies.replies();
        let [put, get, get_all] = tally.kinds;
        Self {
            address: options.address.to_string(),
            pace: options.pace(),
            load: options.to_string(),
            seconds,
            ended_early: false,
            requests,
            requests_per_second: ratio(requests as f64, seconds),
            put,
            get,
            get_all,
            ok: tally.replies.ok,
            wrong_commands: tally.replies.errors,
            samples_received: tally.replies.samples,
            requests_missed: measured.missed,
            bytes_sent: tally.bytes_sent,
            bytes_received: tally.bytes_received,
            latency_us: Latency::new(measured),
            own_cpu: 0.0,
            server: None,
            idle: None,
        }
    }

    pub(crate) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|error| unreachable!("{error}"))
    }
}

impl Latency {
    fn new(measured: &Measured) -> Self {
        let latencies = &measured.tally.latencies;
        let quantile = |quantile| latencies.value_at_quantile(quantile) as f64 / 1000.0;
        Self {
            min: latencies.min() as f64 / 1000.0,
            mean: latencies.mean() / 1000.0,
            p50: quantile(0.5),
            p90: quantile(0.9),
            p99: quantile(0.99),
            p99_9: quantile(0.999),
            max: latencies.max() as f64 / 1000.0,
        }
    }
}

impl Server {
    pub(crate) fn new(cpu: Duration, requests: u64, rss_bytes: u64) -> Self {
        let cpu_seconds = cpu.as_secs_f64();
        let cpu_us_per_request = ratio(cpu_seconds * 1e6, requests as f64);
        Self { cpu_seconds, cpu_us_per_request, rss_bytes }
    }
}

/// Writes the table, without a line end after the last row.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}\n{}", self.address, self.pace, self.load)?;
        if self.ended_early {
            f.write_str("\nended early")?;
        }
        let rows = [self.requests(), self.replies(), self.latency(), self.machine()].concat();
        rows.iter().try_for_each(|(name, figure)| write!(f, "\n  {name:<22}{figure:>16}"))
    }
}

type Row = (&'static str, String);

impl Report {
    fn requests(&self) -> Vec<Row> {
        let kinds = Kind::ALL.map(Kind::name).into_iter().zip([self.put, self.get, self.get_all]);
        let kinds = kinds.filter(|(_, count)| *count > 0).map(|(kind, count)| (kind, whole(count)));
        let mut rows = vec![
            ("requests/s", whole(self.requests_per_second as u64)),
            ("seconds", format!("{:.3}", self.seconds)),
            ("requests", whole(self.requests)),
        ];
        rows.extend(kinds);
        rows
    }

    fn replies(&self) -> Vec<Row> {
        let mut rows = vec![("wrong commands", whole(self.wrong_commands))];
        if self.get + self.get_all > 0 {
            rows.push(("samples received", whole(self.samples_received)));
        }
        if self.requests_missed > 0 {
            rows.push(("due but never sent", whole(self.requests_missed)));
        }
        rows.push(("bytes sent", whole(self.bytes_sent)));
        rows.push(("bytes received", whole(self.bytes_received)));
        rows
    }

    fn latency(&self) -> Vec<Row> {
        let Latency { min, mean, p50, p90, p99, p99_9, max } = self.latency_us;
        let figures = [
            ("latency min, us", min),
            ("mean", mean),
            ("p50", p50),
            ("p90", p90),
            ("p99", p99),
            ("p99.9", p99_9),
            ("max", max),
        ];
        figures.map(|(name, figure)| (name, format!("{figure:.1}"))).to_vec()
    }

    fn machine(&self) -> Vec<Row> {
        let mut rows = vec![("own CPU, % of a core", format!("{:.0}", self.own_cpu * 100.0))];
        if let Some(server) = &self.server {
            rows.push(("server CPU us/request", format!("{:.3}", server.cpu_us_per_request)));
            rows.push(("server CPU s", format!("{:.2}", server.cpu_seconds)));
            rows.push(("server RSS KiB", whole(server.rss_bytes / 1024)));
        }
        if let Some(idle) = &self.idle {
            rows.push(("idle connections", whole(idle.connections as u64)));
            let growth = idle.rss_bytes_per_connection;
            rows.extend(growth.map(|bytes| ("RSS bytes for each", format!("{bytes:.0}"))));
        }
        rows
    }
}

/// Divides; returns 0 if `per` is 0.
pub(crate) fn ratio(figure: f64, per: f64) -> f64 {
    if per > 0.0 { figure / per } else { 0.0 }
}

/// Formats a figure with thousands separators.
fn whole(figure: u64) -> String {
    let digits = figure.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_apart() {
        assert_eq!([0, 999, 1000, 1_234_567].map(whole), ["0", "999", "1,000", "1,234,567"]);
    }
}
