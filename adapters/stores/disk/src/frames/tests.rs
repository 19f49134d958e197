use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

const SALT: u32 = 0x1234_5678;
const START: u64 = Head::LENGTH as u64;

/// A file that can only be read. It counts the bytes that were read.
#[derive(Debug)]
pub(crate) struct Bytes {
    bytes: Vec<u8>,
    read: AtomicUsize,
}

impl Bytes {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), read: AtomicUsize::new(0) }
    }
}

impl File for Bytes {
    fn length(&self) -> io::Result<u64> {
        Ok(self.bytes.len() as u64)
    }

    fn allocate(&self, _: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn write_all_at(&self, _: &[u8], _: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = self.bytes.get(offset as usize..).unwrap_or_default();
        let length = rest.len().min(bytes.len());
        bytes[..length].copy_from_slice(&rest[..length]);
        self.read.fetch_add(length, Ordering::Relaxed);
        Ok(length)
    }

    fn read_cached_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<Option<usize>> {
        self.read_at(bytes, offset).map(Some)
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns a log with these payloads, and the offset after each frame.
fn log(payloads: &[Vec<u8>]) -> (Vec<u8>, Vec<u64>) {
    let (mut log, mut ends) = (vec![0; START as usize], vec![START]);
    for payload in payloads {
        let mut frame = [&[0; HEAD], &payload[..]].concat();
        frame::seal(&mut frame, SALT, log.len() as u64);
        log.extend(frame);
        ends.push(log.len() as u64);
    }
    (log, ends)
}

fn read(bytes: &[u8]) -> (Vec<Vec<u8>>, End) {
    let file = Bytes::new(bytes);
    let (mut frames, mut payloads) = (Frames::new(&file, SALT).unwrap(), Vec::new());
    loop {
        match frames.next().unwrap() {
            Next::Frame(payload) => payloads.push(payload.to_vec()),
            Next::End(end) => {
                assert_eq!(frames.next().unwrap(), Next::End(end), "asked again");
                return (payloads, end);
            }
        }
    }
}

fn three() -> Vec<Vec<u8>> {
    vec![b"one".to_vec(), b"two and more".to_vec(), b"three".to_vec()]
}

#[test]
fn a_log_ends_cleanly_at_zeros_or_at_its_end() {
    let (log, ends) = log(&three());
    let end = End::Clean { at: ends[3] };
    for zeros in [0, 1, 7, 8, 4096] {
        assert_eq!(read(&[&log[..], &vec![0; zeros]].concat()), (three(), end), "{zeros} zeros");
    }
    assert_eq!(read(&[0; 32]), (vec![], End::Clean { at: 32 }));
    assert_eq!(read(&[0; 7]), (vec![], End::Clean { at: 32 }), "not even a head");
}

#[test]
fn a_frame_that_was_not_completed_is_torn() {
    let (log, ends) = log(&three());
    for cut in ends[2] + 1..ends[3] {
        let torn = (three()[..2].to_vec(), End::Torn { at: ends[2] });
        let mut bytes = log[..cut as usize].to_vec();
        assert_eq!(read(&bytes), torn, "cut at {cut}");
        bytes.resize(4096, 0);
        assert_eq!(read(&bytes), torn, "zeros from {cut} on");
    }
}

#[test]
fn a_bad_frame_before_a_good_one_is_damage() {
    let (log, ends) = log(&three());
    for at in ends[1]..ends[2] {
        let mut bytes = log.clone();
        bytes[at as usize] ^= 0x80;
        let end = End::Damaged { at: ends[1], next: Some(ends[2]) };
        assert_eq!(read(&bytes), (three()[..1].to_vec(), end), "{at}");
    }
    let mut bytes = log.clone();
    bytes[ends[0] as usize..ends[1] as usize].fill(0);
    let end = End::Damaged { at: START, next: Some(ends[1]) };
    assert_eq!(read(&bytes), (vec![], end), "zeros instead of a frame");
}

#[test]
fn a_good_frame_is_found_at_any_offset() {
    let near = START as usize + PIECE;
    for place in (START as usize + 1..100).chain(near - 10..near + 10) {
        let mut frame = [0; HEAD + 1];
        frame::seal(&mut frame, SALT, place as u64);
        let log = [&vec![0xff; place][..], &frame].concat();
        let end = End::Damaged { at: START, next: Some(place as u64) };
        assert_eq!(read(&log), (vec![], end), "{place}");
    }
}

#[test]
fn what_an_earlier_use_of_the_blocks_left_is_no_frame() {
    let (log, ends) = log(&three());
    let mut other = log.clone();
    frame::seal(&mut other[ends[1] as usize..ends[2] as usize], SALT + 1, ends[1]);
    frame::seal(&mut other[ends[2] as usize..], SALT + 1, ends[2]);
    assert_eq!(read(&other), (three()[..1].to_vec(), End::Torn { at: ends[1] }));
    let moved = [&log[..], &log[START as usize..]].concat();
    assert_eq!(read(&moved), (three(), End::Torn { at: ends[3] }));
}

#[test]
fn frames_of_any_length_are_read_in_pieces() {
    let lengths = [1, MAX_FRAME - HEAD, 1, MAX_FRAME - HEAD - 1, 700_000, 700_000, 70_000, 1];
    let payloads: Vec<_> = lengths.map(|length| vec![length as u8; length]).into();
    let (mut log, ends) = log(&payloads);
    assert_eq!(read(&log), (payloads.clone(), End::Clean { at: *ends.last().unwrap() }));
    log[START as usize] ^= 1;
    let end = End::Damaged { at: START, next: Some(ends[1]) };
    assert_eq!(read(&log), (vec![], end));
}

#[test]
fn a_log_that_looks_like_frames_everywhere_is_given_up() {
    let mut bytes = 0x000f_0000_u32.to_le_bytes().repeat(MAX_FRAME);
    bytes[START as usize] = 1;
    let file = Bytes::new(&bytes);
    let mut frames = Frames::new(&file, SALT).unwrap();
    let (budget, end) = (16 << 20, End::Damaged { at: START, next: None });
    assert_eq!(frames.search(budget).unwrap(), end);
    let read = file.read.into_inner();
    assert!(read < 2 * budget, "{read} bytes read");
}

#[test]
fn a_search_at_the_end_of_a_file_reads_it_once() {
    let bytes = (MAX_FRAME as u32 - 100).to_le_bytes().repeat(10_000);
    let file = Bytes::new(&bytes);
    let mut frames = Frames::new(&file, SALT).unwrap();
    assert_eq!(frames.next().unwrap(), Next::End(End::Torn { at: START }));
    assert_eq!(file.read.into_inner(), 40_000 - START as usize);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 200, ..Default::default() })]

    #[test]
    fn a_cut_leaves_the_frames_before_it(
        payloads in vec(vec(any::<u8>(), 1..200), 0..6),
        cut: Index,
        zeros in 0..300_usize,
    ) {
        let (mut log, ends) = log(&payloads);
        let cut = cut.index(log.len() + 1).max(START as usize);
        log.truncate(cut);
        log.resize(cut + zeros, 0);
        let whole = ends.partition_point(|&end| end <= cut as u64) - 1;
        let (found, end) = read(&log);
        prop_assert_eq!(&found[..whole], &payloads[..whole]);
        // A frame whose last bytes are zeros may be whole again.
        let at = ends[found.len()];
        let is_clean = log[at as usize..].iter().all(|&byte| byte == 0);
        prop_assert_eq!(end, if is_clean { End::Clean { at } } else { End::Torn { at } });
    }

    #[test]
    fn a_changed_byte_ends_the_log_before_its_frame(
        payloads in vec(vec(any::<u8>(), 1..200), 1..6),
        (place, change) in (any::<Index>(), 1..=255_u8),
    ) {
        let (mut log, ends) = log(&payloads);
        let place = START as usize + place.index(log.len() - START as usize);
        log[place] ^= change;
        let bad = ends.partition_point(|&end| end <= place as u64) - 1;
        let (at, next) = (ends[bad], ends[bad + 1]);
        let damaged = End::Damaged { at, next: Some(next) };
        let end = if bad + 1 < payloads.len() { damaged } else { End::Torn { at } };
        prop_assert_eq!(read(&log), (payloads[..bad].to_vec(), end));
    }

    #[test]
    fn any_bytes_end_somehow(bytes in vec(prop_oneof![any::<u8>(), Just(0)], 0..600)) {
        let (payloads, _) = read(&bytes);
        prop_assert!(payloads.is_empty());
    }
}
