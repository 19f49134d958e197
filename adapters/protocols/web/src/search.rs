//! The series that a request selects, for those that do more than show them.

use std::ops::ControlFlow::{Break, Continue};

use metric_proto::Summary;
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
    selection: &Selection,
    most: usize,
) -> Result<Vec<(String, Summary)>, Failure> {
    let (mut search, mut found) = (Search::<_, KEY>::new(selection), Vec::new());
    loop {
        let next = {
            let (search, found, store) = (&mut search, &mut found, &mut *store);
            let turn = move || {
                search.run(store, |key, summary| {
                    found.push((key.as_str().to_owned(), summary));
                    if found.len() > most { Break(()) } else { Continue(()) }
                })
            };
            web.turn(turn).await
        };
        match next {
            _ if found.len() > most => {
                let exceeded = Exceeded { bound: Bound::Series, limit: most };
                return Err(web.failed(Failure::Exceeded(exceeded)));
            }
            Next::Done => return Ok(found),
            Next::More => {}
            Next::Wait => web.ready(store).await?,
            _ => return Err(web.failed(Failure::Unavailable)),
        }
    }
}
