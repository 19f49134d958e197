use super::*;
use crate::proto::{put_bytes, put_double, put_integer};
use metric_query::Labels;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

/// Labels and samples of a series.
type Series<'a> = (&'a [(&'a str, &'a str)], &'a [(f64, i64)]);

/// Writes a request as Prometheus does.
fn request(all: &[Series<'_>]) -> Vec<u8> {
    let mut request = Vec::new();
    for (labels, samples) in all {
        let mut series = Vec::new();
        for (name, value) in *labels {
            let mut label = Vec::new();
            put_bytes(&mut label, 1, name.as_bytes());
            put_bytes(&mut label, 2, value.as_bytes());
            put_bytes(&mut series, 1, &label);
        }
        for (value, time) in *samples {
            let mut sample = Vec::new();
            put_double(&mut sample, 1, *value);
            put_integer(&mut sample, 2, *time);
            put_bytes(&mut series, 2, &sample);
        }
        put_bytes(&mut request, 1, &series);
    }
    request
}

/// Reads a request; returns what each sample is, with its key if it is stored.
fn read(request: &[u8], unit: TimeUnit) -> Vec<(String, Item)> {
    let (mut writes, mut items) = (Writes::new(request, 255, unit), Vec::new());
    while let Some(item) = writes.next_sample().unwrap() {
        let key = writes.key().filter(|_| item.is_ok());
        items.push((key.map(|key| key.as_str().to_owned()).unwrap_or_default(), item));
    }
    items
}

#[test]
fn each_sample_is_stored_or_told_apart() {
    let long = "x".repeat(255);
    let name = ("__name__", "up");
    let stale = f64::from_bits(STALE);
    let cases: [(Series<'_>, &str, Item); 13] = [
        ((&[name, ("job", "a b")], &[(1.5, 7)]), "up;job=a%20b", Ok(sample(1.5, 7))),
        ((&[("job", "j"), name, ("A", "1")], &[(-0.0, -7)]), "up;A=1;job=j", Ok(sample(-0.0, -7))),
        ((&[name, ("job", "")], &[(0.0, 0)]), "up", Ok(sample(0.0, 0))),
        ((&[("__name__", "a.b c")], &[(1.0, i64::MAX)]), "a.b%20c", Ok(sample(1.0, i64::MAX))),
        ((&[name], &[(stale, 1)]), "", Err(Outcome::Stale)),
        ((&[name], &[(f64::NAN, 1)]), "", Err(Outcome::NotANumber)),
        ((&[name], &[(f64::NEG_INFINITY, 1)]), "", Err(Outcome::Infinite)),
        ((&[("job", "j")], &[(1.0, 1)]), "", Err(Outcome::Labels)),
        ((&[("__name__", "")], &[(1.0, 1)]), "", Err(Outcome::Labels)),
        ((&[name, name], &[(1.0, 1)]), "", Err(Outcome::Labels)),
        ((&[name, ("a", "1"), ("a", "2")], &[(1.0, 1)]), "", Err(Outcome::Labels)),
        ((&[name, ("", "2")], &[(1.0, 1)]), "", Err(Outcome::Labels)),
        ((&[name, ("a", &long)], &[(1.0, 1)]), "", Err(Outcome::KeyTooLong)),
    ];
    for (series, key, item) in cases {
        let expected = vec![(key.to_owned(), item)];
        assert_eq!(read(&request(&[series]), TimeUnit::Milliseconds), expected, "{series:?}");
    }
}

#[test]
fn times_are_of_the_unit_of_the_server_and_of_those_that_fall_together_the_last_wins() {
    let samples = [(1.0, -1), (2.0, 999), (3.0, 1_000), (4.0, 1_999), (5.0, 2_000)];
    let request = request(&[(&[("__name__", "n")], &samples)]);
    let mut writes = Writes::new(&request, 255, TimeUnit::Seconds);
    let mut times = Vec::new();
    while let Some(item) = writes.next_sample().unwrap() {
        times.push(item.unwrap().timestamp());
    }
    assert_eq!((times, writes.merged()), (vec![-1, 0, 1, 1, 2], 1));
    let far = self::request(&[(&[("__name__", "n")], &[(1.0, i64::MAX)])]);
    assert_eq!(read(&far, TimeUnit::Nanoseconds), [(String::new(), Err(Outcome::Time))]);
}

#[test]
fn samples_that_fall_together_are_counted_wherever_they_are_in_a_request() {
    let (one, two) = ([("__name__", "one")], [("__name__", "two")]);
    let series: [(&[_], _); 6] =
        [(&one, 1_000), (&two, 1_000), (&one, 1_999), (&two, 2_000), (&one, 2_500), (&two, 2_100)];
    let samples = series.map(|(labels, time)| (labels, [(1.0, time)]));
    let all: Vec<Series<'_>> = samples.iter().map(|(labels, one)| (*labels, &one[..])).collect();
    let request = request(&all);
    for (unit, merged) in [(TimeUnit::Seconds, 2), (TimeUnit::Milliseconds, 0)] {
        let mut writes = Writes::new(&request, 255, unit);
        while writes.next_sample().unwrap().is_some() {}
        assert_eq!(writes.merged(), merged);
    }
}

#[test]
fn what_else_a_series_has_is_passed_over() {
    let mut series = Vec::new();
    put_bytes(&mut series, 4, b"a histogram");
    put_bytes(&mut series, 3, b"an exemplar");
    put_bytes(&mut series, 2, &[0x10, 7]);
    // Labels may come last.
    put_bytes(&mut series, 1, b"\x0a\x08__name__\x12\x01n");
    let mut request = Vec::new();
    put_bytes(&mut request, 3, b"metadata");
    put_bytes(&mut request, 1, &series);
    let expected = [(String::new(), Err(Outcome::Histogram)), ("n".into(), Ok(sample(0.0, 7)))];
    assert_eq!(read(&request, TimeUnit::Milliseconds), expected);
}

#[test]
fn what_is_no_request_is_broken() {
    let cases: [&[u8]; 8] = [
        b"\x08\x01",
        b"\x09\x00",
        b"\x0a\x05abc",
        b"\x0a\x02\x12\x01",
        b"\x0a\x04\x0a\x02\x0a\x05",
        b"\x0a\x05\x0a\x03\x0a\x01\xff",
        b"\x0a\x04\x12\x02\x08\x01",
        b"\x0a\x04\x12\x02\x11\x01",
    ];
    for request in cases {
        let mut writes = Writes::new(request, 255, TimeUnit::Seconds);
        let end = std::iter::repeat_with(|| writes.next_sample())
            .find(|item| !matches!(item, Ok(Some(_))));
        assert_eq!(end, Some(Err(Broken)), "{request:?}");
    }
    assert_eq!(Writes::new(b"\x10\x01", 255, TimeUnit::Seconds).next_sample(), Ok(None));
}

#[test]
fn labels_without_number_take_no_more_memory_than_a_key_has_room_for() {
    let names: Vec<String> = (0..100_000).map(|number| format!("l{number:06}")).collect();
    let mut labels: Vec<_> = names.iter().map(|name| (name.as_str(), "v")).collect();
    labels.push(("__name__", "n"));
    let request = request(&[(&labels, &[(1.0, 1)])]);
    let mut writes = Writes::new(&request, 255, TimeUnit::Seconds);
    assert_eq!(writes.next_sample(), Ok(Some(Err(Outcome::KeyTooLong))));
    assert!(writes.labels.capacity() < 1_000);
}

#[test]
fn a_request_reads_the_same_in_whatever_pauses() {
    let (name, long) = (("__name__", "n"), "x".repeat(LABEL));
    let request = request(&[
        (&[name, ("a", "b")], &[(1.0, 1), (2.0, 2)]),
        (&[name, ("a", &long)], &[(3.0, 3)]),
        (&[], &[]),
        (&[name], &[(4.0, 4)]),
    ]);
    let (mut writes, mut items) = (Writes::new(&request, 255, TimeUnit::Milliseconds), Vec::new());
    loop {
        match writes.advance(&mut 1).unwrap() {
            Progress::Item(item) => items.push(item),
            Progress::Paused => {}
            Progress::Done => break,
        }
    }
    let expected: Vec<Item> =
        read(&request, TimeUnit::Milliseconds).into_iter().map(|(_, item)| item).collect();
    assert_eq!(items, expected);
    let long = Err(Outcome::KeyTooLong);
    assert_eq!(items, [Ok(sample(1.0, 1)), Ok(sample(2.0, 2)), long, Ok(sample(4.0, 4))]);
}

fn sample(value: f64, timestamp: i64) -> Sample {
    Sample::new(value, timestamp).unwrap()
}

proptest! {
    #[test]
    fn a_usual_label_is_read_as_any(
        label in vec(prop_oneof![Just(0x0a), Just(0x12), 0_u8..4, Just(b'a'), 0xc0_u8..0xc4, Just(0xa4)], 0..12),
        name in "[aé]{0,2}|a{126,129}",
        value in "[aé]{0,2}|a{126,129}",
    ) {
        prop_assert_eq!(super::label(&label), any_label(&label));
        let mut usual = Vec::new();
        put_bytes(&mut usual, 1, name.as_bytes());
        put_bytes(&mut usual, 2, value.as_bytes());
        prop_assert_eq!(super::label(&usual), Ok((&*name, &*value)));
    }

    #[test]
    fn labels_of_any_text_are_kept(
        name in "\\PC{1,9}|[;=%\n* ]{1,3}",
        labels in btree_map("\\PC{1,9}|[;=% ]{1,3}", "\\PC{1,9}|[;=%\n]{1,3}", 0..4),
        samples in vec((any::<f64>(), any::<i64>()), 1..4),
    ) {
        let mut all: Vec<_> = labels.iter().filter(|(label, _)| *label != NAME).map(|(label, value)| (&**label, &**value)).collect();
        let tags = all.clone();
        all.push((NAME, &name));
        let request = request(&[(&all, &samples)]);
        for ((key, item), (value, time)) in read(&request, TimeUnit::Milliseconds).into_iter().zip(&samples) {
            match item {
                Ok(stored) => {
                    prop_assert_eq!(stored, sample(*value, *time));
                    prop_assert_eq!(Labels::of(&key).name(), name.as_str());
                    let read: Vec<_> = Labels::of(&key).tags().map(|(tag, value)| (tag.to_string(), value.to_string())).collect();
                    prop_assert!(read.iter().map(|(tag, value)| (&**tag, &**value)).eq(tags.iter().copied()));
                }
                Err(Outcome::NotANumber | Outcome::Stale) => prop_assert!(value.is_nan()),
                Err(outcome) => prop_assert!(outcome == Outcome::KeyTooLong || value.is_infinite()),
            }
        }
    }
}
