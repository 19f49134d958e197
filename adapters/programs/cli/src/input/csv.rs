//! Splits a line of CSV into the fields of a sample.

use csv_core::{ReadRecordResult, Reader};

use super::fields::{Fault, Fields};
use super::lines::LONGEST;
use crate::format::NAMES;

/// A reader of CSV lines. The first line may name the columns.
pub(super) struct Csv {
    reader: Reader,
    /// The columns; `None` before the first line.
    columns: Option<Columns>,
    text: Box<[u8]>,
    ends: [usize; MAX_COLUMNS],
}

/// The positions of key, value and timestamp.
#[derive(Clone, Copy)]
struct Columns {
    /// The column of each of [`NAMES`]; only the last may be missing.
    places: [Option<usize>; 3],
    /// The least and the largest number of columns.
    counts: (usize, usize),
}

const MAX_COLUMNS: usize = 64;

/// The fault of a line with an odd number of quotation marks: a mark begins or ends a field, or is
/// doubled inside one.
const ODD_QUOTES: &str = "unpaired quotation mark: quote the field and double each mark inside it";
const MANY_COLUMNS: &str = "it has more than 64 columns";
const RETURN: &str = "it contains a carriage return; lines end with a line feed";
const WRONG_COLUMNS: &str = "it has too few or too many columns";

impl Csv {
    pub(super) fn new() -> Self {
        let text = vec![0; LONGEST].into_boxed_slice();
        Self { reader: reader(), columns: None, text, ends: [0; MAX_COLUMNS] }
    }

    /// Returns the fields of a line that is not blank, or `None` if it names the columns.
    pub(super) fn read(&mut self, line: &[u8]) -> Result<Option<Fields<'_>>, Fault> {
        let count = self.split(line)?;
        if self.columns.is_none() {
            let header = self.header(count)?;
            self.columns = Some(header.unwrap_or(Columns::USUAL));
            if header.is_some() {
                return Ok(None);
            }
        }
        let Columns { places, counts: (least, most) } = self.columns.unwrap_or(Columns::USUAL);
        if !(least..=most).contains(&count) {
            return Err(WRONG_COLUMNS.into());
        }
        let [key, value, timestamp] =
            places.map(|place| place.and_then(|place| self.field(place, count)));
        Ok(Some(Fields {
            key: key.unwrap_or_default(),
            value: value.unwrap_or_default(),
            timestamp: timestamp.unwrap_or_default(),
        }))
    }

    /// Splits the line into fields. Returns their number.
    fn split(&mut self, line: &[u8]) -> Result<usize, &'static str> {
        if line.iter().filter(|&&byte| byte == b'"').count() % 2 != 0 {
            return Err(ODD_QUOTES);
        }
        let (front, _, length, count) =
            self.reader.read_record(line, &mut self.text, &mut self.ends);
        // Empty input ends the record.
        let text = self.text.get_mut(length..).unwrap_or_default();
        let ends = self.ends.get_mut(count..).unwrap_or_default();
        match self.reader.read_record(&[], text, ends) {
            (ReadRecordResult::Record, _, _, last) => Ok(count + last),
            _ => {
                self.reader = reader();
                Err(if front == ReadRecordResult::Record { RETURN } else { MANY_COLUMNS })
            }
        }
    }

    fn field(&self, place: usize, count: usize) -> Option<&[u8]> {
        let ends = self.ends.get(..count)?;
        let start = place.checked_sub(1).and_then(|before| ends.get(before)).copied();
        let field = self.text.get(start.unwrap_or(0)..*ends.get(place)?)?;
        // People write a space after the comma, and no field of a sample contains one.
        Some(field.trim_ascii())
    }

    /// Returns the columns if the line names them.
    fn header(&self, count: usize) -> Result<Option<Columns>, Fault> {
        let is = |place, name: &str| {
            let field = self.field(place, count).unwrap_or_default();
            // Some programs begin a file with a byte order mark.
            let field = field.strip_prefix("\u{feff}".as_bytes()).unwrap_or(field);
            field.eq_ignore_ascii_case(name.as_bytes())
        };
        let places = NAMES.map(|name| (0..count).find(|&place| is(place, name)));
        let [Some(_), Some(_), timestamp] = places else { return Ok(None) };
        let named = (0..count).filter(|&place| NAMES.iter().any(|name| is(place, name)));
        // Without a timestamp column, any further column might hold the times under another name.
        let is_clear = if timestamp.is_some() { named.count() == NAMES.len() } else { count == 2 };
        let columns = is_clear.then_some(Columns { places, counts: (count, count) });
        columns.map(Some).ok_or(Fault::Header)
    }
}

/// Returns a parser that has already read a line. A fresh one would remove a byte order mark from
/// its first line, where it may be part of a key.
fn reader() -> Reader {
    let mut reader = Reader::new();
    let _ = reader.read_record(b"\n", &mut [0], &mut [0]);
    reader
}

impl Columns {
    const USUAL: Self = Self { places: [Some(0), Some(1), Some(2)], counts: (2, 3) };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Vec<Result<Option<[String; 3]>, Fault>> {
        let mut csv = Csv::new();
        let text = |field: &[u8]| String::from_utf8(field.to_vec()).unwrap();
        let read = |line: &&str| {
            let fields = csv.read(line.as_bytes())?;
            Ok(fields.map(|fields| [fields.key, fields.value, fields.timestamp].map(text)))
        };
        lines.iter().map(read).collect()
    }

    fn fields(texts: [&str; 3]) -> Result<Option<[String; 3]>, Fault> {
        Ok(Some(texts.map(str::to_owned)))
    }

    #[test]
    fn without_a_header_columns_have_the_default_order() {
        assert_eq!(read(&["\u{feff}k,1,2"]), [fields(["\u{feff}k", "1", "2"])]);
        let lines = read(&["k,1,2", "\"a,\"\"b\"\"\",1.5,-3", "k,1", "key,value,timestamp"]);
        let expected = [["k", "1", "2"], ["a,\"b\"", "1.5", "-3"], ["k", "1", ""], NAMES];
        assert_eq!(lines, expected.map(fields));
        assert_eq!(read(&["k, 1,\t2 "]), [fields(["k", "1", "2"])]);
        assert_eq!(read(&["k"]), [Err(Fault::Line(WRONG_COLUMNS))]);
        assert_eq!(read(&["k,1,2,3"]), [Err(Fault::Line(WRONG_COLUMNS))]);
    }

    #[test]
    fn a_header_gives_the_order() {
        let lines = read(&["\u{feff}Timestamp, \"host\",value,key", "5,h,1,k", "k,1,2"]);
        assert_eq!(lines, [Ok(None), fields(["k", "1", "5"]), Err(Fault::Line(WRONG_COLUMNS))]);
        assert_eq!(read(&["value,key", "1,k"]), [Ok(None), fields(["k", "1", ""])]);
        assert_eq!(read(&["key,1,2"]), [fields(["key", "1", "2"])]);
    }

    #[test]
    fn an_ambiguous_header_is_refused() {
        for header in [
            "key,value,time",
            "\u{feff}Time,value,key",
            "key,value,",
            "key,value,key,timestamp",
            "key,value,value",
            "timestamp,key,value,Timestamp",
        ] {
            assert_eq!(read(&[header]), [Err(Fault::Header)], "{header}");
        }
        assert_eq!(read(&["key,h,value,h,timestamp"]), [Ok(None)]);
    }

    #[test]
    fn an_unpaired_quotation_mark_spoils_its_line_only() {
        let lines = read(&["k,1,2", "\"k,1,2", "x\",1,2", "k,1,3"]);
        let [first, last] = [fields(["k", "1", "2"]), fields(["k", "1", "3"])];
        assert_eq!(
            lines,
            [first, Err(Fault::Line(ODD_QUOTES)), Err(Fault::Line(ODD_QUOTES)), last]
        );
    }

    #[test]
    fn a_carriage_return_does_not_end_a_line() {
        for line in ["k,1,2\rj,1,2", "k,1,2\r", "k,1,2\r\r"] {
            let lines = read(&[line, "k,1,3"]);
            assert_eq!(lines, [Err(Fault::Line(RETURN)), fields(["k", "1", "3"])], "{line:?}");
        }
        assert_eq!(read(&["\"k\rj\",1,2"]), [fields(["k\rj", "1", "2"])]);
    }

    #[test]
    fn columns_and_bytes_are_bounded() {
        let most = ["k"; MAX_COLUMNS].join(",");
        assert_eq!(read(&[&most]), [Err(Fault::Line(WRONG_COLUMNS))]);
        for columns in [MAX_COLUMNS + 1, 1000] {
            let lines = read(&["k,1,2", &vec!["k"; columns].join(","), "k,1,2"]);
            let fields = || fields(["k", "1", "2"]);
            assert_eq!(lines, [fields(), Err(Fault::Line(MANY_COLUMNS)), fields()]);
        }
        let long = "k".repeat(LONGEST - 1);
        assert_eq!(read(&[&long]), [Err(Fault::Line(WRONG_COLUMNS))]);
    }
}
