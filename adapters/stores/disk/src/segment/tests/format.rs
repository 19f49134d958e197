//! The example of the document is what this code writes and reads.

use super::*;

const DOCUMENT: &str = include_str!("../../../FORMAT.md");

/// Returns the bytes of all blocks of the document that are marked as hex; `#` begins a comment.
fn example() -> Vec<u8> {
    let blocks = DOCUMENT.split("```hex\n").skip(1);
    let blocks = blocks.map(|block| block.split_once("```").expect("an end of the block").0);
    let lines = blocks.flat_map(str::lines).map(|line| line.split('#').next().unwrap_or_default());
    let bytes = lines.flat_map(str::split_whitespace);
    bytes.map(|byte| u8::from_str_radix(byte, 16).expect("a byte")).collect()
}

/// Returns the offsets that the comments give, and those where they stand.
fn offsets() -> Vec<(usize, usize)> {
    let (_, example) = DOCUMENT.split_once("```hex\n").expect("an example");
    let mut offset = 0;
    let of_line = |line: &str| {
        let (bytes, comment) = line.split_once('#').unwrap_or((line, ""));
        offset += bytes.split_whitespace().count();
        let told = comment.split_once(':').and_then(|(told, _)| told.trim().parse().ok());
        told.filter(|_| bytes.is_empty()).map(|told| (told, offset))
    };
    example.lines().take_while(|line| !line.starts_with("```")).filter_map(of_line).collect()
}

fn content() -> Vec<Series> {
    let sample = |(value, timestamp)| Sample::new(value, timestamp).unwrap();
    let cpu = [(23.7, 1_150_864_247), (23.8, 1_150_864_248)].map(sample).to_vec();
    let mem = [(5.0, 1_150_864_247)].map(sample).to_vec();
    let (last_arrival, arrival) = (1_150_864_249, 1_150_864_248);
    vec![
        Series { key: b"palm.cpu".into(), last_arrival, removal: None, runs: vec![(arrival, cpu)] },
        Series {
            key: b"palm.mem".into(),
            last_arrival,
            removal: Some(arrival - 1),
            runs: vec![(arrival, mem)],
        },
    ]
}

#[test]
fn the_documents_example_is_written() {
    let (file, numbers) = (Memory::default(), Numbers { first: 1, last: 2 });
    let mut writer = Writer::new(&file, numbers, Totals::default(), 1);
    for series in content() {
        writer.key(&series.key, series.last_arrival);
        series.removal.into_iter().for_each(|arrival| writer.remove(arrival).unwrap());
        for (arrival, run) in series.runs {
            writer.run(arrival, &[encode(&run)]).unwrap();
        }
    }
    writer.finish().unwrap();
    let (written, example) = (file.bytes(), example());
    assert!(written == example, "{written:02x?}");
}

#[test]
fn the_documents_example_is_read() {
    let (file, numbers) = (Memory::new(example()), Numbers { first: 1, last: 2 });
    let expected: BTreeSet<_> = written(&content()).into_iter().flatten().collect();
    assert_eq!(served(&file, numbers).unwrap(), expected);
    assert!(check(&file, numbers).unwrap().is_good());
}

#[test]
fn the_documents_offsets_are_right() {
    let offsets = offsets();
    assert_eq!(offsets.len(), 6);
    assert!(offsets.iter().all(|(told, offset)| told == offset), "{offsets:?}");
}
