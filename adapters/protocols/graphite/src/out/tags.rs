//! `/tags`: the tags of series and their values.

use std::collections::{BTreeMap, BTreeSet};

use metric_web::Held;

use crate::out::failure::Failure;
use crate::out::fields::Fields;
use crate::out::find::{each_selected, too_many};
use crate::out::json::{field, text_field};
use crate::out::list::{List, list, texts};
use crate::out::pattern::Pattern;
use crate::out::query::{Host, Running};
use crate::out::selector::{Condition, Selector};
use crate::out::tagged::tags;

/// How many names or values are told, unless another number is given.
const LIMIT: usize = 100;

/// The most different tags or values that a query finds.
const MOST: usize = 100_000;

/// What a text takes that is found, besides its bytes.
const TEXT: usize = 64;

/// Different texts.
type Texts = BTreeSet<String>;

/// Adds a text, and holds its memory.
fn add(texts: &mut Texts, text: String, held: &mut Held) -> Result<(), Failure> {
    if !texts.contains(&text) {
        if texts.len() == MOST {
            return Err(too_many(MOST));
        }
        held.take(TEXT + text.len())?;
        texts.insert(text);
    }
    Ok(())
}

/// Answers `/tags`: all tags, or those that match `filter`.
pub(crate) async fn all<H: Host>(mut query: Running<H>, fields: &Fields) -> Result<List, Failure> {
    let (filter, limit) = (filter(fields)?, fields.number("limit")?.unwrap_or(usize::MAX));
    let mut names = Texts::new();
    each_selected(&mut query, &Selector::all(), |key, held| {
        tags(key).into_keys().try_for_each(|name| add(&mut names, name, held))
    })
    .await?;
    let names = names.into_iter().map(|name| (name, ()));
    let names = matching(&mut query, filter, names).await?;
    let items = names.into_iter().map(|(name, ())| {
        let mut json = String::from("{");
        text_field(&mut json, "tag", &name);
        json + "}"
    });
    Ok(list(items, ("[", "]"), query.held).of_first(limit))
}

/// Answers `/tags/NAME`: the values of a tag, each with the number of series that have it.
pub(crate) async fn one<H: Host>(
    mut query: Running<H>,
    fields: &Fields,
    tag: &str,
) -> Result<List, Failure> {
    let (filter, limit) = (filter(fields)?, fields.number("limit")?.unwrap_or(usize::MAX));
    let mut values: BTreeMap<String, usize> = BTreeMap::new();
    each_selected(&mut query, &Selector::all(), |key, held| {
        let Some(value) = tags(key).remove(tag) else { return Ok(()) };
        if !values.contains_key(&value) {
            if values.len() == MOST {
                return Err(too_many(MOST));
            }
            held.take(TEXT + value.len())?;
        }
        *values.entry(value).or_default() += 1;
        Ok(())
    })
    .await?;
    let values = matching(&mut query, filter, values).await?;
    let items = values.into_iter().map(|(value, count)| {
        let mut json = String::from("{");
        text_field(&mut json, "value", &value);
        field(&mut json, "count", count);
        json + "}"
    });
    let mut begin = String::from("{");
    text_field(&mut begin, "tag", tag);
    Ok(list(items, (&(begin + ", \"values\": ["), "]}"), query.held).of_first(limit))
}

fn filter(fields: &Fields) -> Result<Option<Pattern>, Failure> {
    fields.text("filter").map(Pattern::at_beginning).transpose()
}

/// Returns those that match, in turns.
async fn matching<H: Host, T: Send>(
    query: &mut Running<H>,
    filter: Option<Pattern>,
    texts: impl IntoIterator<Item = (String, T), IntoIter: Send> + Send,
) -> Result<Vec<(String, T)>, Failure> {
    let steps = filter.as_ref().map_or(1, Pattern::steps);
    let mut found = Vec::new();
    for (text, of) in texts {
        query.compute(steps.saturating_mul(text.len())).await?;
        if filter.as_ref().is_none_or(|filter| filter.matches(&text)) {
            found.push((text, of));
        }
    }
    Ok(found)
}

/// Answers `/tags/findSeries`: the series whose tags are as told.
pub(crate) async fn find<H: Host>(
    mut query: Running<H>,
    fields: &Fields,
    most: usize,
) -> Result<List, Failure> {
    let selector = Selector::tags(fields.list("expr"))?;
    let mut found = Vec::new();
    each_selected(&mut query, &selector, |key, held| {
        held.take(TEXT + key.len())?;
        found.push(key.to_owned());
        if found.len() > most { Err(too_many(most)) } else { Ok(()) }
    })
    .await?;
    Ok(texts(found.into_iter(), ("[", "]"), query.held))
}

/// Answers `/tags/autoComplete/tags`: the tags of the series that are told, but those that are told.
pub(crate) async fn complete<H: Host>(
    mut query: Running<H>,
    fields: &Fields,
) -> Result<List, Failure> {
    let (selector, prefix) = (told(fields)?, fields.text("tagPrefix").unwrap_or_default());
    let mut names = Texts::new();
    each_selected(&mut query, &selector, |key, held| {
        let tags = tags(key).into_keys().filter(|name| name.starts_with(prefix));
        tags.into_iter().try_for_each(|name| add(&mut names, name, held))
    })
    .await?;
    for text in fields.list("expr") {
        names.remove(&Condition::parse(text)?.tag);
    }
    some(query, names, fields)
}

/// Answers `/tags/autoComplete/values`: the values of a tag, of the series that are told.
pub(crate) async fn complete_values<H: Host>(
    mut query: Running<H>,
    fields: &Fields,
) -> Result<List, Failure> {
    let tag = fields.text("tag").filter(|tag| !tag.is_empty());
    let tag = tag.ok_or_else(|| Failure::wrong("tag: give the name of a tag"))?;
    let (selector, prefix) = (told(fields)?, fields.text("valuePrefix").unwrap_or_default());
    let mut values = Texts::new();
    each_selected(&mut query, &selector, |key, held| {
        let value = tags(key).remove(tag).filter(|value| value.starts_with(prefix));
        value.into_iter().try_for_each(|value| add(&mut values, value, held))
    })
    .await?;
    some(query, values, fields)
}

/// Returns the selector of those series that are told by `expr`, which are all if there is none.
fn told(fields: &Fields) -> Result<Selector, Failure> {
    let texts = fields.list("expr");
    if texts.is_empty() { Ok(Selector::all()) } else { Selector::tags(texts) }
}

fn some<H>(query: Running<H>, found: Texts, fields: &Fields) -> Result<List, Failure> {
    let limit = fields.number("limit")?.unwrap_or(LIMIT);
    Ok(texts(found.into_iter(), ("[", "]"), query.held).of_first(limit))
}
