//! The columns of the table, and the choice of those that fit.

use super::model::Series;
use super::number::{difference, scaled};
use crate::output::age::age;
use crate::output::text;
use crate::time::Clock;

/// A column. Columns are ordered from left to right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Column {
    Key,
    Value,
    Age,
    Change,
    Trend,
    Min,
    Max,
    Mean,
    Time,
}

/// The columns by importance. Those that do not fit are left out from the end.
const BY_WEIGHT: [Column; 9] = [
    Column::Key,
    Column::Value,
    Column::Age,
    Column::Change,
    Column::Trend,
    Column::Min,
    Column::Max,
    Column::Mean,
    Column::Time,
];

/// The time to which those of samples are compared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) clock: Clock,
    pub(super) now: i64,
}

/// The least and the largest width of a trend.
const TREND: (usize, usize) = (8, 60);

/// The least width of a key that is cut.
const SHORT_KEY: usize = 12;

/// The space between two columns.
pub(super) const SPACING: usize = 2;

impl Column {
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Key => "KEY",
            Self::Value => "VALUE",
            Self::Age => "AGE",
            Self::Change => "CHANGE",
            Self::Trend => "TREND",
            Self::Min => "MIN",
            Self::Max => "MAX",
            Self::Mean => "MEAN",
            Self::Time => "TIME",
        }
    }

    /// Returns the text of a cell. A trend is empty, since it depends on the width of its column.
    pub(super) fn cell(self, series: &Series, times: Times) -> String {
        let key = series.key.as_str();
        let Some(statistics) = series.statistics else {
            return match self {
                Self::Key => text::visible(key),
                Self::Value => "none".to_owned(),
                _ => String::new(),
            };
        };
        let timestamp = statistics.newest.timestamp();
        match self {
            Self::Key => text::visible(key),
            Self::Value => scaled(statistics.newest.value(), key),
            Self::Age => age(timestamp, times.now, times.clock.unit()),
            Self::Change => {
                statistics.change.map_or_else(String::new, |change| difference(change, key))
            }
            Self::Trend => String::new(),
            Self::Min => scaled(statistics.min, key),
            Self::Max => scaled(statistics.max, key),
            Self::Mean => scaled(statistics.mean, key),
            Self::Time => times.clock.show_short(timestamp, times.now),
        }
    }
}

/// Returns the columns that fit in `width`, with their widths.
///
/// `longest` returns the width of a column's widest cell. Space left over goes to the keys first
/// and then to the trend.
pub(super) fn fitting(width: usize, longest: impl Fn(Column) -> usize) -> Vec<(Column, usize)> {
    let key = longest(Column::Key);
    let short_key = key.min(SHORT_KEY.max(width / 3)).min(width);
    let mut columns = vec![(Column::Key, short_key)];
    let mut left = width - short_key;
    for column in BY_WEIGHT.into_iter().skip(1) {
        let least = if column == Column::Trend { TREND.0 } else { longest(column) };
        let Some(rest) = left.checked_sub(SPACING + least) else { break };
        left = rest;
        columns.push((column, least));
    }
    for (column, width) in &mut columns {
        let most = match column {
            Column::Key => key,
            Column::Trend => TREND.1,
            _ => *width,
        };
        let more = left.min(most.saturating_sub(*width));
        *width += more;
        left -= more;
    }
    columns.sort_unstable();
    columns
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn titles(width: usize) -> String {
        let longest = |column| if column == Column::Key { 20 } else { 7 };
        let columns = fitting(width, longest);
        columns.iter().map(|(column, _)| column.title()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_least_important_columns_are_left_out_first() {
        assert_eq!(titles(110), "KEY VALUE AGE CHANGE TREND MIN MAX MEAN TIME");
        assert_eq!(titles(90), "KEY VALUE AGE CHANGE TREND MIN MAX MEAN");
        assert_eq!(titles(80), "KEY VALUE AGE CHANGE TREND MIN MAX");
        assert_eq!(titles(60), "KEY VALUE AGE CHANGE TREND");
        assert_eq!(titles(40), "KEY VALUE AGE CHANGE");
        assert_eq!(titles(39), "KEY VALUE AGE");
        assert_eq!(titles(21), "KEY VALUE");
        assert_eq!(titles(20), "KEY");
        assert_eq!(titles(0), "KEY");
    }

    #[test]
    fn keys_get_spare_width_before_trends_do() {
        let key_and_trend = |width| {
            let columns = fitting(width, |column| if column == Column::Key { 40 } else { 5 });
            let of = |wanted| columns.iter().find(|(column, _)| *column == wanted);
            of(Column::Key).zip(of(Column::Trend)).map(|(key, trend)| (key.1, trend.1))
        };
        assert_eq!(key_and_trend(80), Some((28, 8)));
        assert_eq!(key_and_trend(90), Some((31, 8)));
        assert_eq!(key_and_trend(100), Some((40, 9)));
        assert_eq!(key_and_trend(200), Some((40, 60)));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn columns_fit(width in 0_usize..300, key in 0_usize..300, other in 0_usize..30) {
            let longest = |column| if column == Column::Key { key } else { other };
            let columns = fitting(width, longest);
            let all: usize = columns.iter().map(|(_, width)| width).sum();
            prop_assert!(all + SPACING * (columns.len() - 1) <= width, "{columns:?}");
            prop_assert!(columns.is_sorted());
        }
    }
}
