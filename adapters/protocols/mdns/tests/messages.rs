//! Messages as other hosts send them, and what is said to them, byte by byte.

use metric_mdns::{
    Answer, Host, MAX_MESSAGE, Name, PORT, To, announce, answer, is_conflict, probe,
};
use proptest::prelude::*;

const QUERY: [u16; 2] = [0, 0];
const RESPONSE: [u16; 2] = [0, 0x8400];

const A: u16 = 1;
const AAAA: u16 = 28;
const NSEC: u16 = 47;
const ANY: u16 = 255;
const IN: u16 = 1;
const UNICAST: u16 = 0x8001;

fn host() -> Host {
    Host { name: Name::new("metric").unwrap(), address: [192, 168, 1, 23].into() }
}

/// Returns a message: identifier and flags, the number of questions and of records in each section,
/// and these.
fn message(head: [u16; 2], counts: [u16; 4], parts: &[&[u8]]) -> Vec<u8> {
    let numbers = head.into_iter().chain(counts);
    numbers.flat_map(u16::to_be_bytes).chain(parts.concat()).collect()
}

fn question(name: &[u8], kind: u16, class: u16) -> Vec<u8> {
    [name, &kind.to_be_bytes(), &class.to_be_bytes()].concat()
}

fn record(name: &[u8], kind: u16, class: u16, ttl: u32, data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u16).to_be_bytes();
    [&*question(name, kind, class), &ttl.to_be_bytes(), &length, data].concat()
}

const NAME: &[u8] = b"\x06metric\x05local\0";
const SAME: &[u8] = b"\xc0\x0c";
const OTHER: &[u8] = b"\x07printer\x05local\0";

fn ask(query: &[u8], port: u16) -> Option<(Vec<u8>, To, bool)> {
    let mut output = [0; MAX_MESSAGE];
    let Answer { length, to, defends } = answer(query, port, &host(), &mut output)?;
    Some((output[..length].to_vec(), to, defends))
}

fn announcement() -> Vec<u8> {
    let address = record(NAME, A, UNICAST, 120, &[192, 168, 1, 23]);
    let nothing_else = record(SAME, NSEC, UNICAST, 120, b"\xc0\x0c\x00\x01\x40");
    message(RESPONSE, [0, 2, 0, 0], &[&address, &nothing_else])
}

#[test]
fn what_a_host_says_by_itself_is_as_the_rfc_has_it() {
    let mut output = [0; MAX_MESSAGE];
    let length = announce(&host(), &mut output).unwrap();
    assert_eq!(output[..length], announcement());
    let length = probe(&host(), &mut output).unwrap();
    let wanted = record(SAME, A, IN, 120, &[192, 168, 1, 23]);
    let expected = message(QUERY, [1, 0, 1, 0], &[&question(NAME, ANY, UNICAST), &wanted]);
    assert_eq!(output[..length], expected);
}

#[test]
fn the_longest_name_fits_the_longest_message() {
    let longest = Name::new(&"k".repeat(Name::MAX)).unwrap();
    let name = (0..254).fold(longest, |name, _| name.next());
    assert_eq!(name.as_str().len(), 63);
    let host = Host { name, ..host() };
    let mut output = [0; MAX_MESSAGE];
    let longest = announce(&host, &mut output).unwrap().max(probe(&host, &mut output).unwrap());
    assert!((100..=MAX_MESSAGE).contains(&longest), "{longest}");
    for length in 0..longest {
        let (announced, probed) =
            (announce(&host, &mut output[..length]), probe(&host, &mut output[..length]));
        assert!(announced.is_none() || probed.is_none(), "{length}");
    }
}

#[test]
fn a_question_for_the_host_is_answered_to_the_group_or_to_the_asker() {
    let all = announcement();
    for (name, kind, class, to) in [
        (NAME, A, IN, To::Group),
        (b"\x06mEtRiC\x05LOCAL\0", A, IN, To::Group),
        (NAME, ANY, IN, To::Group),
        (NAME, A, ANY, To::Group),
        (NAME, AAAA, IN, To::Group),
        (NAME, A, UNICAST, To::Asker),
        (NAME, AAAA, UNICAST, To::Asker),
    ] {
        let query = message(QUERY, [1, 0, 0, 0], &[&question(name, kind, class)]);
        assert_eq!(ask(&query, PORT), Some((all.clone(), to, false)), "{kind} {class}");
    }
    // Among others, and by a pointer into another name.
    let questions = [question(OTHER, A, UNICAST), question(b"\x06metric\xc0\x14", A, UNICAST)];
    let query = message(QUERY, [2, 0, 0, 0], &[&questions.concat()]);
    assert_eq!(ask(&query, PORT), Some((all.clone(), To::Asker, false)));
    // One of two may be answered to the asker alone.
    let questions = [question(NAME, A, UNICAST), question(SAME, AAAA, IN)];
    let query = message(QUERY, [2, 0, 0, 0], &[&questions.concat()]);
    assert_eq!(ask(&query, PORT), Some((all, To::Group, false)));
}

#[test]
fn what_is_not_for_the_host_is_not_answered() {
    let of = |name: &[u8]| message(QUERY, [1, 0, 0, 0], &[&question(name, A, IN)]);
    let names: [&[u8]; 8] = [
        OTHER,
        b"\0",
        b"\x06metric\0",
        b"\x05local\0",
        b"\x06metric\x05local\x05local\0",
        b"\x06metric\x03com\0",
        b"\x07metric2\x05local\0",
        b"\x01a\x06metric\x05local\0",
    ];
    for name in names {
        assert_eq!(ask(&of(name), PORT), None, "{name:?}");
        assert_eq!(ask(&of(name), 50_000), None, "{name:?}");
    }
    let chaos = message(QUERY, [1, 0, 0, 0], &[&question(NAME, A, 3)]);
    assert_eq!(ask(&chaos, PORT), None);
    // A response, an operation other than a query, and a status.
    for flags in [0x8000, 0x8400, 0x2800, 0x0003] {
        let query = message([0, flags], [1, 0, 0, 0], &[&question(NAME, A, IN)]);
        assert_eq!(ask(&query, PORT), None, "{flags:x}");
    }
}

#[test]
fn a_program_of_plain_dns_gets_a_plain_answer() {
    for (kind, class) in [(A, IN), (ANY, IN), (A, ANY), (A, UNICAST)] {
        let asked = question(NAME, kind, class);
        let query = message([0x1234, 0x0100], [1, 0, 0, 0], &[&asked]);
        let address = record(SAME, A, IN, 10, &[192, 168, 1, 23]);
        let plain = message([0x1234, 0x8400], [1, 1, 0, 0], &[&asked, &address]);
        assert_eq!(ask(&query, 50_000), Some((plain, To::Asker, false)));
    }
    let query = message(QUERY, [1, 0, 0, 0], &[&question(NAME, AAAA, IN)]);
    assert_eq!(ask(&query, 50_000), None);
}

#[test]
fn an_address_that_the_asker_knows_is_not_answered() {
    let knows = |kind, name: &[u8], ttl, address: [u8; 4]| {
        let known = record(name, A, UNICAST, ttl, &address);
        let printer = record(OTHER, A, IN, 120, &address);
        let parts = [&question(NAME, kind, IN)[..], &printer, &known];
        ask(&message(QUERY, [1, 2, 0, 0], &parts), PORT).is_none()
    };
    let ours = [192, 168, 1, 23];
    assert!(knows(A, NAME, 60, ours) && knows(ANY, SAME, 4500, ours));
    assert!(!knows(A, NAME, 59, ours) && !knows(A, NAME, 120, [192, 168, 1, 24]));
    assert!(!knows(A, OTHER, 120, ours) && !knows(AAAA, NAME, 120, ours));
}

#[test]
fn whoever_wants_the_name_is_told_that_it_is_taken() {
    let wanted = record(SAME, A, IN, 120, &[192, 168, 1, 99]);
    let query = message(QUERY, [1, 0, 1, 0], &[&question(NAME, ANY, UNICAST), &wanted]);
    assert_eq!(ask(&query, PORT), Some((announcement(), To::Asker, true)));
    assert!(!is_conflict(&query, &host()));
}

#[test]
fn another_address_of_the_name_is_a_conflict() {
    let of = |name: &[u8], kind, data: &[u8]| {
        let others = record(OTHER, A, UNICAST, 120, &[10, 0, 0, 1]);
        let record = record(name, kind, UNICAST, 120, data);
        [[2, 0, 0], [1, 1, 0], [1, 0, 1]].map(|[answers, authorities, additionals]| {
            let counts = [0, answers, authorities, additionals];
            is_conflict(&message(RESPONSE, counts, &[&others, &record]), &host())
        })
    };
    assert_eq!(of(NAME, A, &[192, 168, 1, 24]), [true; 3]);
    assert_eq!(of(b"\x06METRIC\xc0\x14", A, &[192, 168, 1, 24]), [true; 3]);
    assert_eq!(of(NAME, A, &[192, 168, 1, 23]), [false; 3]);
    assert_eq!(of(NAME, AAAA, &[0; 16]), [false; 3]);
    assert_eq!(of(b"\x08metric-2\x05local\0", A, &[192, 168, 1, 24]), [false; 3]);
    // With a question, as answers to plain DNS have it.
    let record = record(SAME, A, IN, 10, &[192, 168, 1, 24]);
    let plain = message([7, 0x8400], [1, 1, 0, 0], &[&question(NAME, A, IN), &record]);
    assert!(is_conflict(&plain, &host()));
}

#[test]
fn malformed_messages_are_ignored() {
    let endless = [
        // A pointer to itself, one forward, two to each other, and one outside.
        message(QUERY, [1, 0, 0, 0], &[b"\xc0\x0c\0\x01\0\x01"]),
        message(QUERY, [1, 0, 0, 0], &[b"\xc0\x0e\x06metric\x05local\0\0\x01\0\x01"]),
        message(QUERY, [1, 0, 0, 0], &[b"\xc0\x0e\xc0\x0c\0\x01\0\x01"]),
        message(QUERY, [1, 0, 0, 0], &[b"\xff\xff\0\x01\0\x01"]),
        // Lengths of kinds that do not exist.
        message(QUERY, [1, 0, 0, 0], &[b"\x46metric\x05local\0\0\x01\0\x01"]),
        message(QUERY, [1, 0, 0, 0], &[b"\x86metric\x05local\0\0\x01\0\x01"]),
        // Fewer questions and records than it claims.
        message(QUERY, [2, 0, 0, 0], &[&question(NAME, A, IN)]),
        message(QUERY, [1, u16::MAX, 0, 0], &[&question(NAME, A, IN)]),
    ];
    for message in endless {
        assert_eq!(ask(&message, PORT), None, "{message:?}");
    }
    let query = message(QUERY, [1, 0, 0, 0], &[&question(NAME, A, IN)]);
    for length in 0..query.len() {
        assert_eq!(ask(&query[..length], PORT), None, "{length}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_answered_by_a_message_of_the_host_or_not(
        bytes in prop_oneof![
            proptest::collection::vec(any::<u8>(), ..600),
            (any::<[u8; 2]>(), 0_u8..4, "(\\x06metric|\\x05local|\\x00|\\xc0\\x0c|[\\x00-\\x02]){0,20}")
                .prop_map(|(id, count, rest)| {
                    let head = [id[0], id[1], 0, 0, 0, count, 0, count, 0, 0, 0, 0];
                    // Each character is a byte.
                    head.into_iter().chain(rest.chars().map(|char| char as u8)).collect()
                }),
        ],
        port in prop_oneof![Just(PORT), any::<u16>()],
        room in 0..MAX_MESSAGE,
    ) {
        let _ = is_conflict(&bytes, &host());
        if let Some((message, to, _)) = ask(&bytes, port) {
            prop_assert!(message.windows(4).any(|part| part == host().address.octets()));
            prop_assert!(port == PORT || to == To::Asker);
            let mut output = [0; MAX_MESSAGE];
            let fits = answer(&bytes, port, &host(), &mut output[..room]).is_some();
            prop_assert_eq!(fits, room >= message.len());
        }
    }
}
