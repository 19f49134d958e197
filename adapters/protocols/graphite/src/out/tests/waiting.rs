//! Queries over a store that waits, and has to be told for what.

use metric_proto::Lost;
use metric_reluctant::Reluctant;

use super::*;

/// A query over a store that waits.
struct Waiting<'a>(Reluctant<'a>);

impl<'a> Host for Waiting<'a> {
    type Store = Reluctant<'a>;

    fn store(&mut self) -> &mut Self::Store {
        &mut self.0
    }

    async fn ready(&mut self) -> Result<(), Failure> {
        std::future::poll_fn(|context| self.0.poll_ready(context))
            .await
            .map_err(|Lost| Failure::Unavailable)
    }
}

impl Turns for Waiting<'_> {
    fn turn(&mut self) -> Turn<'_> {
        Box::pin(std::future::ready(Ok(())))
    }
}

fn waiting(store: &MemoryStore, shown: u32) -> Waiting<'_> {
    Waiting(Reluctant::new(store, 5, shown))
}

#[test]
fn a_store_that_waits_changes_no_reply_and_is_told_for_what() {
    let store = regular();
    for target in ["a.*", "sumSeries(a.*)", "summarize(a.x, '30s')", "seriesByTag('host=p')"] {
        let fields = fields(&[&[("target", target)], LAST].concat());
        let context = fields.times(NOW, TimeUnit::Seconds).unwrap();
        let (memory, budget) = (Memory::default(), Budget::DESKTOP);
        let expected = in_turns(&store, target, usize::MAX).unwrap();
        for shown in 0..5 {
            let asked = (&fields, Format::Json, &context);
            let (all, _) =
                block_on(render(waiting(&store, shown), (&memory, budget), asked)).unwrap();
            for (series, expected) in all.iter().zip(&expected) {
                assert_eq!((&series.name, &series.times), (&expected.name, &expected.times));
                assert_eq!(series.values, expected.values, "{target}");
            }
            assert_eq!(all.len(), expected.len());
        }
    }
}

#[test]
fn nodes_are_found_in_a_store_that_waits() {
    let store = regular();
    let expected = block_on(super::super::find::find(&mut query(&store), "a.*", 9)).unwrap();
    for shown in 0..5 {
        let host = waiting(&store, shown);
        let mut query = Running::new(host, &Memory::default(), Budget::DESKTOP);
        let found = block_on(super::super::find::find(&mut query, "a.*", 9)).unwrap();
        assert!(found.keys().eq(expected.keys()));
    }
}
