//! The parameters of Prometheus' API.

use metric_query::{Now, Select, TimeUnit, parse_moment};
use metric_web::Refusal;

use crate::matcher::Matchers;
use crate::selector::parse_selector;
use crate::time::window;

/// Fields of a target or a form.
pub(crate) type Fields = [(String, String)];

/// The most selectors of a request.
const SELECTORS: usize = 64;

/// The most steps that all selectors of a request take for a character. Only regular expressions that
/// repeat much exceed it in a form of 64 KiB.
const STEPS: usize = 32 * 1024;

/// Reads all `match[]`.
pub(crate) fn selectors(fields: &Fields) -> Result<Vec<Matchers>, Refusal> {
    let texts = fields.iter().filter(|(name, _)| name == "match[]");
    if texts.clone().count() > SELECTORS {
        let error = format!("there are more than {SELECTORS} selectors");
        return Err(Refusal::parameter("match[]", error, "ask in several requests"));
    }
    let (mut selectors, mut steps) = (Vec::new(), 0);
    for (_, text) in texts {
        let selector = selector(text)?;
        steps += selector.steps();
        if steps > STEPS {
            let error = "the selectors together take too many steps for each character";
            return Err(Refusal::parameter("match[]", error, "repeat less in regular expressions"));
        }
        selectors.push(selector);
    }
    Ok(selectors)
}

fn selector(text: &str) -> Result<Matchers, Refusal> {
    parse_selector(text).map_err(|error| {
        let text: String = text.chars().take(100).collect();
        let advice = "give one such as match[]=up{job=\"node\"}";
        Refusal::parameter("match[]", format!("'{text}': {error}"), advice)
    })
}

/// Reads the timestamps between `start` and `end`, which need not be there.
pub(crate) fn span(fields: &Fields, unit: TimeUnit) -> Result<(i64, i64), Refusal> {
    let start = milliseconds(fields, "start")?.unwrap_or(i64::MIN);
    let end = milliseconds(fields, "end")?.unwrap_or(i64::MAX);
    Ok(window((start, end), unit))
}

/// Reads a time, which is seconds since 1970, with a fraction, or RFC 3339.
fn milliseconds(fields: &Fields, name: &'static str) -> Result<Option<i64>, Refusal> {
    let Some(text) = text(fields, name) else { return Ok(None) };
    let seconds = text.parse::<f64>().ok().filter(|seconds| seconds.is_finite());
    // What begins with a digit does not refer to it.
    let now = Now { seconds: 0, nanoseconds: 0 };
    let time = match seconds {
        // Times that are too far away become the last ones.
        Some(seconds) => Some((seconds * 1_000.0).round() as i64),
        None if !text.starts_with(|first: char| first.is_ascii_digit()) => None,
        None => parse_moment(text, TimeUnit::Milliseconds, now).ok(),
    };
    let refuse = || {
        let advice = "give seconds since 1970, or RFC 3339";
        Refusal::parameter(name, format!("'{text}' is not a time"), advice)
    };
    time.map(Some).ok_or_else(refuse)
}

/// Reads the most results that are wanted; 0 is no limit.
pub(crate) fn limit(fields: &Fields) -> Result<usize, Refusal> {
    let Some(text) = text(fields, "limit") else { return Ok(usize::MAX) };
    let refuse = |_| {
        Refusal::parameter(
            "limit",
            format!("'{text}' is not a whole number from 0 on"),
            "0 is no limit",
        )
    };
    let limit: usize = text.parse().map_err(refuse)?;
    Ok(if limit == 0 { usize::MAX } else { limit })
}

fn text<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.iter().find(|(field, _)| field == name).map(|(_, text)| text.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn times_are_seconds_or_rfc_3339() {
        for (text, expected) in [
            ("1.5", Some(1_500)),
            ("-1", Some(-1_000)),
            ("1e3", Some(1_000_000)),
            (".5", Some(500)),
            ("2006-06-21T04:30:47.25Z", Some(1_150_864_247_250)),
            ("inf", None),
            ("NaN", None),
            ("x", None),
            // Relative to now, which Prometheus does not take.
            ("now", None),
            ("-1h", None),
            ("", None),
        ] {
            let time = milliseconds(&fields(&[("start", text)]), "start");
            assert_eq!(time.ok().flatten(), expected, "{text}");
        }
        assert_eq!(span(&[], TimeUnit::Milliseconds).unwrap(), (i64::MIN, i64::MAX));
    }

    #[test]
    fn selectors_are_bounded_together() {
        let repeats = format!("{{{}\"a\"}}", "x=~\"a{400}\",".repeat(50));
        assert!(selectors(&fields(&[("match[]", &repeats)])).is_ok());
        assert!(selectors(&fields(&[("match[]", &repeats), ("match[]", &repeats)])).is_err());
    }

    #[test]
    fn parameters_are_bounded() {
        assert_eq!(limit(&fields(&[("limit", "0")])).unwrap(), usize::MAX);
        assert!(limit(&fields(&[("limit", "-1")])).is_err());
        let many = vec![("match[]", "up"); SELECTORS + 1];
        assert!(selectors(&fields(&many)).is_err() && selectors(&fields(&many[1..])).is_ok());
        assert!(selectors(&fields(&[("match[]", "{}")])).is_err());
    }
}
