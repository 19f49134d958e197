//! The requests that read: keys, nodes, last and range.

use std::sync::Arc;

use hyper::http::request::Parts;
use metric_query::{Buckets, Budget, Count, Keys, Last, Nodes, Range, Style, Window};

use crate::page::takes_gzip;
use crate::parameters::Parameters;
use crate::produced::{Fill, Form, filled_by, produced_reply};
use crate::range_query::RangeQuery;
use crate::refusal::Refusal;
use crate::route::Reply;
use crate::selection::{
    KEY, OF_OTHERS, OF_SAMPLES, Selection, content_type, selection, style, time,
};
use crate::web::{Backend, Web};
use crate::work::Work;

/// How many rows a page has, unless another number is given, and at most.
const ROWS: usize = 1_000;
const MOST_ROWS: usize = 10_000;

/// `GET /v1/keys`
pub(crate) async fn keys<B: Backend>(head: &Parts, web: &Arc<Web<B>>) -> Result<Reply, Refusal> {
    let known = ["match", "key", "limit", "after", "from", "format", "times"];
    let parameters = Parameters::read(&head.uri, &known)?;
    let style = style(&parameters, &head.headers, OF_OTHERS)?;
    let limit = parameters.number("limit", 1..=MOST_ROWS)?.unwrap_or(ROWS);
    let mut keys = Keys::<_, KEY>::new(selection(&parameters)?, limit, style);
    if let Some(after) = parameters.text("after") {
        keys = keys.after(after);
    }
    if let Some(from) = time(&parameters, "from", web.settings.unit)? {
        keys = keys.since(from);
    }
    reply(head, web, filled_by(keys), style).await
}

/// `GET /v1/nodes`
pub(crate) async fn nodes<B: Backend>(head: &Parts, web: &Arc<Web<B>>) -> Result<Reply, Refusal> {
    let parameters = Parameters::read(&head.uri, &["under", "limit", "after", "format"])?;
    let style = style(&parameters, &head.headers, OF_OTHERS)?;
    let limit = parameters.number("limit", 1..=MOST_ROWS)?.unwrap_or(ROWS);
    let under = parameters.text("under");
    if under == Some("") {
        let advice = "leave it out for the first level";
        return Err(Refusal::parameter("under", "the node is empty", advice));
    }
    let mut nodes = Nodes::<KEY>::new(under, limit, style);
    if let Some(after) = parameters.text("after") {
        nodes = nodes.after(after);
    }
    reply(head, web, filled_by(nodes), style).await
}

/// `GET /v1/last`
pub(crate) async fn last<B: Backend>(head: &Parts, web: &Arc<Web<B>>) -> Result<Reply, Refusal> {
    let parameters = Parameters::read(&head.uri, &["match", "key", "format", "times"])?;
    let style = style(&parameters, &head.headers, OF_SAMPLES)?;
    let last = Last::<_, KEY>::new(selection(&parameters)?, style, web.settings.budget);
    reply(head, web, filled_by(last), style).await
}

/// `GET /v1/range`
pub(crate) async fn range<B: Backend>(head: &Parts, web: &Arc<Web<B>>) -> Result<Reply, Refusal> {
    let query = RangeQuery::read(&head.uri, &head.headers, web.settings.unit)?;
    let (window, style) = (query.window(), query.style);
    let budget = web.settings.budget;
    // Buckets may be made without reading each sample.
    let samples = if query.points.is_some() { usize::MAX } else { budget.samples };
    let known = Budget { samples, ..budget };
    let selection = affordable(web, query.selection, window, known).await?;
    match query.points {
        None => {
            let range = Range::<_, KEY>::new(selection, window, style, budget);
            reply(head, web, filled_by(range), style).await
        }
        Some(points) => {
            let span = (query.from, query.until);
            let buckets = Buckets::<_, KEY>::new(selection, span, points, style, budget);
            reply(head, web, filled_by(buckets), style).await
        }
    }
}

/// Refuses a query that is known to be over its budget, before its reply begins.
async fn affordable<B: Backend>(
    web: &Arc<Web<B>>,
    selection: Selection,
    window: Window,
    budget: Budget,
) -> Result<Selection, Refusal> {
    let mut count = Count::<_, KEY>::new(selection, window, budget);
    let mut work = Work::new(web);
    loop {
        work.turn().await?;
        let next = count.run(work.store());
        if work.goes_on(next).await? {
            return Ok(count.into_select());
        }
    }
}

/// Begins the reply of a producer.
async fn reply<B: Backend>(
    head: &Parts,
    web: &Arc<Web<B>>,
    fill: Fill<B::Store>,
    style: Style,
) -> Result<Reply, Refusal> {
    let form = Form { format: style.format, gzip: takes_gzip(&head.headers) };
    produced_reply(head, web, fill, form, content_type(style.format)).await
}
