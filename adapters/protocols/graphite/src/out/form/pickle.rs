//! Series and nodes as pickles, protocol 2: what graphite-web reads of its cluster.

use metric_web::Held;

use super::Form;
use crate::out::find::{Node, Nodes};
use crate::out::list::{List, plain};
use crate::out::series::Series;

/// `[{'name': …, 'pathExpression': …, 'start': …, 'end': …, 'step': …, 'values': […]}]`
pub(crate) struct Pickle;

impl Form for Pickle {
    fn begin(&self, out: &mut Vec<u8>) {
        out.extend(PROTOCOL);
        out.extend(LIST);
    }

    fn head(&self, out: &mut Vec<u8>, series: &Series, _: bool) {
        out.extend(DICT);
        text(out, "name");
        text(out, &series.name);
        text(out, "pathExpression");
        text(out, &series.path);
        for (name, number) in
            [("start", series.start()), ("end", series.end()), ("step", series.step())]
        {
            text(out, name);
            integer(out, number);
        }
        text(out, "values");
        out.extend(LIST);
    }

    fn points(&self, out: &mut Vec<u8>, _: &Series, _: usize, points: &[(i64, f64)]) {
        for (_, value) in points {
            if value.is_finite() {
                out.push(b'G');
                out.extend(value.to_be_bytes());
            } else {
                out.push(b'N');
            }
        }
    }

    fn tail(&self, out: &mut Vec<u8>, _: &Series) {
        out.extend(END_OF_LIST);
        out.extend(END_OF_DICT);
    }

    fn end(&self, out: &mut Vec<u8>) {
        out.extend(END_OF_LIST);
        out.extend(STOP);
    }
}

/// Makes a list of nodes: `[{'path': …, 'is_leaf': True, 'intervals': [[first, now]]}]`. A node that is
/// a series and a branch is there twice.
pub(crate) fn nodes(nodes: Nodes, (per_second, now): (i64, i64), held: Held) -> List {
    let items = nodes.into_iter().map(move |(path, node)| pickled(&path, node, (per_second, now)));
    plain(items, ([PROTOCOL, LIST].concat(), "e."), held)
}

fn pickled(path: &str, node: Node, (per_second, now): (i64, i64)) -> Vec<u8> {
    let mut out = Vec::new();
    if let Some(summary) = &node.leaf {
        let first = summary.first.timestamp().div_euclid(per_second);
        begin_node(&mut out, path, true);
        text(&mut out, "intervals");
        out.extend(LIST);
        out.extend(LIST);
        integer(&mut out, first);
        integer(&mut out, now.max(first));
        out.extend(END_OF_LIST);
        out.extend(END_OF_LIST);
        out.extend(END_OF_DICT);
    }
    if node.is_branch {
        begin_node(&mut out, path, false);
        out.extend(END_OF_DICT);
    }
    out
}

fn begin_node(out: &mut Vec<u8>, path: &str, is_leaf: bool) {
    out.extend(DICT);
    text(out, "path");
    text(out, path);
    text(out, "is_leaf");
    out.push(if is_leaf { 0x88 } else { 0x89 });
}

const PROTOCOL: &[u8] = &[0x80, 2];
/// An empty list, and a mark behind which its items stand.
const LIST: &[u8] = b"](";
const END_OF_LIST: &[u8] = b"e";
const DICT: &[u8] = b"}(";
const END_OF_DICT: &[u8] = b"u";
const STOP: &[u8] = b".";

/// Writes a text. None is longer than a request or a key allows.
fn text(out: &mut Vec<u8>, text: &str) {
    out.push(b'X');
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(text.as_bytes());
}

/// Writes an integer of eight bytes.
fn integer(out: &mut Vec<u8>, number: i64) {
    out.extend([0x8a, 8]);
    out.extend(number.to_le_bytes());
}
