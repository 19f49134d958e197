//! What users should know of the first sample: it may be a mistake, and it may be none.

use jiff::civil::Date;
use metric_proto::Sample;

use super::lines::Line;
use crate::format::Format;
use crate::time::Unit;

/// An invisible character with which some programs begin a file: the byte order mark. A key may
/// begin with it as well.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// Returns a line without a byte order mark that cannot belong to a key.
pub(super) fn without_mark(format: Format, line: &[u8]) -> &[u8] {
    match (format, line.strip_prefix(MARK)) {
        (Format::Jsonl, Some(rest)) => rest,
        (Format::Csv, Some(rest)) if rest.starts_with(b"\"") => rest,
        _ => line,
    }
}

/// Makes remarks on the first sample of an input.
#[derive(Clone, Copy, Debug)]
pub(super) struct Remarks {
    pub(super) format: Format,
    pub(super) unit: Unit,
}

impl Remarks {
    pub(super) fn on(self, line: Line<'_>, sample: Sample) -> impl Iterator<Item = String> {
        let mark = self.on_mark(line).map(str::to_owned);
        mark.into_iter().chain(on_timestamp(self.unit, sample.timestamp()))
    }

    fn on_mark(self, line: Line<'_>) -> Option<&'static str> {
        if line.number > 1 || !line.text.starts_with(MARK) {
            None
        } else if without_mark(self.format, line.text) == line.text {
            Some("line 1: the key begins with a byte order mark, which is kept")
        } else {
            Some("line 1 begins with a byte order mark, which is ignored")
        }
    }
}

/// Remarks on a timestamp that may be of another unit, or a date.
pub(crate) fn on_timestamp(unit: Unit, timestamp: i64) -> impl Iterator<Item = String> {
    let date = on_date(timestamp).filter(|_| unit == Unit::Second);
    date.into_iter().chain(unit.doubt(timestamp))
}

/// Remarks on a timestamp that is written as a date without separators.
fn on_date(timestamp: i64) -> Option<String> {
    let (year, month, day) = (timestamp / 10_000, timestamp / 100 % 100, timestamp % 100);
    let year = i16::try_from(year).ok().filter(|year| (1900..2100).contains(year))?;
    let date = Date::new(year, month as i8, day as i8).ok()?;
    Some(format!("timestamp {timestamp} seems to be a date: write it as {date}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_without_separators_is_remarked_on() {
        let told = "timestamp 20261128 seems to be a date: write it as 2026-11-28";
        assert_eq!(on_date(20_261_128).as_deref(), Some(told));
        for number in [0, 20_261_328, 20_260_230, 120_261_128, -20_261_128, i64::MIN, i64::MAX] {
            assert_eq!(on_date(number), None, "{number}");
        }
    }
}
