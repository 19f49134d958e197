//! A line of CSV, and which of its columns is which field.

use csv_core::{ReadRecordResult, Reader};

/// Which column of CSV is which field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Columns {
    pub(crate) count: usize,
    pub(crate) key: usize,
    pub(crate) value: usize,
    pub(crate) timestamp: Option<usize>,
}

/// The most columns of CSV.
const COLUMNS: usize = 64;

impl Columns {
    /// Reads the names of the columns.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let text = text.trim_start_matches('\u{feff}');
        let fields = fields(text)?;
        let only = |name: &str| {
            let mut columns = fields.iter().enumerate().filter(|(_, field)| *field == name);
            match (columns.next(), columns.next()) {
                (Some((column, _)), None) => Some(column),
                _ => None,
            }
        };
        let known = fields.iter().all(|field| matches!(&**field, "key" | "value" | "timestamp"));
        let timestamp = only("timestamp");
        match (only("key"), only("value")) {
            (Some(key), Some(value))
                if known && fields.len() == 2 + usize::from(timestamp.is_some()) =>
            {
                Ok(Self { count: fields.len(), key, value, timestamp })
            }
            _ => Err(format!(
                "'{text}' does not name the columns key, value and timestamp, each once"
            )),
        }
    }
}

/// Splits a line of CSV.
pub(crate) fn fields(text: &str) -> Result<Vec<String>, String> {
    if !text.matches('"').count().is_multiple_of(2) {
        return Err("a quotation mark has no partner".to_owned());
    }
    let (mut reader, mut unquoted, mut ends) = (Reader::new(), vec![0; text.len()], [0; COLUMNS]);
    let (_, _, length, count) = reader.read_record(text.as_bytes(), &mut unquoted, &mut ends);
    // Empty input ends the record.
    let ended = reader.read_record(&[], &mut unquoted[length..], &mut ends[count..]);
    let (ReadRecordResult::Record, _, _, last) = ended else {
        return Err(format!("the line is not CSV with up to {COLUMNS} fields"));
    };
    let starts = [0].into_iter().chain(ends);
    let places = starts.zip(ends).take(count + last);
    // Marks are single bytes, so the rest is still UTF-8.
    Ok(places.map(|(start, end)| String::from_utf8_lossy(&unquoted[start..end]).into()).collect())
}
