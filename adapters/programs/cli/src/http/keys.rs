//! A page of series.

use std::borrow::Cow;

use metric_proto::{Key, Sample};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::connection::{Connection, Method};
use super::refusal::Stopped;
use super::target::Target;
use crate::failure::Failure;
use crate::input::fields::Fields;
use crate::time::Unit;

/// A page as the server sends it. Numbers stay text, so that they are read to the bit.
#[derive(Debug, Deserialize)]
struct Page<'t> {
    #[serde(borrow)]
    series: Vec<Series<'t>>,
    /// The key behind which the next page begins.
    next: Option<String>,
    /// Why the page is incomplete.
    error: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Series<'t> {
    #[serde(borrow)]
    key: Cow<'t, str>,
    #[serde(borrow)]
    first: [&'t RawValue; 2],
    #[serde(borrow)]
    last: [&'t RawValue; 2],
}

/// Asks for a page of series. Calls `take` with each key and the oldest and the newest sample of it.
/// Returns the key behind which the next page begins.
pub(crate) async fn keys(
    connection: &mut Connection,
    target: &Target,
    mut take: impl FnMut(Key<'_>, [Sample; 2]) -> Result<(), Failure>,
) -> Result<Option<String>, Stopped> {
    let text = connection.ask(Method::Get, target).await?.text().await?;
    let page: Page<'_> = serde_json::from_str(&text).map_err(malformed)?;
    let (mut first, mut last) = (Vec::new(), Vec::new());
    for series in page.series {
        let (_, first) = sample(&series.key, series.first, &mut first)?;
        let (key, last) = sample(&series.key, series.last, &mut last)?;
        take(key, [first, last])?;
    }
    match page.error {
        Some(error) => Err(Failure::failed(error).into()),
        None => Ok(page.next),
    }
}

/// Reads a sample as the protocol does.
fn sample<'l>(
    key: &str,
    [timestamp, value]: [&RawValue; 2],
    line: &'l mut Vec<u8>,
) -> Result<(Key<'l>, Sample), Stopped> {
    let [key, value, timestamp] = [key, value.get(), timestamp.get()].map(str::as_bytes);
    Fields { key, value, timestamp }.read(Unit::Second, line).map_err(malformed)
}

fn malformed(why: impl std::fmt::Display) -> Stopped {
    Failure::failed(format_args!("the server's list of series cannot be read: {why}")).into()
}
