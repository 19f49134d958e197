use metric_query::{Now, TimeUnit};

use super::*;
use crate::memory::{Memory, Patient, Wire};

/// What Python 3 writes for `DATA` by each of its protocols:
/// `[(a, (1150864247, 23.7)), (a, (1150864248, -5)), ("к;b=1;a=2", (1150864249.5, 2**70)),
/// ("it's", ("1150864250", "1e3"))]` with `a = "palm.cpu"`.
const PICKLES: [&[u8]; 6] = [
    b"(lp0\n(Vpalm.cpu\np1\n(I1150864247\nF23.7\ntp2\ntp3\na(g1\n(I1150864248\nI-5\ntp4\nt\
      p5\na(V\\u043a;b=1;a=2\np6\n(F1150864249.5\nL1180591620717411303424L\ntp7\ntp8\na(Vi\
      t's\np9\n(V1150864250\np10\nV1e3\np11\ntp12\ntp13\na.",
    b"]q\0((X\x08\0\0\0palm.cpuq\x01(Jw\xcb\x98DG@7\xb333333tq\x02tq\x03(h\x01(Jx\xcb\x98D\
      J\xfb\xff\xff\xfftq\x04tq\x05(X\n\0\0\0\xd0\xba;b=1;a=2q\x06(GA\xd1&2\xde`\0\0L11805\
      91620717411303424L\ntq\x07tq\x08(X\x04\0\0\0it'sq\x09(X\n\0\0\x001150864250q\nX\x03\0\
      \0\x001e3q\x0btq\x0ctq\x0de.",
    b"\x80\x02]q\0(X\x08\0\0\0palm.cpuq\x01Jw\xcb\x98DG@7\xb333333\x86q\x02\x86q\x03h\x01J\
      x\xcb\x98DJ\xfb\xff\xff\xff\x86q\x04\x86q\x05X\n\0\0\0\xd0\xba;b=1;a=2q\x06GA\xd1&2\
      \xde`\0\0\x8a\x09\0\0\0\0\0\0\0\0@\x86q\x07\x86q\x08X\x04\0\0\0it'sq\x09X\n\0\0\x00115\
      0864250q\nX\x03\0\0\x001e3q\x0b\x86q\x0c\x86q\x0de.",
    b"\x80\x03]q\0(X\x08\0\0\0palm.cpuq\x01Jw\xcb\x98DG@7\xb333333\x86q\x02\x86q\x03h\x01J\
      x\xcb\x98DJ\xfb\xff\xff\xff\x86q\x04\x86q\x05X\n\0\0\0\xd0\xba;b=1;a=2q\x06GA\xd1&2\
      \xde`\0\0\x8a\x09\0\0\0\0\0\0\0\0@\x86q\x07\x86q\x08X\x04\0\0\0it'sq\x09X\n\0\0\x00115\
      0864250q\nX\x03\0\0\x001e3q\x0b\x86q\x0c\x86q\x0de.",
    b"\x80\x04\x95u\0\0\0\0\0\0\0]\x94(\x8c\x08palm.cpu\x94Jw\xcb\x98DG@7\xb333333\x86\x94\
      \x86\x94h\x01Jx\xcb\x98DJ\xfb\xff\xff\xff\x86\x94\x86\x94\x8c\n\xd0\xba;b=1;a=2\x94G\
      A\xd1&2\xde`\0\0\x8a\x09\0\0\0\0\0\0\0\0@\x86\x94\x86\x94\x8c\x04it's\x94\x8c\n11508\
      64250\x94\x8c\x031e3\x94\x86\x94\x86\x94e.",
    b"\x80\x05\x95u\0\0\0\0\0\0\0]\x94(\x8c\x08palm.cpu\x94Jw\xcb\x98DG@7\xb333333\x86\x94\
      \x86\x94h\x01Jx\xcb\x98DJ\xfb\xff\xff\xff\x86\x94\x86\x94\x8c\n\xd0\xba;b=1;a=2\x94G\
      A\xd1&2\xde`\0\0\x8a\x09\0\0\0\0\0\0\0\0@\x86\x94\x86\x94\x8c\x04it's\x94\x8c\n11508\
      64250\x94\x8c\x031e3\x94\x86\x94\x86\x94e.",
];

const STORED: [&str; 4] = [
    "it's 1000.0 1150864250000",
    "palm.cpu 23.7 1150864247000",
    "palm.cpu -5.0 1150864248000",
    "\u{43a};a=2;b=1 1.1805916207174113e21 1150864249500",
];

/// A frame with this pickle.
fn frame(pickle: &[u8]) -> Vec<u8> {
    [&(pickle.len() as u32).to_be_bytes(), pickle].concat()
}

fn door() -> Arc<PickleDoor> {
    let clock =
        Clock::new(TimeUnit::Milliseconds, || Now { seconds: 1_700_000_000, nanoseconds: 0 });
    Arc::new(PickleDoor::new(clock, Limits::DESKTOP))
}

/// Sends bytes in pieces of a size; returns what comes next, and the faults with their first cases.
fn send<S: Store>(store: S, sent: &[u8], size: usize) -> (Next, Vec<String>) {
    let door = door();
    let session = PickleSession::new(store, Arc::clone(&door), ([127, 0, 0, 1], 1).into());
    let next = Wire::new(session).receive_all(sent.chunks(size));
    let faults = door.counters().faults().filter(|(_, count)| *count > 0);
    let told = |(fault, count): (Fault, u64)| {
        let case = door.counters().take_case(fault).map(|case| case.detail);
        format!("{} {count} {}", fault.as_str(), case.unwrap_or_default())
    };
    let faults = faults.map(told).collect();
    assert_eq!(door.memory.free(), metric_web::Memory::default().free());
    (next, faults)
}

/// Sends one pickle; returns what is stored, what comes next, and the faults.
fn send_one(pickle: &[u8]) -> (Vec<String>, Next, Vec<String>) {
    let mut store = Memory::default();
    let (next, faults) = send(&mut store, &frame(pickle), 1 << 20);
    (store.lines(), next, faults)
}

#[test]
fn what_python_pickles_is_stored_however_it_is_cut() {
    let all: Vec<u8> = PICKLES.iter().flat_map(|pickle| frame(pickle)).collect();
    for (sent, size) in PICKLES
        .iter()
        .flat_map(|pickle| {
            let sent = frame(pickle);
            (1..=sent.len()).map(move |size| (sent.clone(), size)).collect::<Vec<_>>()
        })
        .chain([(all, 1000)])
    {
        let (mut store, mut patient) = (Memory::default(), Patient::default());
        assert_eq!(send(&mut store, &sent, size), (Next::Input, vec![]), "{size}");
        assert_eq!(store.lines(), STORED);
        assert_eq!(send(&mut patient, &sent, size), (Next::Input, vec![]), "{size}");
        assert_eq!(patient.lines(), STORED);
    }
}

#[test]
fn what_dropwizards_metrics_pickle_is_stored() {
    let pickle =
        b"(l(S'palm.cpu'\n(L1150864247L\nS'23.70'\ntta(S'palm.mem'\n(L1150864247L\nS'5'\ntta.";
    let stored = ["palm.cpu 23.7 1150864247000", "palm.mem 5.0 1150864247000"];
    assert_eq!(send_one(pickle), (stored.map(str::to_owned).to_vec(), Next::Input, vec![]));
}

#[test]
fn a_sample_with_a_fault_costs_only_itself() {
    let long = [&b"X\x88\x13\0\0"[..], &[b'k'; 5000], b"K\x01K\x02\x86\x86"].concat();
    let items: [(&[u8], &str); 18] = [
        (b"U\x01aK\x01G\x7f\xf8\0\0\0\0\0\0\x86\x86", "not_finite 1 a"),
        (b"U\x01aG\x7f\xf0\0\0\0\0\0\0K\x01\x86\x86", "time 1 a"),
        (b"U\x01aK\x01N\x86\x86", "value 1 a"),
        (b"U\x01aNK\x01\x86\x86", "time 1 a"),
        (b"U\x01aN\x86", "time 1 a"),
        (b"U\x01aK\x01K\x02\x87", "form 1 a"),
        (b"U\x01a\x85", "form 1 a"),
        (b")", "form 1 "),
        (b"N", "form 1 "),
        (b"U\x01aK\x01\x86", "time 1 a"),
        (b"K\x01K\x01K\x01\x86\x86", "form 1 "),
        (b"U\x01a", "form 1 "),
        (b"(K\x01K\x01K\x01t", "form 1 "),
        (b"U\x03..;K\x01K\x02\x86\x86", "path 1 ..;"),
        (b"U\x03a;bK\x01K\x02\x86\x86", "tags 1 a;b"),
        (b"U\x01aK\x01U\x01x\x86\x86", "value 1 a"),
        (b"U\x01aU\x01xK\x01\x86\x86", "time 1 a"),
        (&long, "long_key 1 "),
    ];
    for (item, fault) in items {
        let good = b"U\x01bK\x02K\x03\x86\x86";
        let pickle = [b"\x80\x02](", &good[..], item, good, b"e."].concat();
        let (stored, next, faults) = send_one(&pickle);
        assert_eq!((stored, next), (vec!["b 3.0 2000".to_owned()], Next::Input));
        assert_eq!(faults, [fault], "{}", item.escape_ascii());
    }
}

#[test]
fn what_is_no_list_of_samples_ends_the_connection() {
    let cases: [(&[u8], &str); 24] = [
        (b"cos\nsystem\n(S'x'\ntR.", "opcode GLOBAL is refused"),
        (b"\x80\x02]R.", "opcode REDUCE is refused"),
        (b"\x80\x02]b.", "opcode BUILD is refused"),
        (b"(ios\nsystem\n.", "opcode INST is refused"),
        (b"\x82\x01.", "opcode EXT1 is refused"),
        (b"\x80\x04\x93.", "opcode STACK_GLOBAL is refused"),
        (b"\x80\x02}.", "opcode EMPTY_DICT is refused"),
        (b"\xff", "opcode 0xff is refused"),
        (b"", "it ends before the pickle does"),
        (b"\x80\x02]", "it ends before the pickle does"),
        (b"\x80\x02]U\x05ab", "it ends before the pickle does"),
        (b"\x80\x02]X\xff\xff\0\0ab", "it ends before the pickle does"),
        (b".", "it is not one list of samples"),
        (b"K\x01.", "it is not one list of samples"),
        (b"]].", "it is not one list of samples"),
        (b"](].", "it is not one list of samples"),
        (b"](.", "it is not one list of samples"),
        (b"]a.", "it is not one list of samples"),
        (b"K\x01a.", "it is not one list of samples"),
        (b"]\x86.", "a value is missing"),
        (b"](\x86.", "a value is missing"),
        (b"]e.", "a mark is missing"),
        (b"]h\x05.", "nothing is at 5 in the memo"),
        (b"]S'a\n.", "a text or a number is malformed"),
    ];
    for (pickle, refusal) in cases {
        let (stored, next, faults) = send_one(pickle);
        assert_eq!((stored.len(), next), (0, Next::Close), "{}", pickle.escape_ascii());
        assert_eq!(faults, [format!("frame 1 {refusal}")], "{}", pickle.escape_ascii());
    }
    let mut store = Memory::default();
    let (next, faults) = send(&mut store, b"POST / HTTP/1.1\r\n", 3);
    assert_eq!(next, Next::Close);
    assert_eq!(faults, ["frame 1 it claims a length of 1347375956 bytes"]);
}

#[test]
fn values_and_the_memo_are_bounded() {
    for (part, refusal) in [
        (&b"("[..], "too many values at once"),
        (b"K\x01", "too many values at once"),
        (b"N", "too many values at once"),
        (b"U\x01a", "too many values at once"),
    ] {
        let pickle = [b"]", &part.repeat(20_000)[..], b"."].concat();
        let (_, next, faults) = send_one(&pickle);
        assert_eq!((next, faults), (Next::Close, vec![format!("frame 1 {refusal}")]));
    }
    let puts: Vec<u8> =
        (0..70_000_u32).flat_map(|number| [b"r", &number.to_le_bytes()[..]].concat()).collect();
    let (_, next, faults) = send_one(&[b"]", &puts[..], b"."].concat());
    assert_eq!(
        (next, &faults[..]),
        (Next::Close, &["frame 1 nothing is at 65536 in the memo".to_owned()][..])
    );
    for far in ["](U\x01ar\x40\x42\x0f\0", "]q\x11"] {
        let (_, next, _) = send_one(far.as_bytes());
        assert_eq!(next, Next::Close);
    }
    let line = [b"]S'", &[b'a'; 5_000][..], b"'\n."].concat();
    for size in [1, 1_000, 10_000] {
        let (_, faults) = send(&mut Memory::default(), &frame(&line), size);
        assert_eq!(faults, ["frame 1 the argument of an opcode is too long"]);
    }
}

#[test]
fn what_follows_a_pickle_in_its_frame_is_skipped() {
    let pickle = b"](U\x01aK\x01K\x02\x86\x86e.and more\xff\xff";
    let mut store = Memory::default();
    let sent = [frame(pickle), frame(b"](U\x01bK\x01K\x02\x86\x86e.")].concat();
    for size in 1..sent.len() {
        assert_eq!(send(&mut store, &sent, size), (Next::Input, vec![]));
    }
    assert_eq!(store.lines(), ["a 2.0 1000", "b 2.0 1000"]);
}

#[test]
fn a_connection_that_ends_within_a_frame_is_counted() {
    let sent = frame(b"\x80\x02](U\x01aK\x01K\x02\x86\x86e.");
    for length in 1..sent.len() {
        let (next, faults) = send(&mut Memory::default(), &sent[..length], 5);
        assert_eq!((next, &faults[..]), (Next::Input, &["cut 1 a frame".to_owned()][..]));
    }
}
