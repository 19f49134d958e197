//! Opening directories with any bytes in them.

use metric_disk::{DiskStore, OpenError, Settings};

use crate::crash_model::judge;
use crate::patient::tiny;
use crate::simulated_disk::SimulatedDisk;
use crate::store_suite::{SAMPLES, SERIES};

/// A directory with any bytes as a log or as a segment is opened, unless these are of a later version.
/// What is found agrees with its counts, is the same when it is opened again, and no file is gone.
///
/// The bytes are a log and a segment, and with right checksums the records of a log, the payload of a
/// block, and the index of a segment.
///
/// # Panics
///
/// If the law is broken.
pub fn recovery(data: &[u8]) {
    check(LOG, data);
    check(SEGMENT, data);
    if !data.is_empty() {
        check(LOG, &log(data));
    }
    check(SEGMENT, &[&head()[..], &block(data)].concat());
    check(SEGMENT, &with_index(data));
}

const LOG: &str = "00000001.log";
const SEGMENT: &str = "00000001-00000001.seg";

fn check(name: &str, bytes: &[u8]) {
    let (disk, settings) = (SimulatedDisk::new(0), tiny(SERIES, SAMPLES));
    disk.add("unit", b"s");
    disk.add(name, bytes);
    if is_later(&disk.kill(), &settings) {
        return;
    }
    let found = judge(&disk, &settings).rows;
    let again = judge(&disk.kill(), &settings).rows;
    assert!(again == found, "{name} is opened twice");
}

fn is_later(disk: &SimulatedDisk, settings: &Settings) -> bool {
    let opened = DiskStore::open(disk.clone(), settings.clone());
    matches!(opened, Err(OpenError::UnknownVersion { .. }))
}

/// Returns a log with a frame.
fn log(records: &[u8]) -> Vec<u8> {
    let mut log = [&b"metr-log"[..], &1_u32.to_le_bytes(), &1_u64.to_le_bytes(), &[0; 8]].concat();
    log.extend(crc32fast::hash(&log).to_le_bytes());
    let offset = log.len() as u64;
    let checked = [&[0; 4][..], &offset.to_le_bytes(), records].concat();
    log.extend((records.len() as u32).to_le_bytes());
    log.extend(crc32fast::hash(&checked).to_le_bytes());
    log.extend(records);
    log.resize(log.len().next_multiple_of(4_096), 0);
    log
}

/// Returns the head of a segment.
fn head() -> Vec<u8> {
    let numbers = 1_u64.to_le_bytes();
    let mut head = [&b"MetrSeg\n"[..], &1_u32.to_le_bytes(), &numbers, &numbers].concat();
    head.extend(crc32fast::hash(&head).to_le_bytes());
    head
}

/// Returns the checksum of bytes at an offset of a segment.
fn checksum(offset: usize, bytes: &[u8]) -> [u8; 4] {
    let mut hasher = crc32fast::Hasher::new_with_initial(crc32fast::hash(&head()[..28]));
    hasher.update(&(offset as u64).to_le_bytes());
    hasher.update(bytes);
    hasher.finalize().to_le_bytes()
}

/// Returns the first block of a segment.
fn block(payload: &[u8]) -> Vec<u8> {
    let payload = &payload[..payload.len().min(30_000)];
    let length = (payload.len() as u16).to_le_bytes();
    let rest = [&[1, 1, 0][..], &length, &[0; 4], b"k", payload].concat();
    [&checksum(head().len(), &rest)[..], &rest].concat()
}

/// Returns a segment with a block, and an index that is not of it. The first byte is the number of
/// samples that the foot has.
fn with_index(data: &[u8]) -> Vec<u8> {
    let (samples, entries) = data.split_first().unwrap_or((&0, &[]));
    let mut segment = [head(), block(&[])].concat();
    let index = segment.len();
    segment.extend(checksum(index, entries));
    segment.extend(entries);
    let mut foot = Vec::from((index as u64).to_le_bytes());
    foot.extend(u64::from(*samples).to_le_bytes());
    foot.extend([0; 4 + 3 * 8]);
    foot.extend(b"SegFoot\n");
    let sum = checksum(segment.len(), &foot);
    [segment, foot, sum.to_vec()].concat()
}
