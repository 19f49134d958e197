//! The labels of a key as Prometheus has them: the name is one of them.

use metric_query::{LabelText, Labels};

use crate::proto::{put_head, varint_length};
use crate::write::NAME;

/// Returns the labels of a key in ascending order of their names, with that of the name.
///
/// A tag that is called as the label of the name is left out, since there can be only one.
pub(crate) fn labels(key: &str) -> impl Iterator<Item = (LabelText<'_>, LabelText<'_>)> {
    let labels = Labels::of(key);
    let name = LabelText::from(NAME);
    let before = labels.tags().take_while(move |(tag, _)| *tag < name);
    let after = labels.tags().skip_while(move |(tag, _)| *tag <= name);
    before.chain([(name, labels.name())]).chain(after)
}

/// Returns bytes that are in the order in which Prometheus has the labels of keys: label by label,
/// first by their names.
pub(crate) fn order(key: &str) -> Box<[u8]> {
    let mut bytes = Vec::with_capacity(key.len() + NAME.len() + 4);
    for (label, value) in labels(key) {
        for text in [label, value] {
            // What ends a text is less than all that could be in its place.
            match text.as_plain() {
                Some(plain) if !plain.contains(['\0', '\x01']) => {
                    bytes.extend_from_slice(plain.as_bytes());
                }
                _ => text.chars().for_each(|character| put_ordered(&mut bytes, character)),
            }
            bytes.push(0);
        }
    }
    bytes.into()
}

fn put_ordered(bytes: &mut Vec<u8>, character: char) {
    match character {
        '\0' => bytes.extend([1, 1]),
        '\x01' => bytes.extend([1, 2]),
        _ => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

/// Writes the labels of a key as fields of a message.
pub(crate) fn put_labels(out: &mut Vec<u8>, field: u64, key: &str) {
    for (label, value) in labels(key) {
        let text = |text: &LabelText<'_>| 1 + varint_length(text.len() as u64) + text.len();
        put_head(out, field, text(&label) + text(&value));
        put_text(out, 1, label);
        put_text(out, 2, value);
    }
}

fn put_text(out: &mut Vec<u8>, field: u64, text: LabelText<'_>) {
    put_head(out, field, text.len());
    match text.as_plain() {
        Some(plain) => out.extend_from_slice(plain.as_bytes()),
        None => text.chars().for_each(|character| {
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::{Fields, Value};
    use metric_query::encode_labels;
    use proptest::collection::btree_map;
    use proptest::prelude::*;

    fn list(key: &str) -> Vec<(String, String)> {
        labels(key).map(|(label, value)| (label.to_string(), value.to_string())).collect()
    }

    #[test]
    fn the_name_is_a_label_at_its_place() {
        for (key, expected) in [
            ("up", vec![("__name__", "up")]),
            ("up;A=1;_=2;a=3", vec![("A", "1"), ("_", "2"), ("__name__", "up"), ("a", "3")]),
            ("up;__name__=x;a=3", vec![("__name__", "up"), ("a", "3")]),
            ("a;b", vec![("__name__", "a;b")]),
        ] {
            let list = list(key);
            let list: Vec<_> = list.iter().map(|(label, value)| (&**label, &**value)).collect();
            assert_eq!(list, expected, "{key}");
        }
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_the_labels(
            one in btree_map("[a_A]{1,2}", "[a%;\0\x01\x02é]{1,3}", 0..3),
            other in btree_map("[a_A]{1,2}", "[a%;\0\x01\x02é]{1,3}", 0..3),
        ) {
            let [one, other] = [one, other].map(|tags| {
                let tags = tags.iter().map(|(tag, value)| (&**tag, &**value));
                encode_labels("n", tags, &mut [0; 255]).unwrap().as_str().to_owned()
            });
            prop_assert_eq!(order(&one).cmp(&order(&other)), list(&one).cmp(&list(&other)));
        }

        #[test]
        fn labels_are_written_as_a_protocol_buffer(tags in btree_map("[a_A;%é]{1,3}", "[a%;é\n]{1,200}", 0..3)) {
            let tags = tags.iter().map(|(tag, value)| (&**tag, &**value));
            let mut buffer = [0; 1_000];
            if let Ok(key) = encode_labels("n n", tags, &mut buffer) {
                let mut message = Vec::new();
                put_labels(&mut message, 1, key.as_str());
                let (mut fields, mut read) = (Fields::of(&message), Vec::new());
                while let Some((1, Value::Bytes(label))) = fields.next().unwrap() {
                    read.push(crate::write::label(label).unwrap());
                }
                let list = list(key.as_str());
                prop_assert!(read.into_iter().eq(list.iter().map(|(label, value)| (&**label, &**value))));
            }
        }
    }
}
