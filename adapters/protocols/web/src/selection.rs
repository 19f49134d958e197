//! Which series and which samples a request is about.

use std::time::{SystemTime, UNIX_EPOCH};

use hyper::header::{ACCEPT, HeaderMap};
use metric_proto::LONGEST_KEY;
use metric_query::{AnyOf, Format, Glob, Matcher, Now, Style, TimeUnit, Times, parse_moment};

use crate::parameters::Parameters;
use crate::preference::preferred;
use crate::refusal::Refusal;

/// Selects series. It owns its patterns and keys.
pub(crate) type Selection = AnyOf<Vec<Matcher<String>>>;

/// The longest key of a producer: of any server.
pub(crate) const KEY: usize = LONGEST_KEY;

/// Reads `match=` and `key=`; without them all series are selected.
pub(crate) fn selection(parameters: &Parameters<'_>) -> Result<Selection, Refusal> {
    let keys = parameters.all("key").map(key);
    let globs = parameters.all("match").map(glob);
    let all = keys.chain(globs).collect::<Result<Vec<_>, _>>()?;
    Ok(AnyOf(if all.is_empty() { vec![Matcher::All] } else { all }))
}

fn key(key: &str) -> Result<Matcher<String>, Refusal> {
    match key {
        "" => Err(Refusal::parameter("key", "the key is empty", "give the key of a series")),
        key => Ok(Matcher::Key(key.to_owned())),
    }
}

fn glob(pattern: &str) -> Result<Matcher<String>, Refusal> {
    if pattern.is_empty() {
        let advice = "match=** is all series";
        return Err(Refusal::parameter("match", "the pattern is empty", advice));
    }
    let glob = Glob::new(pattern.to_owned()).map_err(|error| {
        let advice = "see the patterns of the HTTP API; key= names one series as it is";
        Refusal::parameter("match", format!("'{pattern}' is not a pattern: {error}"), advice)
    });
    glob.map(Matcher::Glob)
}

/// Returns the present time.
pub(crate) fn clock() -> Now {
    // A clock before 1970 counts as 1970.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Now { seconds: since.as_secs() as i64, nanoseconds: since.subsec_nanos() }
}

/// Returns the present time in a unit.
pub(crate) fn now(unit: TimeUnit) -> i64 {
    let Now { seconds, nanoseconds } = clock();
    unit.timestamp(seconds, nanoseconds).unwrap_or(i64::MAX)
}

/// Reads a time.
pub(crate) fn time(
    parameters: &Parameters<'_>,
    name: &'static str,
    unit: TimeUnit,
) -> Result<Option<i64>, Refusal> {
    let Some(text) = parameters.text(name) else { return Ok(None) };
    let time = parse_moment(text, unit, clock()).map_err(|error| {
        let mut advice = format!(
            "give a timestamp in {unit}, RFC 3339 such as 2006-06-21T04:30:47Z, or a distance such as -1h"
        );
        if text.contains(' ') {
            advice.push_str("; a + is written %2B, since + is a blank");
        }
        Refusal::parameter(name, format!("'{text}' is not a time here: {error}"), advice)
    });
    time.map(Some)
}

/// The formats of what has a key, a value and a timestamp.
pub(crate) const OF_SAMPLES: &[Format] = &[Format::Json, Format::Csv, Format::Lines];

/// The formats of what has other columns.
pub(crate) const OF_OTHERS: &[Format] = &[Format::Json, Format::Csv];

/// Reads `format=` and `times=`, or which of the formats that there are the peer accepts.
pub(crate) fn style(
    parameters: &Parameters<'_>,
    headers: &HeaderMap,
    there: &[Format],
) -> Result<Style, Refusal> {
    let mut formats = vec![("json", Format::Json), ("csv", Format::Csv), ("lines", Format::Lines)];
    formats.retain(|(_, format)| there.contains(format));
    let times = [("integers", Times::Integers), ("text", Times::Text)];
    Ok(Style {
        format: parameters.word("format", &formats)?.unwrap_or_else(|| accepted(headers, there)),
        times: parameters.word("times", &times)?.unwrap_or(Times::Integers),
    })
}

/// Returns the format that the header `Accept` prefers. A browser prefers HTML, which there is not, so
/// it gets JSON.
fn accepted(headers: &HeaderMap, there: &[Format]) -> Format {
    let mut offers = vec![
        (Format::Json, &["application/json", "application/*", "*/*"][..]),
        (Format::Csv, &["text/csv", "text/*", "*/*"]),
        (Format::Lines, &["application/x-metric", "application/*", "*/*"]),
    ];
    offers.retain(|(format, _)| there.contains(format));
    preferred(headers, ACCEPT, &offers).unwrap_or(Format::Json)
}

/// Returns the content type of a format.
pub(crate) fn content_type(format: Format) -> &'static str {
    match format {
        Format::Csv => "text/csv; charset=utf-8; header=present",
        Format::Lines => "application/x-metric",
        _ => "application/json",
    }
}
