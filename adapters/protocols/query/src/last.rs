//! The newest sample of each series.

use core::ops::ControlFlow::{Break, Continue};

use metric_proto::{Sample, Store};

use crate::budget::{Bound, Budget};
use crate::end::End;
use crate::page::{Page, Row, Shown, Tail};
use crate::produce::{Filled, Produce};
use crate::select::Select;
use crate::style::Style;
use crate::turn::Turn;
use crate::walk::Walk;
use crate::writer::Writer;

/// Fills a reply with the newest sample of each series.
///
/// Series whose keys are longer than `KEY` are left out.
#[derive(Clone, Debug)]
pub struct Last<S, const KEY: usize> {
    walk: Walk<S, KEY>,
    page: Page<Sample, KEY>,
    budget: Budget,
}

impl<S: Select, const KEY: usize> Last<S, KEY> {
    /// Creates a reply that was not begun.
    #[must_use]
    pub const fn new(select: S, style: Style, budget: Budget) -> Self {
        Self { walk: Walk::new(select), page: Page::new(style), budget }
    }
}

impl<S: Select, const KEY: usize> Produce for Last<S, KEY> {
    fn fill<T: Store>(&mut self, store: &mut T, output: &mut [u8]) -> Filled {
        let Self { walk, page, budget } = self;
        let mut turn = Turn::new();
        page.fill(output, |page, out| {
            let mut over = None;
            let stopped = walk.run(store, &mut turn, |key, summary| {
                if page.shown() == budget.series {
                    over = Some(End::Exceeded(budget.exceeded(Bound::Series)));
                    return Break(());
                }
                let is_whole = page.show(out, key.as_bytes(), summary.last);
                if is_whole { Continue(()) } else { Break(()) }
            });
            over.map_or(stopped.into(), |over| Shown::End(Tail::End(over)))
        })
    }
}

impl Row for Sample {
    const NAME: &'static [u8] = b"series";
    const HEADER: &'static [u8] = b"key,value,timestamp\n";
    const IS_PAGED: bool = false;

    fn write_json(&self, out: &mut Writer<'_>, key: &[u8], style: Style) {
        out.put(b"{\"key\": ");
        out.json(key);
        out.put(b", \"last\": ");
        out.sample(*self, style);
        out.put(b"}");
    }

    fn write_fields(&self, out: &mut Writer<'_>, key: &[u8], style: Style) {
        style.key(out, key);
        out.value_and_time(*self, style.separator());
    }
}
