//! `metric ping`: measures the round-trip time of a request.

use std::fmt;
use std::io::Write;
use std::time::{Duration, Instant};

use clap::Args;
use metric_proto::{Key, Selector};
use metric_smol::Client;
use smol::Timer;

use crate::failure::Failure;
use crate::number::whole;
use crate::server::Server;
use crate::signals::unless_interrupted;
use crate::standard_streams::stdout;

/// Measure how long the server takes to answer
///
/// Each request reads the series "metric.ping", which need not exist. The exit code is 0 if every
/// request was answered.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Number of requests
    #[arg(long, short, value_name = "N", default_value_t = 4)]
    #[arg(value_parser = whole(1..=u32::MAX))]
    count: u32,

    /// Seconds between a reply and the next request
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0)]
    #[arg(allow_negative_numbers = true, value_parser = pause)]
    every: f64,
}

const KEY: &str = "metric.ping";

pub(super) async fn run(server: &Server, arguments: Arguments) -> Result<(), Failure> {
    let mut times = Times::default();
    let asked = unless_interrupted(ask(server, arguments, &mut times)).await;
    if times.count > 0 {
        writeln!(stdout()?, "{times}")?;
    }
    asked
}

async fn ask(
    server: &Server,
    Arguments { count, every }: Arguments,
    times: &mut Times,
) -> Result<(), Failure> {
    let mut client = server.connect().await?;
    for number in 1..=count {
        let time = milliseconds(round_trip(&mut client).await?);
        times.add(time);
        writeln!(stdout()?, "{} {number}/{count} {time:.3} ms", server.name)?;
        if number < count {
            Timer::after(Duration::from_secs_f64(every)).await;
        }
    }
    Ok(())
}

async fn round_trip(client: &mut Client) -> Result<Duration, Failure> {
    let key = Key::new(KEY).map_err(Failure::failed)?;
    let started = Instant::now();
    let mut samples = client.samples(Selector::Key(key)).await?;
    while samples.next().await?.is_some() {}
    Ok(started.elapsed())
}

/// Statistics of round-trip times, in milliseconds.
#[derive(Debug, Default)]
struct Times {
    count: u32,
    sum: f64,
    min: f64,
    max: f64,
}

impl Times {
    fn add(&mut self, time: f64) {
        self.min = if self.count == 0 { time } else { self.min.min(time) };
        self.max = self.max.max(time);
        self.sum += time;
        self.count += 1;
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, sum, min, max } = self;
        write!(f, "min {min:.3}, mean {:.3}, max {max:.3} ms", sum / f64::from(*count))
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn pause(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.0..=86_400.0).contains(seconds));
    seconds.ok_or("it must be a number of seconds from 0 to 86400".to_owned())
}
