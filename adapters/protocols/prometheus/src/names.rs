//! The series of the store, and the names and values of their labels, as JSON.

use std::collections::BTreeSet;
use std::ops::ControlFlow::{self, Break, Continue};
use std::sync::Arc;
use std::time::{Duration, Instant};

use metric_proto::LONGEST_KEY;
use metric_query::{AnyOf, Bound, Exceeded, LabelText, Next, Search};
use metric_web::{Asked, Backend, Failure, Refusal, Reply, Web, decoded};

use crate::escape::unescape;
use crate::json::quote;
use crate::labels::labels;
use crate::listing::Listing;
use crate::matcher::Matchers;
use crate::parameters::{limit, selectors, span};
use crate::reading::may_have;

/// The most names or values of a reply.
const MOST: usize = 100_000;

const JSON: &str = "application/json";

/// How long the turns of a search may take together.
const LONGEST: Duration = Duration::from_secs(30);

/// `GET /api/v1/labels`
pub(crate) async fn label_names<B: Backend>(
    asked: Asked<'_>,
    web: &Arc<Web<B>>,
) -> Result<Reply, Refusal> {
    distinct(asked, web, &|key, add| labels(key).try_for_each(|(label, _)| add(label))).await
}

/// `GET /api/v1/label/NAME/values`
pub(crate) async fn label_values<B: Backend>(
    asked: Asked<'_>,
    web: &Arc<Web<B>>,
    name: &str,
) -> Result<Reply, Refusal> {
    let name = label(name)?;
    distinct(asked, web, &|key, add| {
        let mut found = labels(key).filter(|(label, _)| *label == name.as_str());
        found.try_for_each(|(_, value)| add(value))
    })
    .await
}

/// Reads the name of a label in a path.
fn label(name: &str) -> Result<String, Refusal> {
    let text = decoded(name).and_then(|bytes| String::from_utf8(bytes).ok());
    let text = text.ok_or_else(|| {
        let error = format!("'{name}' is not percent-encoded UTF-8");
        Refusal::parameter("label", error, "write each % as %25")
    })?;
    Ok(unescape(&text))
}

/// Adds texts of a key.
type Visit<'a> = dyn Fn(&str, &mut dyn FnMut(LabelText<'_>) -> ControlFlow<()>) -> ControlFlow<()>
    + Send
    + Sync
    + 'a;

/// Answers with the different texts that `visit` adds for the selected series, in order.
async fn distinct<B: Backend>(
    mut asked: Asked<'_>,
    web: &Arc<Web<B>>,
    visit: &Visit<'_>,
) -> Result<Reply, Refusal> {
    let fields = asked.fields().await?;
    let mut selectors = selectors(&fields)?;
    if selectors.is_empty() {
        selectors.push(Matchers::new(Vec::new()));
    }
    let (span, limit) = (span(&fields, web.settings().unit)?, limit(&fields)?);
    let mut texts = BTreeSet::new();
    search(web, (selectors, span), &mut |key| visit(key, &mut |text| insert(&mut texts, text)))
        .await?;
    if texts.len() > MOST {
        return Err(too_many(web, MOST));
    }
    let list = Listing::new(texts.into_iter().take(limit), quote);
    asked.stream(web, list, JSON).await
}

fn insert(texts: &mut BTreeSet<String>, text: LabelText<'_>) -> ControlFlow<()> {
    // Most are there already, and need no copy.
    if text.as_plain().is_none_or(|plain| !texts.contains(plain)) {
        texts.insert(text.to_string());
    }
    if texts.len() > MOST { Break(()) } else { Continue(()) }
}

/// `GET /api/v1/series`
pub(crate) async fn series<B: Backend>(
    mut asked: Asked<'_>,
    web: &Arc<Web<B>>,
) -> Result<Reply, Refusal> {
    let fields = asked.fields().await?;
    let selectors = selectors(&fields)?;
    if selectors.is_empty() {
        let advice = "give one such as match[]=up";
        return Err(Refusal::parameter("match[]", "no match[] parameter provided", advice));
    }
    let (span, limit) = (span(&fields, web.settings().unit)?, limit(&fields)?);
    let most = web.settings().budget.series;
    let mut found = Vec::new();
    search(web, (selectors, span), &mut |key| {
        found.push(key.to_owned());
        if found.len() > most || found.len() == limit { Break(()) } else { Continue(()) }
    })
    .await?;
    if found.len() > most {
        return Err(too_many(web, most));
    }
    asked.stream(web, Listing::new(found.into_iter(), put_labels), JSON).await
}

/// Visits the selected series that may have samples in a span of timestamps, in turns.
async fn search<B: Backend>(
    web: &Web<B>,
    (selectors, span): (Vec<Matchers>, (i64, i64)),
    visit: &mut (dyn FnMut(&str) -> ControlFlow<()> + Send),
) -> Result<(), Refusal> {
    let mut search = Search::<_, LONGEST_KEY>::new(AnyOf(selectors));
    let (mut store, mut time) = (web.backend().store(), Duration::ZERO);
    loop {
        let next = {
            let (search, store, time, visit) = (&mut search, &mut store, &mut time, &mut *visit);
            let turn = move || {
                let began = Instant::now();
                let next = search.run(store, |key, summary| {
                    if may_have(span, &summary) { visit(key.as_str()) } else { Continue(()) }
                });
                *time += began.elapsed();
                next
            };
            web.turn(turn).await
        };
        match next {
            Next::Done => return Ok(()),
            Next::More if time > LONGEST => return Err(web.failed(Failure::TooSlow).into()),
            Next::More => {}
            Next::Wait => web.ready(&mut store).await?,
            _ => return Err(web.failed(Failure::Unavailable).into()),
        }
    }
}

fn too_many<B: Backend>(web: &Web<B>, limit: usize) -> Refusal {
    let exceeded = Exceeded { bound: Bound::Series, limit };
    let mut refusal = Refusal::from(web.failed(Failure::Exceeded(exceeded)));
    refusal.advice = "select fewer series by match[], or give a limit".into();
    refusal
}

fn put_labels(json: &mut String, key: &str) {
    let mut separator = '{';
    for (label, value) in labels(key) {
        json.push(std::mem::replace(&mut separator, ','));
        quote(json, &label.to_string());
        json.push(':');
        quote(json, &value.to_string());
    }
    json.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_in_a_path_may_be_encoded() {
        for (name, expected) in [
            ("job", Some("job")),
            ("a%2Fb%20c+d", Some("a/b c+d")),
            ("U__a_2e_b", Some("a.b")),
            ("%55__a_2e_b", Some("a.b")),
            ("a%zz", None),
            ("%ff", None),
        ] {
            assert_eq!(label(name).ok().as_deref(), expected, "{name}");
        }
    }
}
