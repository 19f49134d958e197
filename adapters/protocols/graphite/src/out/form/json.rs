//! Series as JSON: what Grafana reads.

use metric_proto::{Digits, Sample};

use super::Form;
use crate::out::json::{quote, text_field};
use crate::out::series::Series;

/// `[{"target": "a", "tags": {"name": "a"}, "datapoints": [[1.0, 1150864247], [null, 1150864257]]}]`
pub(crate) struct Json;

impl Form for Json {
    fn begin(&self, out: &mut Vec<u8>) {
        out.extend(b"[");
    }

    fn head(&self, out: &mut Vec<u8>, series: &Series, is_first: bool) {
        let mut json = String::from(if is_first { "{\"target\": " } else { ", {\"target\": " });
        quote(&mut json, &series.name);
        let mut tags = String::from("{");
        for (name, value) in &series.tags {
            text_field(&mut tags, name, value);
        }
        json.push_str(", \"tags\": ");
        json.push_str(&tags);
        json.push_str("}, \"datapoints\": [");
        out.extend(json.as_bytes());
    }

    fn points(&self, out: &mut Vec<u8>, _: &Series, from: usize, points: &[(i64, f64)]) {
        let mut digits = Digits::new();
        for (index, (time, value)) in points.iter().enumerate() {
            out.extend(if from + index > 0 { &b", ["[..] } else { b"[" });
            // JSON has neither what is not a number nor infinity.
            match Sample::new(*value, 0) {
                Ok(sample) => out.extend(digits.value(sample).as_bytes()),
                Err(_) => out.extend(b"null"),
            }
            out.extend(b", ");
            out.extend(digits.timestamp(*time).as_bytes());
            out.push(b']');
        }
    }

    fn tail(&self, out: &mut Vec<u8>, _: &Series) {
        out.extend(b"]}");
    }

    fn end(&self, out: &mut Vec<u8>) {
        out.extend(b"]");
    }
}
