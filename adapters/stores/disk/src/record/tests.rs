use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

fn encode(records: &[Record<'_>]) -> Vec<u8> {
    let (mut encoder, mut bytes) = (Encoder::default(), Vec::new());
    for record in records {
        encoder.append(&mut bytes, *record);
    }
    bytes
}

/// Decodes as many records as there are, and tells how it ended.
fn decode(mut bytes: &[u8]) -> (Vec<Record<'_>>, Result<(), Malformed>) {
    let (mut decoder, mut records) = (Decoder::default(), Vec::new());
    loop {
        match decoder.next(&mut bytes) {
            Ok(Some(record)) => records.push(record),
            Ok(None) => return (records, Ok(())),
            Err(error) => return (records, Err(error)),
        }
    }
}

fn put(series: u32, value: f64, timestamp: i64) -> Record<'static> {
    Record::Put { series, sample: Sample::new(value, timestamp).unwrap() }
}

fn check(records: &[Record<'_>]) -> usize {
    let bytes = encode(records);
    assert_eq!(decode(&bytes), (records.to_vec(), Ok(())));
    bytes.len()
}

/// Encodes puts into series 0, 1 and so on at time 0.
fn length_of(values: &[f64]) -> usize {
    let puts: Vec<_> = (0..).zip(values).map(|(series, &value)| put(series, value, 0)).collect();
    check(&puts)
}

#[test]
fn a_put_takes_a_byte_and_its_value() {
    assert_eq!(length_of(&[0.0; 10]), 10);
    assert_eq!(length_of(&[-64.0, 63.0, 127.0, -128.0]), 8);
    assert_eq!(length_of(&[32_767.0, 8_388_607.0, 2_147_483_647.0]), 4 + 3 + 5);
}

#[test]
fn gauges_of_a_thousand_series_in_turn_take_three_bytes() {
    let gauge = |at: u32| f64::from(at * 7919 % 10_000) / 100.0;
    let puts = |time: u32| {
        (0..1000).map(move |at| put(at, gauge(at + time), 1_700_000_000 + i64::from(time)))
    };
    let length = check(&(0..10).flat_map(puts).collect::<Vec<_>>());
    let steps = 10 * (1 + 2 + 1);
    assert!(length < 30_000 + steps, "{length} bytes");
}

#[test]
fn long_decimals_cost_the_short_ones_after_them_a_byte_at_most() {
    assert_eq!(length_of(&[0.123456789012]), 1 + 1 + 5);
    assert_eq!(length_of(&[0.123456789012, 23.75]), 7 + (1 + 1 + 2));
    assert_eq!(length_of(&[0.123456789012, 23.75, 23.5]), 7 + 4 + 3);
    let counters_and_gauges = [123_456_789_012.0, 23.75, 123_456_789_012.0, 23.75];
    assert_eq!(length_of(&counters_and_gauges), 6 + 4 + 7 + 3);
}

#[test]
fn what_is_no_short_decimal_takes_eight_bytes() {
    let largest = 2_251_799_813_685_247.0;
    assert_eq!(length_of(&[largest, -largest]), 2 * (1 + 7));
    for value in [-0.0, 1.0 / 3.0, f64::MAX, f64::MIN, 5e-324, largest + 1.0, 1e-13] {
        assert_eq!(length_of(&[value]), 1 + 8, "{value}");
    }
}

#[test]
fn series_and_times_wrap() {
    check(&[put(u32::MAX, 0.0, i64::MAX), put(0, 0.0, i64::MIN), put(u32::MAX, 0.0, -1)]);
    check(&[put(1 << 31, 0.0, 0), put(0, 0.0, i64::MAX), put(1 << 31, 0.0, i64::MIN)]);
}

#[test]
fn the_longest_record_is_as_long_as_it_says() {
    let name = "k".repeat(LONGEST_KEY);
    let key = Key::new(&name).unwrap();
    assert_eq!(check(&[Record::Key { series: 1 << 31, key }]), MAX_RECORD);
}

#[test]
fn bytes_that_are_never_written_are_malformed() {
    let infinite = [&[8][..], &f64::INFINITY.to_le_bytes()].concat();
    let nan = [&[8][..], &f64::NAN.to_le_bytes()].concat();
    let too_large = [&[7][..], &DECIMALS.to_le_bytes()[..7]].concat();
    let long_name = [&[0x40, 0xe9, 0x03][..], &[b'k'; 1001]].concat();
    let mut cases = vec![infinite, nan, too_large, long_name];
    cases.extend([
        vec![0x10, 13],                              // 13 decimal places
        vec![0x40, 0, 0],                            // an empty key
        vec![0x40, 1, 0, b'*'],                      // no key of the protocol
        vec![0x40, 3, 0, b'a', b' ', b'b'],          // nor this
        vec![0x20, 0x05, 0, 0, 0, 0, 1],             // a step of the series of 33 bits
        vec![0x20, 0x90, 1, 1, 1, 1, 1, 1, 1, 1, 1], // a step of the time of 72 bits
    ]);
    let tags = (0..=255).filter(|tag| !matches!(tag & 0xdf, 0..=8 | 0x10..=0x18 | 0x40 | 0x80));
    cases.extend(tags.map(|tag| [&[tag][..], &[0; 300]].concat()));
    for bytes in cases {
        let (records, end) = decode(&bytes);
        assert_eq!(
            (records.len(), end),
            (0, Err(Malformed)),
            "{:02x?}",
            &bytes[..bytes.len().min(10)]
        );
    }
}

/// Common decimals, any doubles, and extreme values.
fn value() -> impl Strategy<Value = f64> {
    let decimal = (-9_999_999..9_999_999_i64, 0..14)
        .prop_map(|(digits, places)| format!("{digits}e-{places}").parse().expect("a number"));
    let double =
        any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |value| value.is_finite());
    let integer = any::<i64>().prop_map(|integer| integer as f64);
    let ends = [0.0, -0.0, 5e-324, -5e-324, f64::MIN_POSITIVE, f64::MAX, f64::MIN, 1e16, 0.1];
    let ends = prop::sample::select(ends.to_vec());
    prop_oneof![4 => decimal, 2 => double, 1 => integer, 1 => ends]
}

/// A series and a timestamp, mostly small. Steps between them may be of any size.
fn place() -> impl Strategy<Value = (u32, i64)> {
    let ends = [i64::MIN, -1, 0, 1, i64::MAX];
    let timestamp =
        prop_oneof![4 => -3..3_i64, 1 => any::<i64>(), 1 => prop::sample::select(ends.to_vec())];
    (prop_oneof![4 => 0..4_u32, 1 => any::<u32>(), 1 => Just(u32::MAX)], timestamp)
}

#[derive(Clone, Debug)]
enum Owned {
    Key(String),
    Put(f64),
    Remove,
}

fn records() -> impl Strategy<Value = Vec<((u32, i64), Owned)>> {
    let record = prop_oneof![
        2 => prop_oneof![1..20_usize, Just(LONGEST_KEY)].prop_map(|length| Owned::Key("k".repeat(length))),
        8 => value().prop_map(Owned::Put),
        1 => Just(Owned::Remove),
    ];
    vec((place(), record), 0..40)
}

fn borrow(records: &[((u32, i64), Owned)]) -> Vec<Record<'_>> {
    let records = records.iter().map(|((series, timestamp), record)| match record {
        Owned::Key(name) => Record::Key { series: *series, key: Key::new(name).unwrap() },
        Owned::Put(value) => put(*series, *value, *timestamp),
        Owned::Remove => Record::Remove { series: *series },
    });
    records.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 200, ..Default::default() })]

    #[test]
    fn what_was_encoded_is_decoded_to_the_bit(records in records()) {
        let records = borrow(&records);
        let bytes = encode(&records);
        prop_assert_eq!(decode(&bytes), (records.clone(), Ok(())));
        prop_assert!(bytes.len() <= records.len() * MAX_RECORD);
    }

    #[test]
    fn a_decimal_of_few_places_takes_the_bytes_of_its_digits(
        digits in -9_999_999..9_999_999_i64,
        places in 0..=12_u32,
    ) {
        let value = format!("{digits}e-{places}").parse().expect("a number");
        let length = 8 - zigzag(digits).leading_zeros() as usize / 8;
        prop_assert!(digits == 0 || length_of(&[value]) <= 1 + 1 + length);
    }

    #[test]
    fn what_is_cut_off_leaves_the_records_before(records in records(), end: Index) {
        let records = borrow(&records);
        let bytes = encode(&records);
        let (decoded, _) = decode(&bytes[..end.index(bytes.len() + 1)]);
        prop_assert!(records.starts_with(&decoded));
    }

    #[test]
    fn records_do_not_depend_on_their_buffers(records in records()) {
        let records = borrow(&records);
        let (mut encoder, mut bytes) = (Encoder::default(), Vec::new());
        for record in &records {
            let mut buffer = Vec::new();
            encoder.append(&mut buffer, *record);
            bytes.extend(buffer);
        }
        prop_assert_eq!(bytes, encode(&records));
    }

    #[test]
    fn any_bytes_are_records_or_malformed(bytes in vec(any::<u8>(), 0..600)) {
        check_bytes(&bytes);
    }

    #[test]
    fn changed_bytes_are_records_or_malformed(
        records in records(),
        changes in vec(any::<(Index, u8)>(), 1..4),
    ) {
        let mut bytes = encode(&borrow(&records));
        for (place, byte) in changes.into_iter().filter(|_| !records.is_empty()) {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        check_bytes(&bytes);
    }
}

fn check_bytes(bytes: &[u8]) {
    let (records, _) = decode(bytes);
    check(&records);
}
