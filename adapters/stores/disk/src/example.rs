//! The example of FORMAT.md is what this crate writes, and what it reads.

use metric_proto::{Key, Sample};

use crate::frame::{self, HEAD};
use crate::frames::tests::Bytes;
use crate::frames::{End, Frames, Next};
use crate::head::Head;
use crate::record::{Decoder, Encoder, Record};

const LOG: Head = Head { number: 1, start: 1_150_864_247, salt: 0x89ab_cdef };

fn records() -> [Record<'static>; 5] {
    let sample = |value, timestamp| Sample::new(value, timestamp).expect("a finite value");
    [
        Record::Key { series: 0, key: Key::new("palm.cpu").expect("a key") },
        Record::Put { series: 0, sample: sample(23.7, 1_150_864_247) },
        Record::Put { series: 0, sample: sample(-1.5, 1_150_864_248) },
        Record::Key { series: 0, key: Key::new("palm.cpu").expect("a key") },
        Record::Remove { series: 0 },
    ]
}

/// Returns the bytes of the block of the page that follows a heading. A comment begins with `#`.
fn example(heading: &str) -> Vec<u8> {
    let (_, section) = include_str!("../FORMAT.md").split_once(heading).expect("the heading");
    let block = section.split("```").nth(1).expect("a block");
    let lines = block.lines().skip(1).map(|line| line.split('#').next().unwrap_or_default());
    let byte = |text| u8::from_str_radix(text, 16).expect("a byte in hex");
    lines.flat_map(str::split_whitespace).map(byte).collect()
}

#[test]
fn the_example_of_a_log_is_what_is_written() {
    let mut log = LOG.encode().to_vec();
    for records in [&records()[..3], &records()[3..]] {
        let (mut frame, mut encoder) = (vec![0; HEAD], Encoder::default());
        for &record in records {
            encoder.append(&mut frame, record);
        }
        frame::seal(&mut frame, LOG.salt, log.len() as u64);
        log.extend(frame);
    }
    log.extend([0; 4]);
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x} ")).collect::<String>();
    assert_eq!(hex(&log), hex(&example("### Example of a log")));
}

#[test]
fn the_example_of_a_log_is_read() {
    let log = Bytes::new(&example("### Example of a log"));
    assert_eq!(Head::decode(&example("### Example of a log")), Ok(LOG));
    let mut frames = Frames::new(&log, LOG.salt).unwrap();
    let mut expected = records().into_iter();
    let end = loop {
        match frames.next().unwrap() {
            Next::End(end) => break end,
            Next::Frame(mut records) => {
                let mut decoder = Decoder::default();
                while let Some(record) = decoder.next(&mut records).unwrap() {
                    assert_eq!(Some(record), expected.next());
                }
            }
        }
    };
    assert_eq!((expected.next(), end), (None, End::Clean { at: 85 }));
}
