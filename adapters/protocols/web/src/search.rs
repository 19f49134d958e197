//! The series that a request selects, for those that do more than show them.

use std::ops::ControlFlow::{Break, Continue};

use metric_proto::{Key, Summary};
use metric_query::{Bound, Exceeded, Next, Search};

use crate::failure::Failure;
use crate::selection::{KEY, Selection};
use crate::web::{Backend, Web};

/// Returns the selected series, in turns.
///
/// # Errors
///
/// If there are more than `most`.
pub(crate) async fn search<B: Backend>(
    web: &Web<B>,
    store: &mut B::Store,
    selection: Selection,
    most: usize,
) -> Result<Vec<(String, Summary)>, Failure> {
    let (mut search, mut found) = (Search::new(selection), Vec::new());
    let mut visit = |key: Key<'_>, summary| {
        found.push((key.as_str().to_owned(), summary));
        found.len()
    };
    while !go_on(web, store, &mut search, most, &mut visit).await? {}
    Ok(found)
}

/// Goes on with a search for a turn. Returns whether it is at its end. `visit` returns how many series
/// there are.
///
/// # Errors
///
/// If there are more than `most`.
pub(crate) async fn go_on<B: Backend>(
    web: &Web<B>,
    store: &mut B::Store,
    search: &mut Search<Selection, KEY>,
    most: usize,
    visit: &mut (dyn FnMut(Key<'_>, Summary) -> usize + Send),
) -> Result<bool, Failure> {
    let mut is_over = false;
    let visit = |key: Key<'_>, summary: Summary| {
        is_over = visit(key, summary) > most;
        if is_over { Break(()) } else { Continue(()) }
    };
    let next = {
        let store = &mut *store;
        web.turn(move || search.run(store, visit)).await
    };
    match next {
        _ if is_over => {
            let exceeded = Exceeded { bound: Bound::Series, limit: most };
            Err(web.failed(Failure::Exceeded(exceeded)))
        }
        Next::Done => Ok(true),
        Next::More => Ok(false),
        Next::Wait => web.ready(store).await.map(|()| false),
        _ => Err(web.failed(Failure::Unavailable)),
    }
}
