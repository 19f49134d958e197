//! What users should know of the first sample: it may be a mistake, and it may be none.

use metric_proto::Sample;

use super::lines::Line;
use crate::format::Format;
use crate::time::Unit;

/// An invisible character with which some programs begin a file. A key may begin with it as well.
pub(super) const MARK: &str = "\u{feff}";

/// Makes remarks on the first sample of an input.
#[derive(Clone, Copy, Debug)]
pub(super) struct Remarks {
    pub(super) format: Format,
    pub(super) unit: Unit,
}

impl Remarks {
    pub(super) fn on(self, line: Line<'_>, sample: Sample) -> impl Iterator<Item = String> {
        let is_marked = line.number == 1 && line.text.starts_with(MARK.as_bytes());
        let mark = is_marked.then_some(match self.format {
            Format::Jsonl => "line 1 begins with a byte order mark, which is ignored",
            Format::Text | Format::Csv => {
                "line 1: the key begins with a byte order mark, which is kept"
            }
        });
        mark.map(str::to_owned).into_iter().chain(self.unit.doubt(sample.timestamp()))
    }
}
