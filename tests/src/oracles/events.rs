//! Converts the events of a client to those of the model.

use metric_conformance::model::reply::{Event, Fault};
use metric_proto::InvalidReply;

pub(super) fn event(event: metric_proto::Event<'_>) -> Event {
    match event {
        metric_proto::Event::Sample(key, sample) => {
            Event::Sample(key.as_str().into(), sample.value().to_bits(), sample.timestamp())
        }
        metric_proto::Event::Done => Event::Done,
        metric_proto::Event::Refused => Event::Refused,
        other => unreachable!("the model has no word for: {other:?}"),
    }
}

pub(super) fn fault(error: InvalidReply) -> Fault {
    match error {
        InvalidReply::NotAReply => Fault::NotAReply,
        InvalidReply::LineTooLong => Fault::LineTooLong,
        InvalidReply::Unexpected => Fault::Unexpected,
        other => unreachable!("the model has no word for: {other}"),
    }
}
