//! Writing a segment, block by block.

use std::io;

use metric_chunk::Chunk;
use metric_proto::{Key, Sample};

use super::block::{self, MAX_RUN};
use super::foot::{FOOT, Foot};
use super::head::{self, Seed};
use super::index::Encoder;
use super::{Block, Content, Contents, Numbers, Place, Run, Totals};
use crate::File;

/// Writes a segment to an empty file. The caller syncs and renames it after [`Writer::finish`].
///
/// The memory that it takes is that of the index, and half a megabyte.
#[derive(Debug)]
pub(crate) struct Writer<'a, F> {
    file: &'a F,
    seed: Seed,
    before: Totals,
    oldest: u64,
    index: Encoder,
    /// What is not written yet, and where in the file it begins.
    buffer: Vec<u8>,
    start: u64,
}

impl<'a, F: File> Writer<'a, F> {
    /// Begins a segment. `before` are the totals before it, `oldest` is the oldest number that
    /// retention has left.
    pub(crate) fn new(file: &'a F, numbers: Numbers, before: Totals, oldest: u64) -> Self {
        let (seed, buffer) = (Seed::new(numbers), head::encode(numbers).to_vec());
        let index = Encoder::default();
        Self { file, seed, before, oldest, index, buffer, start: 0 }
    }

    /// Begins a series. `last_arrival` is when its last put arrived, in seconds since 1970. A series
    /// that gets neither a mark nor a run is left out.
    ///
    /// # Panics
    ///
    /// If this is no key, or if it is not larger than the keys before.
    pub(crate) fn key(&mut self, key: &[u8], last_arrival: u32) {
        let before = self.index.entry();
        let is_larger = before.is_none_or(|entry| entry.key.as_slice() < key);
        assert!(is_larger && Key::from_bytes(key).is_ok(), "keys are in ascending order");
        self.index.entry_of(key, last_arrival);
    }

    /// Says that the series was removed, so that what older segments have of it does not count.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    ///
    /// # Panics
    ///
    /// If the series has a run or a mark already, or none was begun.
    pub(crate) fn remove(&mut self, arrival: u32) -> io::Result<()> {
        let mark = self.write(arrival, Content::Removal)?;
        self.index.entry().expect(BEGUN).remove(mark).expect("a mark comes first");
        Ok(())
    }

    /// Writes a run of samples that is already encoded to chunks. `arrival` is when the oldest of
    /// its samples arrived.
    ///
    /// # Errors
    ///
    /// If writing fails.
    ///
    /// # Panics
    ///
    /// If there are no samples or more than [`MAX_RUN`], if chunks are not in order or not behind the
    /// run before, or if no series was begun. Only the last chunk is decoded, so it is not noticed if
    /// one overlaps the next.
    pub(crate) fn run(&mut self, arrival: u32, chunks: &[impl AsRef<[u8]>]) -> io::Result<Run> {
        let (first, newest, count) = ends(chunks).expect(IN_ORDER);
        let place = self.write(arrival, Content::Run(&block::encode(chunks)))?;
        let Place { offset, length, arrival } = place;
        let run = Run { first, last: newest.timestamp(), offset, arrival, length, count };
        self.index.entry().expect(BEGUN).add(run, newest).expect(IN_ORDER);
        Ok(run)
    }

    /// Writes the index and the foot. Returns the totals including this segment.
    ///
    /// # Errors
    ///
    /// If writing fails.
    pub(crate) fn finish(mut self) -> io::Result<Totals> {
        let index = self.offset();
        let (entries, contents) = std::mem::take(&mut self.index).finish();
        self.buffer.extend(self.seed.crc(index, &entries).to_le_bytes());
        self.buffer.extend(entries);
        let (before, oldest, offset) = (self.before, self.oldest, self.offset());
        let foot = Foot { index, contents, before, oldest };
        foot.encode(self.seed, offset, &mut self.buffer);
        self.flush()?;
        let Contents { samples, .. } = contents;
        // A foot on the disk may say anything of what was before.
        let (samples, bytes) = (
            before.samples.saturating_add(samples),
            before.bytes.saturating_add(offset + FOOT as u64),
        );
        Ok(Totals { samples, bytes })
    }

    /// Writes a block; returns its place.
    fn write(&mut self, arrival: u32, content: Content<'_>) -> io::Result<Place> {
        let offset = self.offset();
        let key = Key::from_bytes(&self.index.entry().expect(BEGUN).key).expect("checked before");
        let block = Block { key, arrival, content };
        block.encode(self.seed, offset, &mut self.buffer);
        let place = block.place(offset);
        if self.buffer.len() >= BUFFER {
            self.flush()?;
        }
        Ok(place)
    }

    /// Returns where the next byte belongs.
    fn offset(&self) -> u64 {
        self.start + self.buffer.len() as u64
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all_at(&self.buffer, self.start)?;
        self.start = self.offset();
        self.buffer.clear();
        Ok(())
    }
}

/// Returns the first timestamp of chunks, their last sample, and the number of samples.
fn ends(chunks: &[impl AsRef<[u8]>]) -> Option<(i64, Sample, u16)> {
    let decoded = chunks.iter().map(|chunk| Chunk::new(chunk.as_ref()));
    let decoded = decoded.collect::<Result<Vec<_>, _>>().ok()?;
    let count = decoded.iter().map(|chunk| chunk.len()).sum::<usize>();
    let newest = decoded.last()?.decode().last()?.ok()?;
    let in_order = decoded.is_sorted_by(|one, next| one.first() < next.first());
    (in_order && count <= MAX_RUN).then_some((decoded.first()?.first(), newest, count as u16))
}

/// How many bytes are written at once, or few more.
const BUFFER: usize = 256 * 1_024;

const BEGUN: &str = "a series was begun";
const IN_ORDER: &str = "the samples of runs are in ascending order";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::Entries;
    use crate::segment::head::HEAD;

    /// A file as long as is written, of which only the end is kept.
    #[derive(Debug, Default)]
    struct End(std::sync::Mutex<Vec<u8>>);

    impl File for End {
        fn length(&self) -> io::Result<u64> {
            Err(io::ErrorKind::Unsupported.into())
        }

        fn allocate(&self, _: u64) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }

        fn write_all_at(&self, bytes: &[u8], _: u64) -> io::Result<()> {
            self.0.lock().unwrap().extend(bytes);
            Ok(())
        }

        fn read_at(&self, _: &mut [u8], _: u64) -> io::Result<usize> {
            Err(io::ErrorKind::Unsupported.into())
        }

        fn read_cached_at(&self, _: &mut [u8], _: u64) -> io::Result<Option<usize>> {
            Err(io::ErrorKind::Unsupported.into())
        }

        fn sync(&self) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }
    }

    #[test]
    fn a_segment_may_be_longer_than_offsets_of_32_bits() {
        let (file, numbers) = (End::default(), Numbers { first: 1, last: 1 });
        let mut writer = Writer::new(&file, numbers, Totals::default(), 0);
        writer.buffer.clear();
        let start = u64::from(u32::MAX) - 10;
        writer.start = start;
        writer.key(b"k", 0);
        let sample = |time| Sample::new(0.5, time).unwrap();
        let runs = [1, 2].map(|time| writer.run(0, &[metric_chunk::encode(&[sample(time)])]));
        writer.finish().unwrap();
        let bytes = file.0.lock().unwrap();
        for (run, time) in runs.map(Result::unwrap).iter().zip([1, 2]) {
            let block = &bytes[(run.offset - start) as usize..];
            let found = crate::segment::samples(block, numbers, run, Some(b"k"));
            assert_eq!(found.ok(), Some(vec![sample(time)]));
        }
        let (end, seed) = (bytes.len() - FOOT, Seed::new(numbers));
        let foot = Foot::decode(&bytes[end..], seed, start + end as u64).unwrap();
        let index = &bytes[(foot.index - start) as usize + 4..end];
        let found: Vec<_> = Entries::new(index, std::slice::from_ref(&(HEAD as u64..start)))
            .flat_map(|e| e.runs)
            .collect();
        assert!(found[1].offset > u32::MAX.into() && foot.index > found[1].offset);
    }
}
