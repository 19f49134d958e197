//! The bytes of remote write and remote read, written and read without the code that is tested.

use std::collections::BTreeMap;

use snap::raw::{Decoder, Encoder};

use crate::http::{Http, Reply, request};

/// Labels by their names.
pub(super) type Labels = BTreeMap<String, String>;

/// The bits of values by time, by labels.
pub(super) type Series = BTreeMap<Labels, BTreeMap<i64, u64>>;

/// The fields of a message.
pub(super) fn fields(mut message: &[u8]) -> Vec<(u64, Field<'_>)> {
    let mut fields = Vec::new();
    while !message.is_empty() {
        let tag = varint(&mut message);
        let value = match tag & 7 {
            0 => Field::Number(varint(&mut message)),
            1 => Field::Double(u64::from_le_bytes(take(&mut message, 8).try_into().expect("8"))),
            2 => {
                let length = varint(&mut message) as usize;
                Field::Bytes(take(&mut message, length))
            }
            kind => panic!("wire type {kind}"),
        };
        fields.push((tag >> 3, value));
    }
    fields
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Field<'a> {
    Number(u64),
    Double(u64),
    Bytes(&'a [u8]),
}

impl<'a> Field<'a> {
    pub(super) fn bytes(self) -> &'a [u8] {
        if let Self::Bytes(bytes) = self { bytes } else { panic!("{self:?} is not bytes") }
    }

    fn text(self) -> String {
        String::from_utf8(self.bytes().to_vec()).expect("text")
    }
}

pub(super) fn varint(message: &mut &[u8]) -> u64 {
    let length = message.iter().position(|byte| *byte < 0x80).expect("an end") + 1;
    let bytes = take(message, length);
    bytes.iter().rev().fold(0, |number, byte| number << 7 | u64::from(byte & 0x7f))
}

pub(super) fn take<'a>(message: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (taken, rest) = message.split_at(length);
    *message = rest;
    taken
}

fn put_varint(message: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        message.push(number as u8 | 0x80);
        number >>= 7;
    }
    message.push(number as u8);
}

fn put_bytes(message: &mut Vec<u8>, field: u64, bytes: impl AsRef<[u8]>) {
    put_varint(message, field << 3 | 2);
    put_varint(message, bytes.as_ref().len() as u64);
    message.extend_from_slice(bytes.as_ref());
}

fn put_number(message: &mut Vec<u8>, field: u64, number: i64) {
    put_varint(message, field << 3);
    put_varint(message, number as u64);
}

/// The labels, the value and the time of a series with one sample.
pub(crate) type Sample<'a> = (&'a [(&'a str, &'a str)], f64, i64);

/// A request of remote write, each of whose series has one sample.
pub(crate) fn write_request(all: &[Sample<'_>]) -> Vec<u8> {
    let mut message = Vec::new();
    for (labels, value, time) in all {
        let (mut series, mut sample) = (Vec::new(), Vec::new());
        for (name, value) in *labels {
            let mut label = Vec::new();
            put_bytes(&mut label, 1, name);
            put_bytes(&mut label, 2, value);
            put_bytes(&mut series, 1, label);
        }
        put_varint(&mut sample, 1 << 3 | 1);
        sample.extend(value.to_le_bytes());
        put_number(&mut sample, 2, *time);
        put_bytes(&mut series, 2, sample);
        put_bytes(&mut message, 1, series);
    }
    message
}

/// A request of remote read for all series whose names match, in the first of some kinds of replies.
pub(super) fn read_request(name: &str, (start, end): (i64, i64), kinds: &[i64]) -> Vec<u8> {
    let (mut message, mut query, mut matcher) = (Vec::new(), Vec::new(), Vec::new());
    put_number(&mut matcher, 1, 2);
    put_bytes(&mut matcher, 2, "__name__");
    put_bytes(&mut matcher, 3, name);
    put_number(&mut query, 1, start);
    put_number(&mut query, 2, end);
    put_bytes(&mut query, 3, matcher);
    put_bytes(&mut message, 1, query);
    kinds.iter().for_each(|kind| put_number(&mut message, 2, *kind));
    message
}

/// Posts a message as a block of snappy.
pub(super) fn post(http: &mut Http, path: &str, message: &[u8], kind: &str) -> Reply {
    let block = Encoder::new().compress_vec(message).expect("a block");
    post_block(http, path, &block, kind)
}

pub(super) fn post_block(http: &mut Http, path: &str, block: &[u8], kind: &str) -> Reply {
    let length = format!("Content-Length: {}", block.len());
    let kind = format!("Content-Type: {kind}");
    let headers =
        [&*kind, "Content-Encoding: snappy", "X-Prometheus-Remote-Write-Version: 0.1.0", &length];
    http.send(request("POST", path, &headers));
    http.send(block);
    http.reply()
}

pub(super) const KIND: &str = "application/x-protobuf";

/// Asks for samples between two times.
pub(super) fn read(http: &mut Http, name: &str, span: (i64, i64)) -> Series {
    let reply = post(http, "/api/v1/read", &read_request(name, span, &[]), KIND);
    assert_eq!((reply.status, reply.header("content-type")), (200, Some(KIND)));
    let response = Decoder::new().decompress_vec(&reply.body).expect("a block");
    let mut all = Series::new();
    for (_, result) in fields(&response) {
        for (_, series) in fields(result.bytes()) {
            let (mut labels, mut samples) = (Labels::new(), BTreeMap::new());
            for (field, value) in fields(series.bytes()) {
                match field {
                    1 => labels.extend([label(value.bytes())]),
                    2 => samples.extend([sample(value.bytes())]),
                    _ => {}
                }
            }
            assert!(all.insert(labels, samples).is_none(), "a series comes once");
        }
    }
    all
}

fn label(message: &[u8]) -> (String, String) {
    let fields: BTreeMap<_, _> = fields(message).into_iter().collect();
    (fields[&1].text(), fields[&2].text())
}

fn sample(message: &[u8]) -> (i64, u64) {
    let (mut time, mut value) = (0, 0);
    for field in fields(message) {
        match field {
            (1, Field::Double(bits)) => value = bits,
            (2, Field::Number(number)) => time = number as i64,
            other => panic!("{other:?}"),
        }
    }
    (time, value)
}

/// Asks for chunks of samples between two times; returns the chunks of each series, in the order in
/// which they come.
pub(super) fn stream(http: &mut Http, name: &str, span: (i64, i64)) -> Vec<(Labels, Vec<Vec<u8>>)> {
    let reply = post(http, "/api/v1/read", &read_request(name, span, &[1, 0]), KIND);
    let kind = "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse";
    assert_eq!((reply.status, reply.header("content-type")), (200, Some(kind)));
    assert!(reply.is_whole);
    let (mut rest, mut all) = (reply.body.as_slice(), Vec::new());
    while !rest.is_empty() {
        let length = varint(&mut rest) as usize;
        take(&mut rest, 4);
        let message = take(&mut rest, length);
        for series in fields(message).into_iter().filter(|(field, _)| *field == 1) {
            let (mut labels, mut chunks) = (Labels::new(), Vec::new());
            for (field, value) in fields(series.1.bytes()) {
                match field {
                    1 => labels.extend([label(value.bytes())]),
                    _ => chunks.push(chunk(value.bytes())),
                }
            }
            all.push((labels, chunks));
        }
    }
    all
}

fn chunk(message: &[u8]) -> Vec<u8> {
    let data = fields(message).into_iter().find(|(field, _)| *field == 4);
    data.expect("a chunk has bytes").1.bytes().to_vec()
}
