//! Series as CSV: a name, a time of a zone and a value in each line.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use jiff::tz::TimeZone;

use super::Form;
use crate::out::number::shortest;
use crate::out::series::Series;

/// `palm.cpu,2006-06-21 04:30:47,23.7`
pub(crate) struct Csv(pub(crate) TimeZone);

/// `2006-06-21 04:30:47`
const TIMES: DateTimePrinter = DateTimePrinter::new().separator(b' ');

impl Form for Csv {
    fn begin(&self, _: &mut Vec<u8>) {}

    fn head(&self, _: &mut Vec<u8>, _: &Series, _: bool) {}

    fn points(&self, out: &mut Vec<u8>, series: &Series, _: usize, points: &[(i64, f64)]) {
        let name = quoted(&series.name);
        for (time, value) in points {
            out.extend(name.as_bytes());
            out.push(b',');
            if let Ok(time) = Timestamp::from_second(*time) {
                let time = self.0.to_datetime(time);
                out.extend(TIMES.datetime_to_string(&time).as_bytes());
            }
            out.push(b',');
            if value.is_finite() {
                out.extend(shortest(*value).as_bytes());
            }
            out.extend(b"\r\n");
        }
    }

    fn tail(&self, _: &mut Vec<u8>, _: &Series) {}

    fn end(&self, _: &mut Vec<u8>) {}
}

/// Writes a field in quotes, where RFC 4180 wants them.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
