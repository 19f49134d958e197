//! A scan, with the samples of it that are at hand.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use metric_proto::{Key, Query, Sample, Series};

use crate::engine::Engine;
use crate::marks::Place;
use crate::names::{Merge, Unavailable};
use crate::page::{Page, Span, pages};

/// How many runs of one series are fetched at once: up to 4,096 samples, in 64 KiB.
pub(crate) const RUNS: usize = 8;

/// How many series are fetched at once at most. There is twice as many at a time, until there are many
/// samples in a page.
const SERIES: usize = 64;

/// There are so many samples in a page that fewer series are fetched for the next one.
const SAMPLES: usize = 4_096;

/// A query, kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    series: Which,
    since: i64,
    until: i64,
    newest: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Which {
    Key(Box<[u8]>),
    Prefix(Box<[u8]>),
}

impl Asked {
    pub(crate) fn new(query: &Query<'_>) -> Self {
        let Query { series, since, until, newest } = *query;
        let series = match series {
            Series::Key(key) => Which::Key(key.as_bytes().into()),
            other => Which::Prefix(other.first().into()),
        };
        Self { series, since, until, newest }
    }

    /// Returns the only key.
    pub(crate) fn key(&self) -> Option<&[u8]> {
        match &self.series {
            Which::Key(key) => Some(key),
            Which::Prefix(_) => None,
        }
    }

    fn span(&self) -> Span {
        Span { next: self.since, last: self.until, newest: self.newest, is_begun: false }
    }
}

/// A scan, with the samples of it that are at hand.
#[derive(Debug)]
pub(crate) struct Listing {
    pub(crate) asked: Asked,
    /// Where what is at hand begins.
    pub(crate) at: Place,
    /// Whether nobody has seen what is at hand at the beginning.
    pub(crate) is_fresh: bool,
    /// The engine did not answer.
    pub(crate) is_failed: bool,
    pages: VecDeque<Page>,
    /// The further keys.
    more: Option<Merge>,
    wide: usize,
}

/// How showing samples ended.
#[derive(Debug)]
pub(crate) enum Shown {
    Done,
    Stopped(Place),
    NotYet(Place),
}

impl Listing {
    /// Begins or continues a scan. Nothing is at hand yet.
    pub(crate) fn new(asked: Asked, at: Place) -> Self {
        let mut pages = VecDeque::new();
        let behind = |key: &[u8]| Merge::all(&[key, b"\0"].concat());
        let more = match (&asked.series, &at) {
            (Which::Key(key), Place::Start) => {
                pages.push_back(Page::unread(key.clone(), &asked));
                None
            }
            (Which::Prefix(prefix), Place::Start) => Some(Merge::all(prefix)),
            (which, Place::In { key, next, last }) => {
                let (key, last, rest) = (key.clone(), *last, Some(*next));
                pages.push_back(Page { samples: Vec::new(), rest, last, key });
                let is_many = matches!(which, Which::Prefix(_));
                is_many.then(|| behind(&pages[0].key))
            }
            (Which::Key(_), Place::Behind(_)) => None,
            (Which::Prefix(_), Place::Behind(key)) => Some(behind(key)),
        };
        Self { asked, at, is_fresh: true, is_failed: false, pages, more, wide: 8 }
    }

    /// Returns what is due of the series at the front, if something is.
    pub(crate) fn due(&self) -> Option<(Box<[u8]>, Span)> {
        let page = self.pages.front()?;
        let next = page.rest.filter(|_| page.samples.is_empty())?;
        let begun = Span { next, last: page.last, newest: usize::MAX, is_begun: true };
        let is_begun = self.at != Place::Start || self.asked.key().is_none();
        Some((page.key.clone(), if is_begun { begun } else { self.asked.span() }))
    }

    /// Takes what was due.
    pub(crate) fn take(&mut self, page: Page) {
        self.pages.pop_front();
        self.pages.push_front(page);
    }

    /// Fetches the next series, some at once.
    pub(crate) async fn fetch(&mut self, engine: &Engine) -> Result<(), Unavailable> {
        let Some(more) = &mut self.more else { return Ok(()) };
        let mut keys = Vec::new();
        let mut is_over = false;
        while keys.len() < self.wide && !is_over {
            let key = more.next(engine).await?;
            let key = key.filter(|key| match &self.asked.series {
                Which::Prefix(prefix) => key.starts_with(prefix),
                Which::Key(_) => false,
            });
            is_over = key.is_none();
            keys.extend(key.map(|key| (key, self.asked.span())));
        }
        if is_over {
            self.more = None;
        }
        let runs = (RUNS * 8 / self.wide).clamp(2, RUNS);
        self.pages.extend(pages(engine, keys, runs).await?);
        let samples: usize = self.pages.iter().map(|page| page.samples.len()).sum();
        self.wide = if samples < SAMPLES { self.wide * 2 } else { self.wide / 2 };
        self.wide = self.wide.clamp(2, SERIES);
        Ok(())
    }

    /// Shows what is at hand.
    pub(crate) fn show(
        &mut self,
        mut visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Shown {
        self.is_fresh = false;
        while let Some(page) = self.pages.front_mut() {
            // A key that is none was written by somebody else.
            if let Ok(key) = Key::from_bytes(&page.key) {
                let stopped = page.samples.iter().position(|&sample| visit(key, sample).is_break());
                if let Some(stopped) = stopped {
                    page.samples.drain(..stopped);
                    let next = page.samples[0].timestamp();
                    self.at = Place::In { key: page.key.clone(), next, last: page.last };
                    return Shown::Stopped(self.at.clone());
                }
                page.samples.clear();
                if let Some(next) = page.rest {
                    self.at = Place::In { key: page.key.clone(), next, last: page.last };
                    return Shown::NotYet(self.at.clone());
                }
            }
            if let Some(page) = self.pages.pop_front() {
                self.at = Place::Behind(page.key);
            }
        }
        match self.more {
            Some(_) => Shown::NotYet(self.at.clone()),
            None => Shown::Done,
        }
    }
}

impl Page {
    /// A page of which nothing is read.
    fn unread(key: Box<[u8]>, asked: &Asked) -> Self {
        Self { key, samples: Vec::new(), last: asked.until, rest: Some(asked.since) }
    }
}
