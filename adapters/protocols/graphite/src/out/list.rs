//! Lists that are sent in turns.

use metric_web::{Frame, Held, Listing};

use crate::out::json::quote;

/// A list whose items are written as they are sent.
pub(crate) type List = Listing<Items>;

/// The items as they are written.
type Items = Box<dyn Iterator<Item = Vec<u8>> + Send>;

/// Makes a list in JSON between what stands before and behind it.
pub(crate) fn list(
    items: impl Iterator<Item = String> + Send + 'static,
    (begin, end): (&str, &'static str),
    held: Held,
) -> List {
    let frame = Frame { begin: begin.as_bytes().to_vec(), between: ", ", end };
    Listing::new(Box::new(items.map(String::into_bytes)), frame, held)
}

/// Makes a list of texts.
pub(crate) fn texts(
    texts: impl Iterator<Item = String> + Send + 'static,
    around: (&str, &'static str),
    held: Held,
) -> List {
    let quoted = |text: String| {
        let mut json = String::new();
        quote(&mut json, &text);
        json
    };
    list(texts.map(quoted), around, held)
}

/// Makes a list in a form of its own, which has nothing between items.
pub(crate) fn plain(
    items: impl Iterator<Item = Vec<u8>> + Send + 'static,
    (begin, end): (Vec<u8>, &'static str),
    held: Held,
) -> List {
    Listing::new(Box::new(items), Frame { begin, between: "", end }, held)
}
