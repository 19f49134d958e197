//! The lines that are requests, and their fields.

use std::cell::RefCell;
use std::ops::ControlFlow;

use metric_proto::{
    Key, LONGEST_KEY, Limits, OutputFull, Position, Query, Refused, Request, Sample, Scan,
    Selector, Series, ServerConnection, Store, StoreCounters, Summary, write_sample,
};

use super::limits;
use super::text::text;
use metric_conformance::Bounds;
use metric_conformance::model::{request, rounding, without_cr};

/// The core accepts a line as a request exactly if the model does. All fields are equal to the bit,
/// and each value is the nearest double. Writing and parsing a request returns the same one. With any
/// [`Limits`], a server passes exactly that request to its store, or nothing if it is a wrong command.
///
/// # Panics
///
/// If the law is broken.
pub fn parse_request(data: &[u8]) {
    let request = metric_proto::parse_request(data).ok();
    let plain = request::parse(data, &GRAMMAR);
    assert_eq!(request.map(|request| asked(&request)), plain.map(plainly_asked));
    if let Some(request) = request {
        reads_again(&request);
        is_rounded(data, &request);
    }
    if !data.contains(&b'\n') {
        limits::ALL.into_iter().for_each(|limits| is_within(limits, data));
    }
}

/// The bounds of the grammar alone.
const GRAMMAR: Bounds = Bounds { line: usize::MAX, key: LONGEST_KEY, series: 0, samples: 0 };

/// The key, or `None` for all, and the bits of the value and the timestamp of a put.
type Asked = (Option<String>, Option<(u64, i64)>);

fn asked(request: &Request<'_>) -> Asked {
    match request {
        Request::Put { key, sample } => put(*key, *sample),
        Request::Get(selector) => get(*selector),
        _ => unreachable!("there is no other request"),
    }
}

fn put(key: Key<'_>, sample: Sample) -> Asked {
    (Some(key.as_str().into()), Some((sample.value().to_bits(), sample.timestamp())))
}

fn get(selector: Selector<'_>) -> Asked {
    match selector {
        Selector::Key(key) => (Some(key.as_str().into()), None),
        Selector::All => (None, None),
        _ => unreachable!("there is no other selector"),
    }
}

fn plainly_asked(request: request::Request<'_>) -> Asked {
    match request {
        request::Request::Put(key, value, timestamp) => {
            (Some(key.into()), Some((value.to_bits(), timestamp)))
        }
        request::Request::Get(key) => (Some(key.into()), None),
        request::Request::GetAll => (None, None),
    }
}

fn reads_again(request: &Request<'_>) {
    let mut line = [0; Limits::WIDEST.min_input()];
    let length = request.write(&mut line).expect("a request of this crate fits its longest line");
    assert_eq!(&line[..length], text(request).as_bytes());
    assert_eq!(metric_proto::parse_request(&line[..length - 1]).as_ref(), Ok(request));
    assert_eq!(request.write(&mut line[..length - 1]), Err(OutputFull));
    if let Request::Put { key, sample } = *request {
        let mut row = [0; Limits::WIDEST.sample_line()];
        let length = write_sample(key, sample, &mut row).expect("a row fits its longest line");
        assert_eq!(&row[..length], &text(request).as_bytes()["put ".len()..]);
    }
}

/// Fails unless the value is the double nearest to its text.
fn is_rounded(line: &[u8], request: &Request<'_>) {
    let Request::Put { sample, .. } = request else { return };
    let value = line.split(|&byte| byte == b' ').nth(2).and_then(|text| str::from_utf8(text).ok());
    assert!(rounding::is_nearest(value.expect("a put has a value"), sample.value()));
}

fn is_within(limits: Limits, line: &[u8]) {
    let mut witness = Witness::default();
    let input = [line, b"\n"].concat();
    ServerConnection::new(limits).process(
        &mut witness,
        &input,
        &mut vec![0; limits.min_output()],
        0,
    );
    let plain = request::parse(without_cr(line), &limits::bounds(limits));
    assert_eq!(witness.asked.into_inner(), plain.map(plainly_asked), "{limits:?}");
}

/// A store that only records the request.
#[derive(Default)]
struct Witness {
    asked: RefCell<Option<Asked>>,
}

impl Store for Witness {
    const WAITS: bool = false;

    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        self.asked.replace(Some(put(key, sample)));
        Ok(())
    }

    fn remove(&mut self, _: Key<'_>) -> Result<bool, Refused> {
        panic!("no request removes anything")
    }

    fn scan(
        &self,
        query: &Query<'_>,
        _from: Position,
        _visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        let selector = match query.series {
            Series::Key(key) => Selector::Key(key),
            _ => Selector::All,
        };
        assert_eq!(*query, Query::from(selector));
        self.asked.replace(Some(get(selector)));
        Scan::Done
    }

    fn series(&self, _: &[u8], _: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>) -> Scan {
        panic!("no request lists series")
    }

    fn counters(&self) -> StoreCounters {
        StoreCounters::ZERO
    }
}
