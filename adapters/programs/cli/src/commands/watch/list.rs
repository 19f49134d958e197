//! The rows of the table: which series, in which order, and which of them is marked.

use std::cmp::Ordering;
use std::ops::Range;

use super::columns::Column;
use super::model::{Model, Series};

/// The columns by which rows can be sorted, in the order in which a key selects them.
const SORTS: [Column; 7] = [
    Column::Key,
    Column::Value,
    Column::Change,
    Column::Age,
    Column::Min,
    Column::Max,
    Column::Mean,
];

/// The series of a model that match a filter, in an order.
#[derive(Debug)]
pub(super) struct List {
    pub(super) sort: Column,
    /// Whether the order is the opposite of the usual one of its column.
    pub(super) reversed: bool,
    filter: String,
    /// The rows as places in the model.
    rows: Vec<usize>,
    /// The key of the marked series. If `None`, the first row is marked, whatever it is.
    marked: Option<String>,
    /// The marked row.
    row: usize,
    /// The first visible row.
    first: usize,
    /// The number of visible rows.
    height: usize,
}

impl List {
    pub(super) fn new(model: &Model) -> Self {
        let mut list = Self {
            sort: Column::Key,
            reversed: false,
            filter: String::new(),
            rows: Vec::new(),
            marked: None,
            row: 0,
            first: 0,
            height: 1,
        };
        list.arrange(model);
        list
    }

    /// Selects and sorts the rows anew. The mark stays at its series, or at its row if that is gone.
    pub(super) fn arrange(&mut self, model: &Model) {
        let words = self.filter.to_lowercase();
        let matches = |series: &Series| {
            let key = series.key.to_lowercase();
            words.split_whitespace().all(|word| key.contains(word))
        };
        let all = model.series.iter().enumerate();
        let mut rows: Vec<_> = all.filter(|(_, series)| matches(series)).collect();
        if self.sort != Column::Key || self.reversed {
            rows.sort_by(|(_, one), (_, other)| self.compare(one, other));
        }
        let marked = rows.iter().position(|(_, series)| Some(&series.key) == self.marked.as_ref());
        self.row = marked.unwrap_or(if self.marked.is_some() { self.row } else { 0 });
        self.rows = rows.into_iter().map(|(place, _)| place).collect();
        self.show_mark();
    }

    fn compare(&self, one: &Series, other: &Series) -> Ordering {
        let order = match (self.value(one), self.value(other)) {
            _ if self.sort == Column::Key => one.key.cmp(&other.key),
            (Some(one), Some(other)) => one.total_cmp(&other),
            // Whatever the order, what has no value comes last.
            (one, other) => return other.is_some().cmp(&one.is_some()),
        };
        // The largest values are of the most interest.
        if self.reversed == (self.sort == Column::Key) { order.reverse() } else { order }
    }

    fn value(&self, series: &Series) -> Option<f64> {
        let statistics = series.statistics?;
        match self.sort {
            Column::Change => statistics.change,
            Column::Age | Column::Time => Some(statistics.newest.timestamp() as f64),
            Column::Min => Some(statistics.min),
            Column::Max => Some(statistics.max),
            Column::Mean => Some(statistics.mean),
            Column::Key | Column::Value | Column::Trend => Some(statistics.newest.value()),
        }
    }

    /// Sorts by the column that is `steps` further, in its usual order.
    pub(super) fn sort_by_next(&mut self, steps: usize, model: &Model) {
        let place = SORTS.iter().position(|sort| *sort == self.sort).unwrap_or_default();
        self.sort = SORTS[(place + steps) % SORTS.len()];
        self.reversed = false;
        self.arrange(model);
    }

    pub(super) fn sort_by_previous(&mut self, model: &Model) {
        self.sort_by_next(SORTS.len() - 1, model);
    }

    pub(super) fn reverse(&mut self, model: &Model) {
        self.reversed = !self.reversed;
        self.arrange(model);
    }

    pub(super) fn filter(&self) -> &str {
        &self.filter
    }

    /// Shows only series whose keys contain all words of `filter`, in capitals or not.
    pub(super) fn set_filter(&mut self, filter: String, model: &Model) {
        self.filter = filter;
        self.arrange(model);
    }

    /// Sets the number of visible rows.
    pub(super) fn fit(&mut self, height: usize) {
        self.height = height.max(1);
        self.show_mark();
    }

    /// Marks a row, or the last one. The first row is marked whatever series it will be.
    pub(super) fn mark(&mut self, row: usize, model: &Model) {
        self.row = row;
        self.show_mark();
        self.marked = self.marked(model).filter(|_| self.row > 0).map(|series| series.key.clone());
    }

    /// Moves the mark down, or up if `rows` is negative.
    pub(super) fn move_mark(&mut self, rows: isize, model: &Model) {
        self.mark(self.row.saturating_add_signed(rows), model);
    }

    /// Keeps the mark in the list and on the screen, and the screen full.
    fn show_mark(&mut self) {
        self.row = self.row.min(self.rows.len().saturating_sub(1));
        let last = self.rows.len().saturating_sub(self.height);
        let least = (self.row + 1).saturating_sub(self.height);
        self.first = self.first.clamp(least, self.row).min(last);
    }

    /// Returns the marked series, unless the list is empty.
    pub(super) fn marked<'m>(&self, model: &'m Model) -> Option<&'m Series> {
        model.series.get(*self.rows.get(self.row)?)
    }

    pub(super) fn marked_row(&self) -> usize {
        self.row
    }

    pub(super) fn count(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn height(&self) -> usize {
        self.height
    }

    pub(super) fn visible(&self) -> Range<usize> {
        self.first..(self.first + self.height).min(self.rows.len())
    }

    pub(super) fn all<'m>(&self, model: &'m Model) -> impl Iterator<Item = &'m Series> {
        self.rows.iter().filter_map(|&place| model.series.get(place))
    }
}

#[cfg(test)]
mod tests {
    use metric_proto::Sample;
    use proptest::prelude::*;

    use super::*;

    fn model(samples: &[(&str, f64, i64)]) -> Model {
        let mut model = Model::new(60);
        for &(key, value, time) in samples {
            model.take(key, Sample::new(value, time).unwrap());
        }
        model.finish(&["none".parse().unwrap()], None)
    }

    fn some() -> Model {
        let samples = [
            ("a.Cpu", 5.0, 1),
            ("a.Cpu", 3.0, 2),
            ("b.cpu", 9.0, 9),
            ("b.cpu", 1.0, 10),
            ("b.fan", 7.0, 5),
        ];
        model(&samples)
    }

    fn keys(list: &List, model: &Model) -> String {
        let keys: Vec<_> = list.all(model).map(|series| series.key.as_str()).collect();
        keys.join(" ")
    }

    #[test]
    fn rows_are_sorted_by_each_column_with_those_without_a_value_last() {
        let model = some();
        let mut list = List::new(&model);
        for (sorted, reversed) in [
            ("a.Cpu b.cpu b.fan none", "none b.fan b.cpu a.Cpu"),
            ("b.fan a.Cpu b.cpu none", "b.cpu a.Cpu b.fan none"),
            ("a.Cpu b.cpu b.fan none", "b.cpu a.Cpu b.fan none"),
            ("b.cpu b.fan a.Cpu none", "a.Cpu b.fan b.cpu none"),
            ("b.fan a.Cpu b.cpu none", "b.cpu a.Cpu b.fan none"),
            ("b.cpu b.fan a.Cpu none", "a.Cpu b.fan b.cpu none"),
            ("b.fan b.cpu a.Cpu none", "a.Cpu b.cpu b.fan none"),
        ] {
            assert_eq!(keys(&list, &model), sorted, "{:?}", list.sort);
            list.reverse(&model);
            assert_eq!(keys(&list, &model), reversed, "{:?}", list.sort);
            list.sort_by_next(1, &model);
        }
        assert_eq!(list.sort, Column::Key);
        list.sort_by_previous(&model);
        assert_eq!(list.sort, Column::Mean);
    }

    #[test]
    fn a_filter_selects_keys_with_all_its_words() {
        let model = some();
        let mut list = List::new(&model);
        for (filter, expected) in [
            ("cpu", "a.Cpu b.cpu"),
            ("CPU", "a.Cpu b.cpu"),
            ("b cpu", "b.cpu"),
            ("  ", "a.Cpu b.cpu b.fan none"),
            ("x", ""),
            ("", "a.Cpu b.cpu b.fan none"),
        ] {
            list.set_filter(filter.to_owned(), &model);
            assert_eq!(keys(&list, &model), expected, "{filter:?}");
        }
    }

    #[test]
    fn the_mark_stays_at_its_series() {
        let model = some();
        let mut list = List::new(&model);
        let marked = |list: &List| list.marked(&model).map(|series| series.key.clone());
        list.mark(1, &model);
        for _ in 0..9 {
            list.sort_by_next(1, &model);
            assert_eq!(marked(&list).as_deref(), Some("b.cpu"));
        }
        list.set_filter("fan".to_owned(), &model);
        assert_eq!(marked(&list).as_deref(), Some("b.fan"));
        list.set_filter(String::new(), &model);
        assert_eq!(marked(&list).as_deref(), Some("b.cpu"));
        // The first row is marked whatever it is.
        list.mark(0, &model);
        list.reverse(&model);
        assert_eq!(list.marked_row(), 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn the_mark_is_visible_and_the_screen_full(
            count in 0_usize..50,
            moves in prop::collection::vec((-60_isize..60, 0_usize..30, any::<bool>()), 1..20),
        ) {
            let names: Vec<_> = (0..count).map(|number| format!("k{number}")).collect();
            let samples: Vec<_> = names.iter().map(|name| (name.as_str(), 1.0, 1)).collect();
            let model = model(&samples);
            let mut list = List::new(&model);
            for (rows, height, filtered) in moves {
                list.fit(height);
                list.move_mark(rows, &model);
                list.set_filter(if filtered { "k1".to_owned() } else { String::new() }, &model);
                let visible = list.visible();
                prop_assert_eq!(visible.len(), list.height().min(list.count()));
                prop_assert!(list.count() == 0 || visible.contains(&list.marked_row()));
            }
        }
    }
}
