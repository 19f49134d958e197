//! Queries: patterns, times of requests, and replies.

use std::collections::BTreeSet;

use metric_proto::{FixedStore, Request, Store, parse_request};
use metric_query::{
    Buckets, Budget, Glob, Keys, Last, Next, Nodes, Now, Produce, Range, Style, TimeUnit, Window,
    parse_moment,
};

/// A search of [`metric_query`] that skips finds the keys that a walk over all keys finds. Any text is a
/// time of a request or is refused. A reply is an object of JSON, and does not depend on the sizes of the
/// outputs.
///
/// The first line is a pattern, the second one a time, the third one the sizes of outputs. Each line
/// behind them is a sample.
///
/// # Panics
///
/// If the law is broken.
pub fn query(data: &[u8]) {
    let mut lines = data.split(|byte| *byte == b'\n');
    let mut next = || lines.next().unwrap_or_default();
    let (pattern, time, sizes) = (next(), next(), next());
    let from = read_time(&String::from_utf8_lossy(time));
    let mut store = FixedStore::<16, 8, KEY>::new();
    lines.for_each(|line| put(&mut store, line));
    if let Ok(glob) = Glob::new(&*String::from_utf8_lossy(pattern)) {
        check_search(&glob, &mut store);
        check_replies(&glob, from, (&mut store, sizes));
    }
}

/// The longest key.
const KEY: usize = 24;

/// Reads a time in every unit. Returns that in seconds, if it is one.
fn read_time(text: &str) -> Option<i64> {
    let now = Now { seconds: 1_150_864_250, nanoseconds: 999_999_999 };
    let [time, ..] = TimeUnit::ALL.map(|unit| parse_moment(text, unit, now).ok());
    time
}

fn put(store: &mut impl Store, line: &[u8]) {
    let command = [b"put ", line].concat();
    if let Ok(Request::Put { key, sample }) = parse_request(&command) {
        // A refused sample is not in the store.
        let _ = store.put(key, sample);
    }
}

fn check_search(glob: &Glob<&str>, store: &mut impl Store) {
    let mut walked = BTreeSet::new();
    let _ = store.series(b"", |key, _| {
        walked.insert(key.as_str().to_owned());
        std::ops::ControlFlow::Continue(())
    });
    walked.retain(|key| glob.matches(key));
    let mut last = Last::<_, KEY>::new(glob, Style::LINES, Budget::NONE);
    let lines = read(&mut last, store, &[]);
    let found = lines.lines().map(|line| line.split(' ').next().unwrap_or_default().to_owned());
    assert_eq!(found.collect::<BTreeSet<_>>(), walked, "{}", glob.as_str());
}

/// Checks one reply of each kind.
fn check_replies(glob: &Glob<&str>, from: Option<i64>, into: (&mut impl Store, &[u8])) {
    let (store, sizes) = into;
    let budget = Budget { series: 6, samples: 30, points: 12 };
    let window = Window { from: from.unwrap_or(i64::MIN), ..Window::ALL };
    let points = 1 + sizes.len();
    let style = Style::JSON;
    check_reply(&Keys::<_, KEY>::new(glob, 3, style), store, sizes);
    check_reply(&Nodes::<KEY>::new(Some(glob.literal_prefix()), 3, style), store, sizes);
    check_reply(&Nodes::<KEY>::new(None, 3, style), store, sizes);
    check_reply(&Last::<_, KEY>::new(glob, style, budget), store, sizes);
    check_reply(&Range::<_, KEY>::new(glob, window, style, budget), store, sizes);
    for times in [(from, None), (None, from)] {
        let buckets = Buckets::<_, KEY>::new(glob, times, points, style, budget);
        check_reply(&buckets, store, sizes);
    }
}

fn check_reply(producer: &(impl Produce + Clone), store: &mut impl Store, sizes: &[u8]) {
    let reply = read(&mut producer.clone(), store, sizes);
    assert_eq!(reply, read(&mut producer.clone(), store, &[]));
    assert!(is_object(&reply), "{reply}");
}

/// Whether all brackets of a text are closed by its last character, as those of an object of JSON.
fn is_object(text: &str) -> bool {
    let (mut open, mut characters) = (Vec::new(), text.chars());
    while let Some(character) = characters.next() {
        let is_closed = match character {
            '{' | '[' => {
                open.push(character);
                continue;
            }
            '}' => open.pop() == Some('{'),
            ']' => open.pop() == Some('['),
            '"' => is_string(&mut characters),
            _ => true,
        };
        if !is_closed || open.is_empty() {
            return is_closed && character == '}' && characters.next().is_none();
        }
    }
    false
}

/// Whether a string of JSON ends that has begun.
fn is_string(characters: &mut std::str::Chars<'_>) -> bool {
    while let Some(character) = characters.next() {
        match character {
            '"' => return true,
            '\\' if !matches!(characters.next(), Some('"' | '\\')) => return false,
            _ => {}
        }
    }
    false
}

/// Reads a reply into outputs of these sizes, over and over, or of 64 KiB.
fn read(producer: &mut impl Produce, store: &mut impl Store, sizes: &[u8]) -> String {
    let (mut reply, mut output) = (Vec::new(), vec![0; 65_536]);
    let mut sizes = sizes.iter().map(|size| usize::from(*size) + 1).cycle();
    loop {
        let size = sizes.next().unwrap_or(output.len());
        let filled = producer.fill(store, &mut output[..size]);
        reply.extend_from_slice(&output[..filled.bytes]);
        match filled.next {
            Next::More => {}
            Next::Done | Next::Exceeded(_) => break,
            other => panic!("the store has everything, but: {other:?}"),
        }
    }
    String::from_utf8(reply).expect("replies are text")
}
