//! `/tags`: the tags of series and their values.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow::{Break, Continue};

use metric_query::{Bound, Exceeded};

use crate::out::failure::Failure;
use crate::out::fields::Fields;
use crate::out::find::{each_key, each_selected};
use crate::out::json::{field, list, text_field, texts};
use crate::out::pattern::Pattern;
use crate::out::query::{Host, Work};
use crate::out::selector::{Condition, Selector};
use crate::out::tagged::tags;

/// How many names or values are told, unless another number is given.
const LIMIT: usize = 100;

/// Answers `/tags`: all tags, or those that match `filter`.
pub(crate) async fn all<H: Host>(host: &mut H, fields: &Fields) -> Result<String, Failure> {
    let filter = filter(fields)?;
    let mut names = BTreeSet::new();
    each_key(host, |key| names.extend(tags(key).into_keys())).await?;
    let names = matching(host, filter, names.into_iter().map(|name| (name, ()))).await?;
    let limit = fields.number("limit")?.unwrap_or(usize::MAX);
    Ok(list(names.iter().take(limit), |json, (name, ())| {
        json.push('{');
        text_field(json, "tag", name);
        json.push('}');
    }))
}

/// Answers `/tags/NAME`: the values of a tag, each with the number of series that have it.
pub(crate) async fn one<H: Host>(
    host: &mut H,
    fields: &Fields,
    tag: &str,
) -> Result<String, Failure> {
    let filter = filter(fields)?;
    let mut values: BTreeMap<String, usize> = BTreeMap::new();
    each_key(host, |key| {
        if let Some(value) = tags(key).remove(tag) {
            *values.entry(value).or_default() += 1;
        }
    })
    .await?;
    let values = matching(host, filter, values).await?;
    let limit = fields.number("limit")?.unwrap_or(usize::MAX);
    let values = list(values.iter().take(limit), |json, (value, count)| {
        json.push('{');
        text_field(json, "value", value);
        field(json, "count", count);
        json.push('}');
    });
    let mut json = String::from("{");
    text_field(&mut json, "tag", tag);
    field(&mut json, "values", values);
    json.push('}');
    Ok(json)
}

fn filter(fields: &Fields) -> Result<Option<Pattern>, Failure> {
    fields.text("filter").map(Pattern::at_beginning).transpose()
}

/// Returns those that match, in turns.
async fn matching<H: Host, T: Send>(
    host: &mut H,
    filter: Option<Pattern>,
    texts: impl IntoIterator<Item = (String, T), IntoIter: Send> + Send,
) -> Result<Vec<(String, T)>, Failure> {
    let Some(filter) = filter else { return Ok(texts.into_iter().collect()) };
    let (mut found, mut work) = (Vec::new(), Work::default());
    for (text, of) in texts {
        work.count(host, filter.steps().saturating_mul(text.len())).await?;
        if filter.matches(&text) {
            found.push((text, of));
        }
    }
    Ok(found)
}

/// Answers `/tags/findSeries`: the series whose tags are as told.
pub(crate) async fn find<H: Host>(
    host: &mut H,
    fields: &Fields,
    most: usize,
) -> Result<String, Failure> {
    let selector = Selector::tags(fields.list("expr"))?;
    let mut found = Vec::new();
    each_selected(host, &selector, |key| {
        found.push(key.to_owned());
        if found.len() > most { Break(()) } else { Continue(()) }
    })
    .await?;
    if found.len() > most {
        return Err(Failure::Exceeded(Exceeded { bound: Bound::Series, limit: most }));
    }
    Ok(texts(found.iter().map(String::as_str)))
}

/// Answers `/tags/autoComplete/tags`: the tags of the series that are told, but those that are told.
pub(crate) async fn complete<H: Host>(host: &mut H, fields: &Fields) -> Result<String, Failure> {
    let (selector, prefix) = (told(fields)?, fields.text("tagPrefix").unwrap_or_default());
    let mut names = BTreeSet::new();
    each_selected(host, &selector, |key| {
        let tags = tags(key).into_keys();
        names.extend(tags.filter(|name| name.starts_with(prefix)));
        Continue(())
    })
    .await?;
    for text in fields.list("expr") {
        names.remove(&Condition::parse(text)?.tag);
    }
    some(&names, fields)
}

/// Answers `/tags/autoComplete/values`: the values of a tag, of the series that are told.
pub(crate) async fn complete_values<H: Host>(
    host: &mut H,
    fields: &Fields,
) -> Result<String, Failure> {
    let tag = fields.text("tag").filter(|tag| !tag.is_empty());
    let tag = tag.ok_or_else(|| Failure::wrong("tag: give the name of a tag"))?;
    let (selector, prefix) = (told(fields)?, fields.text("valuePrefix").unwrap_or_default());
    let mut values = BTreeSet::new();
    each_selected(host, &selector, |key| {
        values.extend(tags(key).remove(tag).filter(|value| value.starts_with(prefix)));
        Continue(())
    })
    .await?;
    some(&values, fields)
}

/// Returns the selector of those series that are told by `expr`, which are all if there is none.
fn told(fields: &Fields) -> Result<Selector, Failure> {
    let texts = fields.list("expr");
    if texts.is_empty() { Ok(Selector::all()) } else { Selector::tags(texts) }
}

fn some(texts_found: &BTreeSet<String>, fields: &Fields) -> Result<String, Failure> {
    let limit = fields.number("limit")?.unwrap_or(LIMIT);
    Ok(texts(texts_found.iter().take(limit).map(String::as_str)))
}
