//! Series as lines of text.

use super::Form;
use crate::out::number::shortest;
use crate::out::series::Series;

/// `palm.cpu,1150864240,1150864260,10|23.7,None`
pub(crate) struct Raw;

impl Form for Raw {
    fn begin(&self, _: &mut Vec<u8>) {}

    fn head(&self, out: &mut Vec<u8>, series: &Series, _: bool) {
        let (start, end, step) = (series.start(), series.end(), series.step());
        out.extend(format!("{},{start},{end},{step}|", series.name).as_bytes());
    }

    fn points(&self, out: &mut Vec<u8>, _: &Series, from: usize, points: &[(i64, f64)]) {
        for (index, (_, value)) in points.iter().enumerate() {
            if from + index > 0 {
                out.push(b',');
            }
            let text = if value.is_finite() { shortest(*value) } else { "None".to_owned() };
            out.extend(text.as_bytes());
        }
    }

    fn tail(&self, out: &mut Vec<u8>, _: &Series) {
        out.push(b'\n');
    }

    fn end(&self, _: &mut Vec<u8>) {}
}
