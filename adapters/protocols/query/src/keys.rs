//! The series without their samples, in pages.

use core::ops::ControlFlow::{Break, Continue};

use metric_proto::{Store, Summary};

use crate::page::{Page, Row, Shown, Tail};
use crate::produce::{Filled, Produce};
use crate::select::Select;
use crate::style::Style;
use crate::turn::Turn;
use crate::walk::Walk;
use crate::writer::Writer;

/// Fills a page of the series: of each the key, the number of samples, the oldest and the newest
/// one.
///
/// There are no lines of them: they are CSV then, which does not tell whether there is another page.
/// Series whose keys are longer than `KEY` are left out.
#[derive(Clone, Debug)]
pub struct Keys<S, const KEY: usize> {
    walk: Walk<S, KEY>,
    page: Page<Summary, KEY>,
    limit: usize,
    since: i64,
}

impl<S: Select, const KEY: usize> Keys<S, KEY> {
    /// Creates a page of up to `limit` series that was not begun.
    #[must_use]
    pub fn new(select: S, limit: usize, style: Style) -> Self {
        let page = Page::new(style.without_lines());
        Self { walk: Walk::new(select), page, limit, since: i64::MIN }
    }

    /// Begins behind a key.
    #[must_use]
    pub fn after(mut self, key: &str) -> Self {
        self.walk.after(key.as_bytes());
        self
    }

    /// Leaves out the series whose newest sample is older.
    #[must_use]
    pub const fn since(mut self, timestamp: i64) -> Self {
        self.since = timestamp;
        self
    }
}

impl<S: Select, const KEY: usize> Produce for Keys<S, KEY> {
    fn fill<T: Store>(&mut self, store: &mut T, output: &mut [u8]) -> Filled {
        let Self { walk, page, limit, since } = self;
        let mut turn = Turn::new();
        page.fill(output, |page, out| {
            let mut is_full = false;
            let stopped = walk.run(store, &mut turn, &mut |key, summary| {
                if summary.last.timestamp() < *since {
                    return Continue(());
                }
                is_full = page.shown() == *limit;
                if is_full || !page.show(out, key.as_bytes(), summary) {
                    return Break(());
                }
                Continue(())
            });
            if is_full { Shown::End(Tail::Full) } else { stopped.into() }
        })
    }
}

impl Row for Summary {
    const NAME: &'static [u8] = b"series";
    const HEADER: &'static [u8] =
        b"key,count,first_timestamp,first_value,last_timestamp,last_value\n";
    const IS_PAGED: bool = true;

    fn write_json(&self, out: &mut Writer<'_>, key: &[u8], style: Style) {
        out.put(b"{\"key\": ");
        out.json(key);
        out.put(b", \"count\": ");
        out.natural(self.samples as u64);
        out.put(b", \"first\": ");
        out.sample(self.first, style);
        out.put(b", \"last\": ");
        out.sample(self.last, style);
        out.put(b"}");
    }

    fn write_fields(&self, out: &mut Writer<'_>, key: &[u8], style: Style) {
        style.key(out, key);
        out.put(b",");
        out.natural(self.samples as u64);
        for sample in [self.first, self.last] {
            out.put(b",");
            out.integer(sample.timestamp());
            out.put(b",");
            out.value(sample.value());
        }
    }
}
