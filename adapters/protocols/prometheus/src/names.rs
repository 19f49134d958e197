//! The series of the store, and the names and values of their labels, as JSON.

use std::collections::BTreeSet;
use std::ops::ControlFlow::{self, Break, Continue};
use std::sync::Arc;

use metric_proto::LONGEST_KEY;
use metric_query::{AnyOf, Bound, Exceeded, LabelText, Search};
use metric_web::{
    Asked, Backend, Failure, Frame, Held, Listing, NoMemory, Refusal, Reply, Web, Work, decoded,
};

use crate::escape::unescape;
use crate::json::quote;
use crate::labels::labels;
use crate::matcher::Matchers;
use crate::parameters::{limit, selectors, span};
use crate::reading::may_have;
use crate::receive::no_memory_for;
use crate::routes::Shared;

/// The most names or values of a reply.
const MOST: usize = 100_000;

const JSON: &str = "application/json";

/// What there may be no memory for.
const REPLY: &str = "reply";

/// What a text takes that is found, besides its bytes.
const TEXT: usize = 64;

/// `GET /api/v1/labels`
pub(crate) async fn label_names<B: Backend>(
    asked: Asked<'_>,
    web: &Arc<Web<B>>,
    shared: &Shared,
) -> Result<Reply, Refusal> {
    distinct(asked, (web, shared), &|key, add| labels(key).try_for_each(|(label, _)| add(label)))
        .await
}

/// `GET /api/v1/label/NAME/values`
pub(crate) async fn label_values<B: Backend>(
    asked: Asked<'_>,
    web: &Arc<Web<B>>,
    (name, shared): (&str, &Shared),
) -> Result<Reply, Refusal> {
    let name = label(name)?;
    distinct(asked, (web, shared), &|key, add| {
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
    (web, shared): (&Arc<Web<B>>, &Shared),
    visit: &Visit<'_>,
) -> Result<Reply, Refusal> {
    let fields = asked.fields().await?;
    let mut selectors = selectors(&fields)?;
    if selectors.is_empty() {
        selectors.push(Matchers::new(Vec::new()));
    }
    let (span, limit) = (span(&fields, web.settings().unit)?, limit(&fields)?);
    let mut texts = Texts { all: BTreeSet::new(), held: shared.memory.hold(), is_full: false };
    search(web, (selectors, span), &mut |key| visit(key, &mut |text| texts.add(text))).await?;
    let Texts { all, held, is_full } = texts;
    if is_full {
        return Err(no_memory_for(REPLY));
    } else if all.len() > MOST {
        return Err(too_many(web, MOST, "select fewer series by match[]"));
    }
    let list = Listing::new(all.into_iter().map(quoted), frame(), held);
    asked.stream(web, list.of_first(limit), JSON).await
}

/// Different texts, and their memory.
struct Texts {
    all: BTreeSet<String>,
    held: Held,
    /// Whether there was no memory for one.
    is_full: bool,
}

impl Texts {
    fn add(&mut self, text: LabelText<'_>) -> ControlFlow<()> {
        // Most are there already, and need no copy.
        if text.as_plain().is_some_and(|plain| self.all.contains(plain)) {
            return Continue(());
        }
        let text = text.to_string();
        if self.all.contains(&text) {
            return Continue(());
        }
        self.is_full = self.held.take(text.len() + TEXT).is_err();
        if self.is_full {
            return Break(());
        }
        self.all.insert(text);
        if self.all.len() > MOST { Break(()) } else { Continue(()) }
    }
}

fn quoted(text: String) -> String {
    let mut json = String::new();
    quote(&mut json, &text);
    json
}

fn frame() -> Frame {
    let begin = b"{\"status\":\"success\",\"data\":[".to_vec();
    Frame { begin, between: ",", end: "]}\n" }
}

/// `GET /api/v1/series`
pub(crate) async fn series<B: Backend>(
    mut asked: Asked<'_>,
    web: &Arc<Web<B>>,
    shared: &Shared,
) -> Result<Reply, Refusal> {
    let fields = asked.fields().await?;
    let selectors = selectors(&fields)?;
    if selectors.is_empty() {
        let advice = "give one such as match[]=up";
        return Err(Refusal::parameter("match[]", "no match[] parameter provided", advice));
    }
    let (span, limit) = (span(&fields, web.settings().unit)?, limit(&fields)?);
    let most = web.settings().budget.series;
    let (mut found, mut held, mut is_held) = (Vec::new(), shared.memory.hold(), Ok(()));
    search(web, (selectors, span), &mut |key| {
        is_held = held.take(key.len() + TEXT);
        if is_held.is_err() {
            return Break(());
        }
        found.push(key.to_owned());
        if found.len() > most || found.len() == limit { Break(()) } else { Continue(()) }
    })
    .await?;
    is_held.map_err(|NoMemory| no_memory_for(REPLY))?;
    if found.len() > most {
        return Err(too_many(web, most, "select fewer series by match[], or give a limit"));
    }
    asked.stream(web, Listing::new(found.into_iter().map(labelled), frame(), held), JSON).await
}

/// Visits the selected series that may have samples in a span of timestamps, in turns.
async fn search<B: Backend>(
    web: &Arc<Web<B>>,
    (selectors, span): (Vec<Matchers>, (i64, i64)),
    visit: &mut (dyn FnMut(&str) -> ControlFlow<()> + Send),
) -> Result<(), Refusal> {
    let mut search = Search::<_, LONGEST_KEY>::new(AnyOf(selectors));
    let mut work = Work::new(web);
    loop {
        work.turn().await?;
        let next = search.run(work.store(), |key, summary| {
            if may_have(span, &summary) { visit(key.as_str()) } else { Continue(()) }
        });
        if work.goes_on(next).await? {
            return Ok(());
        }
    }
}

fn too_many<B: Backend>(web: &Web<B>, limit: usize, advice: &str) -> Refusal {
    let exceeded = Exceeded { bound: Bound::Series, limit };
    let mut refusal = Refusal::from(web.failed(Failure::Exceeded(exceeded)));
    refusal.advice = advice.to_owned().into();
    refusal
}

fn labelled(key: String) -> String {
    let (mut json, mut separator) = (String::new(), '{');
    for (label, value) in labels(&key) {
        json.push(std::mem::replace(&mut separator, ','));
        quote(&mut json, &label.to_string());
        json.push(':');
        quote(&mut json, &value.to_string());
    }
    json.push('}');
    json
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
