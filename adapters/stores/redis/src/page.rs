//! Some samples of a series: those of its head and of its runs.

use std::sync::atomic::AtomicU64;

use metric_proto::{Sample, Summary};
use redis::Value;

use crate::command::{Group, Names};
use crate::counters::add;
use crate::engine::Engine;
use crate::job::Outcome;
use crate::names::Unavailable;
use crate::reply::{Head, texts};
use crate::route::Purpose;
use crate::run::decode;

/// A head that is longer is sealed when it is read.
const LONG: usize = 256;

/// What is asked of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) next: i64,
    /// Its newest timestamp when the scan reached it; before that the latest one that is asked for.
    pub(crate) last: i64,
    /// The newest so many.
    pub(crate) newest: usize,
    /// Whether the scan has reached the series, and `last` and `next` are final.
    pub(crate) is_begun: bool,
}

/// Some samples of a series.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) key: Box<[u8]>,
    /// The first is the first that is left to show.
    pub(crate) samples: Vec<Sample>,
    /// The last timestamp to show.
    pub(crate) last: i64,
    /// Where the next page begins, if there is one.
    pub(crate) rest: Option<i64>,
}

/// Reads a page of each of some series, with up to `runs` runs.
///
/// # Errors
///
/// If the engine cannot tell.
pub(crate) async fn pages(
    engine: &Engine,
    asked: Vec<(Box<[u8]>, Span)>,
    runs: usize,
) -> Result<Vec<Page>, Unavailable> {
    let prefix = &engine.settings.prefix;
    let groups = asked.iter().map(|(key, span)| {
        let names = Names::new(prefix, key);
        // The head first: what is sealed meanwhile is seen twice, and not missed.
        let mut commands = vec![names.head()];
        if span.newest == usize::MAX {
            commands.push(names.run_at(span.next));
            commands.push(names.runs_up(span.next, runs));
        } else {
            commands.push(names.runs_down("[", span.last, runs));
        }
        if !span.is_begun {
            commands.push(names.last_run());
        }
        Group::new(names.part, commands)
    });
    let replies = engine.run(groups.collect(), Purpose::Read).await;
    let mut pages = Vec::with_capacity(asked.len());
    for ((key, span), reply) in asked.into_iter().zip(replies) {
        let read = Read::new(engine, &key, reply)?;
        pages.push(if span.newest == usize::MAX {
            read.page(key, span, runs)?
        } else {
            read.newest(engine, key, span, runs).await?
        });
    }
    Ok(pages)
}

/// What was read of a series.
struct Read<'a> {
    head: Head,
    /// The lists of runs.
    lists: Vec<Vec<Vec<u8>>>,
    damaged: &'a AtomicU64,
}

impl<'a> Read<'a> {
    fn new(engine: &'a Engine, key: &[u8], reply: Outcome) -> Result<Self, Unavailable> {
        let damaged = &engine.tally.damaged;
        let mut replies = reply.map_err(|_| Unavailable)?.into_iter();
        let head = Head::read(replies.next().unwrap_or(Value::Nil), damaged);
        if head.fields.len() > LONG.max(engine.settings.seal_at) {
            engine.seal_later(key);
        }
        Ok(Self { head, lists: replies.map(texts).collect(), damaged })
    }

    fn decode<'r>(
        &self,
        runs: impl IntoIterator<Item = &'r Vec<u8>>,
    ) -> Result<Vec<Sample>, Unavailable> {
        let mut samples = Vec::new();
        for run in runs {
            if decode(run, &mut samples).is_err() {
                add(self.damaged, 1);
                return Err(Unavailable);
            }
        }
        Ok(samples)
    }

    /// Returns the newest timestamp.
    fn newest_time(&self) -> Result<Option<i64>, Unavailable> {
        let run = self.decode(self.lists.last().into_iter().flatten())?;
        let newest = run.last().copied().into_iter().chain(self.head.samples().next_back());
        Ok(newest.map(Sample::timestamp).max())
    }

    /// Returns the samples from `span.next` on, as far as runs were read.
    fn page(self, key: Box<[u8]>, mut span: Span, runs: usize) -> Result<Page, Unavailable> {
        if !span.is_begun {
            span.last = self.newest_time()?.map_or(i64::MIN, |newest| newest.min(span.last));
        }
        let [at, up, ..] = &self.lists[..] else { return Err(Unavailable) };
        let sealed = self.decode(at.iter().chain(up))?;
        let end = sealed.last().map(|last| last.timestamp()).filter(|_| up.len() == runs);
        let end = end.filter(|end| *end < span.last);
        let until = end.unwrap_or(span.last);
        let mut samples = merge(&sealed, self.head.samples());
        samples.retain(|sample| (span.next..=until).contains(&sample.timestamp()));
        Ok(Page { key, samples, last: span.last, rest: end.map(|end| end + 1) })
    }

    /// Returns the newest samples up to `span.last`, or where they begin if they are many.
    async fn newest(
        mut self,
        engine: &Engine,
        key: Box<[u8]>,
        span: Span,
        runs: usize,
    ) -> Result<Page, Unavailable> {
        let newest = self.newest_time()?;
        let last = newest.map_or(i64::MIN, |newest| newest.min(span.last));
        let mut down = self.lists.swap_remove(0);
        let (mut left, mut end, mut is_first) = (span.newest, last, true);
        loop {
            let is_all = down.len() < runs;
            down.reverse();
            let sealed = self.decode(&down)?;
            // Below the oldest run there may be others.
            let begin = sealed.first().map(|first| first.timestamp()).filter(|_| !is_all);
            let begin = begin.unwrap_or(i64::MIN).max(span.next);
            let mut samples = merge(&sealed, self.head.samples());
            samples.retain(|sample| (begin..=end).contains(&sample.timestamp()));
            let is_over = samples.len() >= left || begin == span.next || is_all;
            let from = samples.len().saturating_sub(left);
            let first = samples.get(from).map(|first| first.timestamp());
            match (is_over, is_first, first) {
                (true, true, _) => {
                    samples.drain(..from);
                    return Ok(Page { key, samples, last, rest: None });
                }
                (true, false, first) => {
                    // They are read forwards from there on.
                    let rest = Some(first.unwrap_or(end.saturating_add(1)));
                    return Ok(Page { key, samples: Vec::new(), last, rest });
                }
                _ => {}
            }
            (left, end, is_first) = (left - samples.len(), begin - 1, false);
            let names = Names::new(&engine.settings.prefix, &key);
            let group = Group::new(names.part, vec![names.runs_down("[", end, runs)]);
            let older = engine.run(vec![group], Purpose::Read).await.pop();
            let older = older.and_then(Result::ok).ok_or(Unavailable)?;
            down = older.into_iter().flat_map(texts).collect();
        }
    }
}

/// Merges samples of runs with those of a head, which win.
pub(crate) fn merge(sealed: &[Sample], head: impl Iterator<Item = Sample>) -> Vec<Sample> {
    let mut all: Vec<_> = head.chain(sealed.iter().copied()).collect();
    // Stable, so that of one timestamp the head's sample stays first.
    all.sort_by_key(|sample| sample.timestamp());
    all.dedup_by_key(|sample| sample.timestamp());
    all
}

/// Returns the ends of series, and the numbers of their samples; `None` for what has none.
///
/// # Errors
///
/// If the engine cannot tell.
pub(crate) async fn summaries(
    engine: &Engine,
    keys: &[Box<[u8]>],
) -> Result<Vec<Option<Summary>>, Unavailable> {
    let prefix = &engine.settings.prefix;
    let groups = keys.iter().map(|key| {
        let names = Names::new(prefix, key);
        let commands = vec![names.head(), names.first_run(), names.last_run()];
        Group::new(names.part, commands)
    });
    let replies = engine.run(groups.collect(), Purpose::Read).await;
    let mut summaries = Vec::with_capacity(keys.len());
    for (key, reply) in keys.iter().zip(replies) {
        let read = Read::new(engine, key, reply)?;
        summaries.push(read.summary(engine, key).await?);
    }
    Ok(summaries)
}

impl Read<'_> {
    async fn summary(&self, engine: &Engine, key: &[u8]) -> Result<Option<Summary>, Unavailable> {
        let sealed = self.decode(self.lists.iter().flatten())?;
        let ends = merge(&sealed, self.head.samples());
        let (Some(&first), Some(&last)) = (ends.first(), ends.last()) else { return Ok(None) };
        let newest = sealed.last().map(|last| last.timestamp());
        let is_late = |sample: &Sample| newest.is_some_and(|newest| sample.timestamp() <= newest);
        let late: Vec<_> = self.head.samples().filter(is_late).map(Sample::timestamp).collect();
        let replaced = self.replaced(engine, key, &late).await?;
        let samples = (self.head.sealed + self.head.fields.len()).saturating_sub(replaced);
        Ok(Some(Summary { samples: samples.max(1), first, last }))
    }

    /// Returns how many of these timestamps are in runs, too.
    async fn replaced(
        &self,
        engine: &Engine,
        key: &[u8],
        late: &[i64],
    ) -> Result<usize, Unavailable> {
        if late.is_empty() {
            return Ok(0);
        }
        let names = Names::new(&engine.settings.prefix, key);
        let commands = late.iter().map(|&time| names.run_at(time)).collect();
        let runs = engine.run(vec![Group::new(names.part, commands)], Purpose::Read).await.pop();
        let runs = runs.and_then(Result::ok).ok_or(Unavailable)?;
        let mut replaced = 0;
        for (time, run) in late.iter().zip(runs) {
            let samples = self.decode(&texts(run))?;
            replaced +=
                usize::from(samples.binary_search_by_key(time, |one| one.timestamp()).is_ok());
        }
        Ok(replaced)
    }
}
