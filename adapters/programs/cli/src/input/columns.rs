//! Decides which column of a CSV file is which.
//!
//! A wrong guess would store wrong samples without a word, so an unclear file is refused. Its first
//! line names the columns or is a sample; what looks like new names, or like another order of the
//! columns, further down ends the input.

use super::csv::Record;
use super::fields::{Fault, Fields, is_time};
use crate::format::NAMES;
use crate::time::Unit;

/// The columns of a file.
#[derive(Default)]
pub(super) struct Layout {
    /// `None` before the first line.
    columns: Option<Columns>,
}

/// The positions of key, value and timestamp.
#[derive(Clone, Copy)]
struct Columns {
    /// The column of each of [`NAMES`]; only the last may be missing.
    places: [Option<usize>; 3],
    /// The least and the largest number of columns.
    counts: (usize, usize),
    is_named: bool,
}

const NO_COLUMNS: &str =
    "it must name the columns key, value and timestamp, or be a sample of these in this order";
const NEW_COLUMNS: &str = "neither its value nor its timestamp is a number; if it names the \
                           columns of what follows, they must be key, value and timestamp";
const SEPARATORS: &str = "it must have commas between fields, and points in decimal numbers";
const MISPLACED: &str = "it seems not to be key, value and timestamp in this order; a first line \
                         that names the columns makes it clear";
const WRONG_COLUMNS: &str = "it has too few or too many columns";

/// Further names that only a line of names has.
const OTHER_NAMES: [&str; 3] = ["time", "date", "datetime"];

/// What stands for a missing number.
const MISSING: [&str; 5] = ["na", "n/a", "null", "none", "-"];

impl Layout {
    /// Returns whether there was a first line.
    pub(super) const fn is_known(&self) -> bool {
        self.columns.is_some()
    }

    /// Returns the fields of a sample, or `None` if all are empty or they name the columns.
    pub(super) fn read<'r>(&mut self, record: Record<'r>) -> Result<Option<Fields<'r>>, Fault> {
        if record.fields().all(<[u8]>::is_empty) {
            return Ok(None);
        }
        let named = match self.columns {
            None => first(record).map_err(Fault::Rest)?,
            Some(columns) => columns.next(record).map_err(Fault::Rest)?,
        };
        if named.is_some() {
            self.columns = named;
            return Ok(None);
        }
        let columns = self.columns.get_or_insert(Columns::USUAL);
        let fields = columns.fields(record).ok_or(Fault::Line(WRONG_COLUMNS))?;
        if !columns.is_named {
            check_order(fields).map_err(Fault::Rest)?;
        }
        Ok(Some(fields))
    }
}

/// Returns the columns if the first line names them, or `None` if it is a sample.
fn first(record: Record<'_>) -> Result<Option<Columns>, &'static str> {
    if record.fields().any(is_name) {
        return Columns::named_by(record).map(Some).ok_or(NO_COLUMNS);
    }
    let fields = Columns::USUAL.fields(record);
    let sample = fields.filter(|fields| is_number(fields.value) || is_time(fields.timestamp));
    let separators = |byte| b";|\t".contains(byte);
    let wrong = if record.fields().flatten().any(separators) { SEPARATORS } else { NO_COLUMNS };
    let sample = sample.ok_or(wrong)?;
    check_order(sample)?;
    Ok(None)
}

/// Checks a sample whose columns have no names.
fn check_order(fields: Fields<'_>) -> Result<(), &'static str> {
    let key = String::from_utf8_lossy(fields.key);
    let last = key.rsplit([';', '|']).next().filter(|last| last.len() < key.len());
    if last.is_some_and(|last| is_number(last.as_bytes())) {
        return Err(SEPARATORS);
    }
    // A time or a number at the front is no key, and `28-Nov-2026` is hardly one.
    let front = key.trim_start_matches(['+', '-', '.']);
    let is_key = !front.starts_with(|front: char| front.is_ascii_digit());
    if is_key && !is_swapped(fields) { Ok(()) } else { Err(MISPLACED) }
}

/// Returns whether the value looks more like a timestamp than the timestamp does.
fn is_swapped(Fields { value, timestamp, .. }: Fields<'_>) -> bool {
    // Most values do not at all, so that the timestamp needs no look.
    let of_value = likeness(value);
    of_value > 0 && !timestamp.is_empty() && of_value > likeness(timestamp)
}

/// Returns how much a field looks like a timestamp: 0 if it does not, 1 if it is one of the future,
/// which samples hardly have, else 2.
fn likeness(field: &[u8]) -> u8 {
    let number = str::from_utf8(field).ok().and_then(|text| text.parse::<f64>().ok());
    match number.map(|number| number as i64) {
        Some(number) if Unit::is_of_the_future(number) => 1,
        Some(number) if Unit::is_of_this_century(number) => 2,
        None if is_time(field) => 2,
        _ => 0,
    }
}

impl Columns {
    const USUAL: Self =
        Self { places: [Some(0), Some(1), Some(2)], counts: (2, 3), is_named: false };

    /// Returns the columns if the line names each once. Without a timestamp column, any further
    /// column might hold the times under another name.
    fn named_by(record: Record<'_>) -> Option<Self> {
        let is = |place, name: &str| record.field(place).is_some_and(|field| names(field, name));
        let count = record.count();
        let places = NAMES.map(|name| (0..count).find(|&place| is(place, name)));
        let [Some(_), Some(_), timestamp] = places else { return None };
        let named = (0..count).filter(|&place| NAMES.iter().any(|name| is(place, name)));
        let is_clear = if timestamp.is_some() { named.count() == NAMES.len() } else { count == 2 };
        is_clear.then_some(Self { places, counts: (count, count), is_named: true })
    }

    /// Returns the new columns if a further line names them. A line that seems to name others is an
    /// error.
    fn next(self, record: Record<'_>) -> Result<Option<Self>, &'static str> {
        let Some(Fields { value, timestamp, .. }) = self.fields(record) else {
            return Ok(Self::named_by(record));
        };
        if is_number(value) {
            return Ok(None);
        }
        if record.fields().any(is_name) {
            return Self::named_by(record).map(Some).ok_or(NEW_COLUMNS);
        }
        let is_text = |field| !is_missing(field) && !is_number(field);
        let has_text = is_text(value) || is_text(timestamp);
        let has_timestamp = self.places[2].is_some_and(|place| place < record.count());
        let names = has_timestamp && has_text && !is_time(timestamp);
        if names { Err(NEW_COLUMNS) } else { Ok(None) }
    }

    /// Returns the fields of a line, or `None` if it has another number of them.
    fn fields(self, record: Record<'_>) -> Option<Fields<'_>> {
        let (least, most) = self.counts;
        let [key, value, timestamp] = self
            .places
            .map(|place| place.and_then(|place| record.field(place)).unwrap_or_default());
        (least..=most).contains(&record.count()).then_some(Fields { key, value, timestamp })
    }
}

/// Returns whether a field names a column.
pub(super) fn is_name(field: &[u8]) -> bool {
    NAMES.iter().chain(&OTHER_NAMES).any(|name| names(field, name))
}

fn names(field: &[u8], name: &str) -> bool {
    field.eq_ignore_ascii_case(name.as_bytes())
}

/// Returns whether a field is written as a number, even as one that no sample has.
fn is_number(field: &[u8]) -> bool {
    str::from_utf8(field).is_ok_and(|text| text.parse::<f64>().is_ok())
}

fn is_missing(field: &[u8]) -> bool {
    // Spreadsheets write `#N/A` and `#DIV/0!`.
    let stands = |missing: &&str| field.eq_ignore_ascii_case(missing.as_bytes());
    field.is_empty() || field.starts_with(b"#") || MISSING.iter().any(stands)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::{select, subsequence};

    use super::*;
    use crate::format::Format;
    use crate::input::reader::{Missing, Reader};

    /// A sample, and the text of its three fields.
    type Row = (String, f64, i64);

    /// Reads lines as `put` or `import` do. Returns the samples and the reason of the end.
    fn read(
        lines: &[String],
        missing: Missing,
    ) -> (Vec<Row>, Vec<&'static str>, Option<&'static str>) {
        let mut reader = Reader::new(Format::Csv, Unit::Second, missing);
        let (mut samples, mut wrong) = (Vec::new(), Vec::new());
        for line in lines {
            match reader.read(line.as_bytes()) {
                Ok(None) => {}
                Ok(Some((key, sample))) => {
                    samples.push((key.to_string(), sample.value(), sample.timestamp()));
                }
                Err(Fault::Line(why)) => wrong.push(why),
                Err(Fault::Rest(why)) => return (samples, wrong, Some(why)),
            }
        }
        (samples, wrong, None)
    }

    fn import(lines: &[&str]) -> (Vec<Row>, Vec<&'static str>, Option<&'static str>) {
        read(&lines.iter().map(|&line| line.to_owned()).collect::<Vec<_>>(), Missing::Fault)
    }

    fn sample(value: f64, timestamp: i64) -> Row {
        ("k".to_owned(), value, timestamp)
    }

    #[test]
    fn a_first_line_may_name_the_columns_in_any_order() {
        let stored = |lines: &[&str]| {
            let (samples, wrong, end) = import(lines);
            assert_eq!((wrong.len(), end), (0, None), "{lines:?}");
            samples
        };
        for lines in [
            &["key,value,timestamp", "k,1,5"][..],
            &["\u{feff}Timestamp, \"host\",value,KEY", "5,h,1,k"],
            &["", ",,", "value,key,timestamp,", "1,k,5,"],
            &["\u{feff}\"key\",\"value\",\"timestamp\"", "\"k\",\"1\",\"5\""],
            &["\u{feff}\"k\",\"1\",\"5\""],
            &["k,1,5"],
            &["k,1,5", "timestamp,key,value", "6,k,2", "key,h,value,timestamp", "k,h,3,7"],
            &["key,value,timestamp", ",,", "k,1,5", "key,value,timestamp", "k,2,6"],
        ] {
            assert_eq!(stored(lines)[0], sample(1.0, 5), "{lines:?}");
        }
        let later = ["k,1,5", "timestamp,key,value", "6,k,2", "key,h,value,timestamp", "k,h,3,7"];
        assert_eq!(stored(&later), [sample(1.0, 5), sample(2.0, 6), sample(3.0, 7)]);
    }

    #[test]
    fn a_first_line_that_is_not_understood_refuses_the_file() {
        for (line, why) in [
            ("metric,timestamp,value", NO_COLUMNS),
            ("name,time,value", NO_COLUMNS),
            ("Series Name,Timestamp,Value", NO_COLUMNS),
            ("timestamp,palm.cpu,palm.fan", NO_COLUMNS),
            ("timestamp,2024,2025", NO_COLUMNS),
            ("Zeit,palm.cpu,palm.fan", NO_COLUMNS),
            ("key,value,time", NO_COLUMNS),
            ("\u{feff}Time,value,key", NO_COLUMNS),
            ("key,value,", NO_COLUMNS),
            ("key,value,key,timestamp", NO_COLUMNS),
            ("key,value,value", NO_COLUMNS),
            ("timestamp,key,value,Timestamp", NO_COLUMNS),
            ("key,1,2", NO_COLUMNS),
            ("k", NO_COLUMNS),
            ("k,,", NO_COLUMNS),
            ("k,1,2,3", NO_COLUMNS),
            ("sep=,", NO_COLUMNS),
            ("My measurements", NO_COLUMNS),
            ("key;value;timestamp", SEPARATORS),
            ("key\tvalue\ttimestamp", SEPARATORS),
            ("palm.cpu;23,7;1150864247", SEPARATORS),
            ("palm.cpu;23,7", SEPARATORS),
            ("1150864247;palm.cpu;23,7", SEPARATORS),
            ("palm.cpu|23,7", SEPARATORS),
            ("1150864247,palm.cpu,23", MISPLACED),
            ("1150864247,23,600", MISPLACED),
            ("1150864247,23", MISPLACED),
            ("\u{feff}1150864247,23,600", MISPLACED),
            ("2006-06-21T04:30:47Z,23,600", MISPLACED),
            ("28.11.2026,23,600", MISPLACED),
            ("28-Nov-2026,23,600", MISPLACED),
            ("palm.cpu,1150864247,23", MISPLACED),
            ("palm.cpu,1150864247000,23", MISPLACED),
            ("palm.cpu,1150864247.0,23", MISPLACED),
            ("palm.cpu,1.15E+09,23", MISPLACED),
            ("eth0,1150864247,2000000000", MISPLACED),
            ("eth0,1150864247,5000000000", MISPLACED),
            ("eth0,2006-06-21T04:30:47Z,23", MISPLACED),
            ("-1,23,600", MISPLACED),
        ] {
            let rows = [line, "k,1,5", "5,k,1", "k,5,1"];
            assert_eq!(import(&rows), (vec![], vec![], Some(why)), "{line}");
        }
    }

    #[test]
    fn a_key_may_have_semicolons_of_tags() {
        let (samples, ..) = import(&["cpu;host=a;core=1,1,5"]);
        assert_eq!(samples, [("cpu;host=a;core=1".to_owned(), 1.0, 5)]);
    }

    #[test]
    fn a_later_line_that_names_other_columns_ends_the_input() {
        for line in ["metric,time,value", "x,y,z", "timestamp,palm.cpu,palm.fan", "key,value,time"]
        {
            for first in ["key,value,timestamp", "k,1,5"] {
                let (samples, _, end) = import(&[first, "k,1,5", line, "k,5,1"]);
                assert_eq!(
                    (samples.last(), end),
                    (Some(&sample(1.0, 5)), Some(NEW_COLUMNS)),
                    "{line}"
                );
            }
        }
        for line in
            ["k,n/a,5", "k,NaN,5", "Total,,", "k,#N/A,#N/A", "k,one,5", "k,1,one", "x,1", "x"]
        {
            let (samples, wrong, end) = import(&["k,1,5", line, "k,2,6"]);
            let expected = (vec![sample(1.0, 5), sample(2.0, 6)], 1, None);
            assert_eq!((samples, wrong.len(), end), expected, "{line}");
        }
    }

    #[test]
    fn a_later_line_in_another_order_ends_the_input() {
        // Both numbers of the first line may be timestamps.
        let first = "eth0,1150864247,1150860000";
        for (line, why) in [
            ("eth0,1150864257,23", MISPLACED),
            ("eth0,1150864257,2000000000", MISPLACED),
            ("7,1,1150864257", MISPLACED),
            ("a;5,1,1150864257", SEPARATORS),
        ] {
            let (samples, wrong, end) = import(&[first, line, "eth0,1150864267,1150860000"]);
            assert_eq!((samples.len(), wrong.len(), end), (1, 0, Some(why)), "{line}");
        }
        let large =
            ["k,2000000000,1150864247", "k,1150864257,1150864257", "k,2000000000,2000000000"];
        assert_eq!(import(&large).0.len(), 3);
    }

    /// A table as a program may write it.
    #[derive(Clone, Debug)]
    struct Table {
        rows: Vec<(&'static str, f64, i64)>,
        /// The names of key, value and timestamp, if the table has a first line of names.
        names: Option<[&'static str; 3]>,
        /// The columns in their order: key, value, timestamp, and three further ones.
        order: Vec<usize>,
        separator: &'static str,
        time: Time,
        has_decimal_commas: bool,
        is_quoted: bool,
        /// Whether a table in the usual layout stands before this one, which has names then.
        is_second: bool,
    }

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Time {
        Number,
        Instant,
        Milliseconds,
        Fraction,
        German,
        American,
        OfDay,
    }

    const BEFORE: [&str; 2] = ["key,value,timestamp", "palm.cpu,23,1150864247"];

    impl Table {
        fn lines(&self) -> Vec<String> {
            let before = BEFORE.iter().filter(|_| self.is_second).map(|&line| line.to_owned());
            let header = self.names.map(|names| self.line(names.map(str::to_owned)));
            before.chain(header).chain(self.rows.iter().map(|row| self.row(row))).collect()
        }

        fn row(&self, &(key, value, timestamp): &(&str, f64, i64)) -> String {
            let value = value.to_string();
            let value = if self.has_decimal_commas { value.replace('.', ",") } else { value };
            self.line([key.to_owned(), value, self.time.write(timestamp)])
        }

        fn line(&self, [key, value, timestamp]: [String; 3]) -> String {
            let [host, unit, comment] = ["host", "C", "date"].map(str::to_owned);
            let all = [key, value, timestamp, host, unit, comment];
            let quote = |text: &String| match self.is_quoted || text.contains(self.separator) {
                true => format!("\"{text}\""),
                false => text.clone(),
            };
            let columns = self.order.iter().map(|&column| quote(&all[column]));
            columns.collect::<Vec<_>>().join(self.separator)
        }

        fn has(&self, (key, value, timestamp): &Row) -> bool {
            let factor = if self.time == Time::Milliseconds { 1_000 } else { 1 };
            let is = |row: &(&str, f64, i64)| *row == (&**key, *value, timestamp / factor);
            let before = ("palm.cpu", 23.0, 1_150_864_247);
            self.rows.iter().any(is) || (&**key, *value, *timestamp) == before
        }

        fn is_clear(&self) -> bool {
            let named = self.names.is_some_and(|[key, ..]| key.eq_ignore_ascii_case("key"));
            let has_time = matches!(self.time, Time::Number | Time::Instant);
            named && self.separator == "," && has_time && !self.has_decimal_commas
        }
    }

    impl Time {
        fn write(self, timestamp: i64) -> String {
            let instant = Unit::Second.instant(timestamp).unwrap();
            match self {
                Self::Number => timestamp.to_string(),
                Self::Instant => instant.to_string(),
                Self::Milliseconds => (timestamp * 1_000).to_string(),
                Self::Fraction => format!("{timestamp}.0"),
                Self::German => instant.strftime("%d.%m.%Y %H:%M:%S").to_string(),
                Self::American => instant.strftime("%m/%d/%Y %I:%M %p").to_string(),
                Self::OfDay => instant.strftime("%H:%M:%S").to_string(),
            }
        }
    }

    fn tables() -> impl Strategy<Value = Table> {
        let key = select(vec!["palm.cpu", "palm.fan", "disk;host=a"]);
        // Large ones look like timestamps of the future, or like none.
        let large = prop_oneof![2e9..4e9, 5e9..9e11];
        let large = large.prop_map(f64::round);
        let value = prop_oneof![-99.0..1000.0, (0..100_i32).prop_map(f64::from), large];
        let row = (key, value, 1_100_000_000_i64..1_700_000_000);
        let names = select(vec![
            None,
            Some(["key", "value", "timestamp"]),
            Some(["Key", "VALUE", " Timestamp "]),
            Some(["metric", "value", "timestamp"]),
            Some(["name", "reading", "time"]),
            Some(["series name", "val", "ts"]),
        ]);
        let order = (Just(vec![0, 1, 2]).prop_shuffle(), subsequence(vec![3, 4, 5], 0..=3));
        let time = select(vec![
            Time::Number,
            Time::Instant,
            Time::Milliseconds,
            Time::Fraction,
            Time::German,
            Time::American,
            Time::OfDay,
        ]);
        let separator = select(vec![",", ";", "\t", "|"]);
        let rows = prop::collection::vec(row, 1..6);
        (rows, names, order, separator, time, any::<[bool; 3]>()).prop_map(
            |(rows, names, (front, further), separator, time, flags)| {
                let [has_decimal_commas, is_quoted, is_second] = flags;
                let order = [front, further].concat();
                let is_second = is_second && names.is_some();
                Table {
                    rows,
                    names,
                    order,
                    separator,
                    time,
                    has_decimal_commas,
                    is_quoted,
                    is_second,
                }
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::with_cases(1_000)
        })]

        #[test]
        fn no_layout_of_a_table_stores_a_wrong_sample(
            table in tables(),
            missing in select(vec![Missing::Now, Missing::Fault]),
        ) {
            let lines = table.lines();
            let (samples, wrong, end) = read(&lines, missing);
            for sample in &samples {
                prop_assert!(table.has(sample), "{sample:?} of {lines:#?}");
            }
            let all = table.rows.len() + usize::from(table.is_second);
            let refused = end.is_some() || !wrong.is_empty();
            prop_assert!(samples.len() == all || refused, "{lines:#?}");
            prop_assert!(!(table.is_clear() && refused), "{end:?} {wrong:?} of {lines:#?}");
        }
    }
}
