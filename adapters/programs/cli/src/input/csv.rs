//! Splits a line of CSV into fields.

use csv_core::{ReadRecordResult, Reader};

use super::columns::Layout;
use super::fields::{Fault, Fields};
use super::lines::LONGEST;

/// A reader of CSV lines.
pub(super) struct Csv {
    reader: Reader,
    layout: Layout,
    text: Box<[u8]>,
    ends: [usize; MAX_COLUMNS],
}

/// The fields of a line.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    text: &'a [u8],
    /// The end of each field in `text`.
    ends: &'a [usize],
}

const MAX_COLUMNS: usize = 64;

/// The fault of a line with an odd number of quotation marks: a mark begins or ends a field, or is
/// doubled inside one.
const ODD_QUOTES: &str = "unpaired quotation mark: quote the field and double each mark inside it";
const MANY_COLUMNS: &str = "it has more than 64 columns";
const RETURN: &str = "it contains a carriage return; lines end with a line feed";

impl Csv {
    pub(super) fn new() -> Self {
        let text = vec![0; LONGEST].into_boxed_slice();
        Self { reader: reader(), layout: Layout::default(), text, ends: [0; MAX_COLUMNS] }
    }

    /// Returns the fields of a line that is not blank, or `None` if it has none or names the
    /// columns.
    pub(super) fn read(&mut self, line: &[u8]) -> Result<Option<Fields<'_>>, Fault> {
        match self.split(line) {
            Ok(count) => {
                let (text, ends) = (&*self.text, self.ends.get(..count).unwrap_or_default());
                self.layout.read(Record { text, ends })
            }
            Err(why) if self.layout.is_known() => Err(Fault::Line(why)),
            Err(why) => Err(Fault::Rest(why)),
        }
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
}

impl<'a> Record<'a> {
    pub(super) const fn count(self) -> usize {
        self.ends.len()
    }

    pub(super) fn field(self, place: usize) -> Option<&'a [u8]> {
        let start = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        let field = self.text.get(start.unwrap_or(0)..*self.ends.get(place)?)?;
        // People write a space after the comma, and no field of a sample contains one.
        Some(field.trim_ascii())
    }

    pub(super) fn fields(self) -> impl Iterator<Item = &'a [u8]> {
        (0..self.count()).filter_map(move |place| self.field(place))
    }
}

/// Returns a parser that has already read a line. A fresh one would remove a byte order mark from
/// its first line. One is removed already, and another is part of a key.
fn reader() -> Reader {
    let mut reader = Reader::new();
    let _ = reader.read_record(b"\n", &mut [0], &mut [0]);
    reader
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
    fn fields_are_unquoted_and_without_spaces_around() {
        let lines = read(&["k, 1,\t2 ", "\"a,\"\"b\"\"\",1.5,-3", "\"k\rj\",1,2"]);
        let expected = [["k", "1", "2"], ["a,\"b\"", "1.5", "-3"], ["k\rj", "1", "2"]];
        assert_eq!(lines, expected.map(fields));
        assert_eq!(read(&["\u{feff}k,1,2"]), [fields(["\u{feff}k", "1", "2"])]);
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
            let lines = read(&["k,1,2", line, "k,1,3"]);
            let expected = [fields(["k", "1", "2"]), Err(Fault::Line(RETURN))];
            assert_eq!(lines[..2], expected, "{line:?}");
            assert_eq!(lines[2], fields(["k", "1", "3"]), "{line:?}");
        }
    }

    #[test]
    fn columns_and_bytes_are_bounded() {
        for columns in [MAX_COLUMNS + 1, 1000] {
            let lines = read(&["k,1,2", &vec!["k"; columns].join(","), "k,1,2"]);
            let fields = || fields(["k", "1", "2"]);
            assert_eq!(lines, [fields(), Err(Fault::Line(MANY_COLUMNS)), fields()]);
        }
        let most = ["k"; MAX_COLUMNS].join(",");
        let long = "k".repeat(LONGEST - 1);
        for line in [&*most, &long] {
            assert!(matches!(read(&["k,1,2", line])[1], Err(Fault::Line(_))));
        }
    }

    #[test]
    fn a_first_line_that_cannot_be_read_spoils_the_file() {
        let many = vec!["k"; MAX_COLUMNS + 1].join(",");
        for (line, why) in
            [("\"k,1,2", ODD_QUOTES), ("k,1,2\rj,1,2", RETURN), (&many, MANY_COLUMNS)]
        {
            assert_eq!(read(&[line]), [Err(Fault::Rest(why))]);
        }
    }
}
