//! `DELETE /v1/series`

use std::sync::Arc;

use hyper::StatusCode;
use hyper::http::request::Parts;
use metric_proto::{Key, Refused, Store};

use crate::failure::Failure;
use crate::parameters::Parameters;
use crate::refusal::Refusal;
use crate::route::{Reply, text};
use crate::search::search;
use crate::selection::selection;
use crate::web::{Backend, Web};

/// The most series that one request removes.
const MOST: usize = 10_000;

/// Removes the selected series, if their number is what the request says.
pub(crate) async fn remove<B: Backend>(head: &Parts, web: &Arc<Web<B>>) -> Result<Reply, Refusal> {
    if !web.settings.allow_delete {
        let advice = "start the server with --allow-delete";
        let error = "this server deletes nothing over HTTP";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "method", error, advice));
    }
    let parameters = Parameters::read(&head.uri, &["match", "key", "count"])?;
    let count = parameters.number("count", 0..=usize::MAX)?;
    if parameters.all("match").chain(parameters.all("key")).next().is_none() {
        let error = "it is not said which series to delete";
        return Err(Refusal::parameter("match", error, "give key=, or match= and count="));
    }
    let mut store = web.backend.store();
    let found = search(web, &mut store, selection(&parameters)?, MOST).await.map_err(in_parts)?;
    let must_count = parameters.text("match").is_some();
    if (must_count || count.is_some()) && count != Some(found.len()) {
        return Err(miscounted(count, found.len()));
    }
    let mut removed = 0;
    for (key, _) in &found {
        removed += usize::from(remove_one(web, &mut store, key).await?);
    }
    web.ready(&mut store).await?;
    log::info!("{removed} series were deleted over HTTP");
    Ok(text("application/json", format!("{{\"removed\": {removed}}}\n")))
}

/// Says what to do if there are too many series.
fn in_parts(failure: Failure) -> Refusal {
    let is_exceeded = matches!(failure, Failure::Exceeded(_));
    let mut refusal = Refusal::from(failure);
    if is_exceeded {
        refusal.advice = "delete them in parts, by narrower patterns".into();
    }
    refusal
}

fn miscounted(count: Option<usize>, found: usize) -> Refusal {
    let error = match count {
        None => format!("this selects {found} series, and count= is missing"),
        Some(count) => format!("this selects {found} series, not {count}"),
    };
    let advice = format!("add count={found} if these are the series to delete");
    let mut refusal = Refusal::new(StatusCode::CONFLICT, "count", error, advice);
    refusal.count = Some(found);
    refusal
}

/// Removes a series. Returns whether it was there.
async fn remove_one<B: Backend>(
    web: &Web<B>,
    store: &mut B::Store,
    key: &str,
) -> Result<bool, Refusal> {
    let Ok(key) = Key::new(key) else { return Ok(false) };
    loop {
        match web.turn(|| store.remove(key)).await {
            Ok(removed) => return Ok(removed),
            Err(Refused::NotYet) => web.ready(store).await?,
            Err(refused) => {
                let status = StatusCode::SERVICE_UNAVAILABLE;
                let advice = "some of the series may be deleted already; try again";
                return Err(Refusal::new(status, "store", refused.to_string(), advice));
            }
        }
    }
}
