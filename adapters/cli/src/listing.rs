//! Samples out of a server, one at a time, to whoever shows them.

use std::collections::VecDeque;
use std::io;

use clap::Args;
use clap::builder::RangedU64ValueParser;
use metric_proto::{Key, Sample, Selector};
use metric_smol::Client;
use smol::future::yield_now;

use crate::failure::Failure;
use crate::time;

/// What samples are shown in.
pub(crate) trait Listing {
    fn add(&mut self, key: Key<'_>, sample: Sample) -> io::Result<()>;

    fn flush(&mut self) -> io::Result<()>;
}

/// Which samples of a series are wanted.
#[derive(Args, Clone, Debug)]
pub(crate) struct Window {
    /// Only samples from this time on
    #[arg(long, value_name = "TIME", allow_negative_numbers = true, value_parser = time::read)]
    since: Option<i64>,

    /// Only samples up to this time
    #[arg(long, value_name = "TIME", allow_negative_numbers = true, value_parser = time::read)]
    until: Option<i64>,

    /// Only the last N of these, of each series
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    last: Option<usize>,
}

/// How a `TIME` is written.
pub(crate) const TIMES: &str = "\
TIME is a duration before now (90s, 2h, 1d12h), a date, a date with a time, a time of today, or \
seconds since 1970. What has no zone is local. Timestamps are taken for seconds since 1970, which \
is the custom.";

/// A key, or `*` for all.
pub(crate) fn name(text: &str) -> Result<String, String> {
    selector(text).map(|_| text.to_owned())
}

fn selector(name: &str) -> Result<Selector<'_>, String> {
    let key = || Key::new(name).map(Selector::Key);
    let selector = if name == "*" { Ok(Selector::All) } else { key() };
    selector.map_err(|error| format!("{error}, which alone is for all"))
}

/// Samples between two turns of whatever else there is to do.
const TURN: u64 = 1024;

/// Lists the samples of a series, or of all; says how many of them were wanted.
pub(crate) async fn list(
    client: &mut Client,
    name: &str,
    window: &Window,
    listing: &mut impl Listing,
) -> Result<u64, Failure> {
    let mut samples = client.samples(selector(name).map_err(Failure::failed)?).await?;
    let mut tail = Tail::new(window.last);
    let (mut read, mut wanted) = (0_u64, 0);
    while let Some((key, sample)) = samples.next().await? {
        if window.holds(sample.timestamp()) {
            wanted += 1;
            tail.add(key, sample, listing)?;
        }
        read += 1;
        if read % TURN == 0 {
            // Else a reply that comes as fast as it is read would leave no turn to Ctrl-C.
            yield_now().await;
        }
    }
    tail.pass_on(listing)?;
    Ok(wanted)
}

impl Window {
    fn holds(&self, timestamp: i64) -> bool {
        self.since.is_none_or(|since| since <= timestamp)
            && self.until.is_none_or(|until| timestamp <= until)
    }
}

/// Holds samples back until it is known which are the last of their series.
struct Tail {
    most: Option<usize>,
    key: String,
    samples: VecDeque<Sample>,
}

impl Tail {
    fn new(most: Option<usize>) -> Self {
        Self { most, key: String::new(), samples: VecDeque::new() }
    }

    fn add(&mut self, key: Key<'_>, sample: Sample, to: &mut impl Listing) -> io::Result<()> {
        let Some(most) = self.most else { return to.add(key, sample) };
        if key.as_str() != self.key {
            self.pass_on(to)?;
            key.as_str().clone_into(&mut self.key);
        }
        if self.samples.len() == most {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
        Ok(())
    }

    fn pass_on(&mut self, to: &mut impl Listing) -> io::Result<()> {
        if let Ok(key) = Key::new(&self.key) {
            self.samples.drain(..).try_for_each(|sample| to.add(key, sample))?;
        }
        Ok(())
    }
}
