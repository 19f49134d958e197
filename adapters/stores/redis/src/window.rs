//! Some series without their samples, from a key on.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use metric_proto::{Key, Summary};

use crate::engine::Engine;
use crate::names::{Merge, Unavailable};
use crate::page::summaries;

/// How many series are fetched at first. Who asks on gets twice as many each time, up to [`MOST`].
const FIRST: usize = 4;

const MOST: usize = 128;

/// Some series, from a key on.
#[derive(Debug)]
pub(crate) struct Window {
    from: Box<[u8]>,
    series: VecDeque<(Box<[u8]>, Summary)>,
    /// The further keys.
    more: Option<Merge>,
    wide: usize,
    /// From where it was asked for last; `None` if it was not yet.
    asked: Option<Box<[u8]>>,
    pub(crate) is_failed: bool,
}

impl Window {
    pub(crate) fn new(from: &[u8]) -> Self {
        Self {
            from: from.into(),
            series: VecDeque::new(),
            more: Some(Merge::all(from)),
            wide: FIRST,
            asked: None,
            is_failed: false,
        }
    }

    /// Whether it tells what is from a key on. What was told before may be outdated, so only who goes on
    /// from there is told the rest.
    pub(crate) fn has(&self, from: &[u8]) -> bool {
        match &self.asked {
            None => *self.from == *from,
            Some(asked) => {
                from > &asked[..]
                    && (self.more.is_none() || self.last().is_some_and(|last| from <= last))
            }
        }
    }

    fn last(&self) -> Option<&[u8]> {
        self.series.back().map(|(key, _)| &key[..])
    }

    /// Goes on from a key if it is the last one; otherwise it begins there.
    pub(crate) fn at(self, from: &[u8]) -> Self {
        if self.last() != Some(from) || self.more.is_none() {
            return Self::new(from);
        }
        let wide = (self.wide * 2).min(MOST);
        let last = self.series.len() - 1;
        let series = self.series.into_iter().skip(last).collect();
        Self { from: from.into(), series, asked: None, wide, ..self }
    }

    /// Fetches the next series, until there is one more than before.
    pub(crate) async fn fetch(&mut self, engine: &Engine) -> Result<(), Unavailable> {
        let had = self.series.len();
        while self.series.len() < had + 2
            && let Some(more) = &mut self.more
        {
            let mut keys = Vec::new();
            while keys.len() < self.wide
                && let Some(key) = more.next(engine).await?
            {
                keys.push(key);
            }
            if keys.len() < self.wide {
                self.more = None;
            }
            let found = summaries(engine, &keys).await?;
            let found = keys.into_iter().zip(found).filter_map(|(key, found)| Some((key, found?)));
            self.series.extend(found);
        }
        Ok(())
    }

    /// Shows series. Returns from where it must be gone on, if so.
    pub(crate) fn show(
        &mut self,
        from: &[u8],
        mut visit: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>,
    ) -> ControlFlow<(), Option<Box<[u8]>>> {
        self.asked = Some(from.into());
        for (key, summary) in self.series.iter().filter(|(key, _)| **key >= *from) {
            if let Ok(key) = Key::from_bytes(key) {
                visit(key, *summary)?;
            }
        }
        let last = self.last().map_or(from, |last| last.max(from));
        ControlFlow::Continue(self.more.is_some().then(|| last.into()))
    }
}
