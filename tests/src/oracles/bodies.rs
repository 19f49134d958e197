//! The law of bodies that store samples over HTTP.

use metric_proto::{Limits, Request, parse_request};
use metric_query::TimeUnit;
use metric_web::{Form, Row, Rows};

/// The rows of a body that [`metric_web`] reads do not depend on how it is cut, and each sample is one that the native protocol
/// would take.
///
/// The first byte chooses the form, the second how the body is cut. The rest is the body.
pub fn bodies(data: &[u8]) {
    let [form, size, body @ ..] = data else { return };
    let form = [Form::Native, Form::Json, Form::Csv][usize::from(*form) % 3];
    let whole = read(form, body, body.len().max(1));
    let cut = read(form, body, usize::from(*size).max(1));
    assert_eq!(whole.len(), cut.len(), "{form:?}");
    whole.iter().zip(&cut).for_each(|(one, other)| check_same(one, other));
    whole.iter().for_each(check_native);
}

fn read(form: Form, body: &[u8], size: usize) -> Vec<Row> {
    let mut rows = Rows::new(form, TimeUnit::Seconds, Limits::DESKTOP);
    let mut read: Vec<_> = body.chunks(size).flat_map(|piece| rows.read(piece)).collect();
    read.extend(rows.finish());
    read
}

/// A sample without a timestamp is of the moment at which it is read.
fn check_same(one: &Row, other: &Row) {
    assert_eq!(one.line, other.line);
    match (&one.sample, &other.sample) {
        (Err(one), Err(other)) => assert_eq!(one, other),
        (Ok((key, sample)), Ok((other_key, other))) => {
            assert_eq!((key, sample.value().to_bits()), (other_key, other.value().to_bits()));
            assert!(sample.timestamp().abs_diff(other.timestamp()) < 60);
        }
        (one, other) => panic!("{one:?}, {other:?}"),
    }
}

fn check_native(row: &Row) {
    if let Ok((key, sample)) = &row.sample {
        let put = format!("put {key} {:?} {}", sample.value(), sample.timestamp());
        let request = parse_request(put.as_bytes());
        assert!(matches!(request, Ok(Request::Put { .. })), "{put}");
    }
}
