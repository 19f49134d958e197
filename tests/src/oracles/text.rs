//! Writes the line of a request with the model.

use metric_proto::{Request, Selector};

use metric_conformance::model::value::value_text;

pub(super) fn text(request: &Request<'_>) -> String {
    match request {
        Request::Put { key, sample } => {
            format!("put {key} {} {}\n", value_text(sample.value()), sample.timestamp())
        }
        Request::Get(Selector::Key(key)) => format!("get {key}\n"),
        Request::Get(Selector::All) => "get *\n".into(),
        _ => unreachable!("there is no other request"),
    }
}
