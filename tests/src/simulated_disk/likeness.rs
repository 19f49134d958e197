//! Compares the simulation with a real directory.

use std::io::{self, ErrorKind};

use fastrand::Rng;
use metric_disk::{Directory, File, Files};

use super::SimulatedDisk;

/// The answer to a call: what it returned, or how it failed.
type Answer = Result<(u64, Vec<u8>), ErrorKind>;

/// Runs calls that a seed chooses, and returns all answers.
fn answers<F: Files>(disk: &F, seed: u64) -> Vec<Answer> {
    let (mut random, mut open, mut lock) = (Rng::with_seed(seed), Vec::new(), None);
    let answer = |_| answer(disk, &mut random, &mut open, &mut lock).map_err(|error| error.kind());
    (0..100).map(answer).collect()
}

fn answer<F: Files>(
    disk: &F,
    random: &mut Rng,
    open: &mut Vec<F::File>,
    lock: &mut Option<F::Lock>,
) -> io::Result<(u64, Vec<u8>)> {
    let mut name = || ["a", "b", "c"][random.usize(..3)];
    let (name, other) = (name(), name());
    match random.u8(..8) {
        0 => open.push(disk.create(name)?),
        1 => open.push(disk.open(name)?),
        2 => disk.rename(name, other)?,
        3 => disk.remove(name)?,
        4 if random.bool() => *lock = None,
        4 => *lock = Some(disk.lock()?),
        5 => disk.sync()?,
        6 => return Ok((0, listing(disk)?)),
        _ if open.is_empty() => {}
        _ => return file_answer(&open[random.usize(..open.len())], random),
    }
    Ok((0, Vec::new()))
}

fn listing<F: Files>(disk: &F) -> io::Result<Vec<u8>> {
    // The real lock has a process number in it.
    let mut files = disk.list()?;
    files.retain(|(name, _)| name != metric_disk::LOCK_NAME);
    files.sort();
    Ok(format!("{files:?}").into_bytes())
}

fn file_answer(file: &impl File, random: &mut Rng) -> io::Result<(u64, Vec<u8>)> {
    let (offset, length) = (random.u64(..3_000), random.usize(..2_000));
    let mut bytes = vec![random.u8(..); length];
    match random.u8(..5) {
        0 => file.allocate(offset + 1)?,
        1 => file.write_all_at(&bytes, offset)?,
        2 => file.sync()?,
        3 => {
            let count = file.read_at(&mut bytes, offset)?;
            return Ok((count as u64, bytes));
        }
        _ => {
            // Whether it is cached may differ, and what it then is may not.
            let mut cached = bytes.clone();
            let cached_count = file.read_cached_at(&mut cached, offset)?;
            let count = file.read_at(&mut bytes, offset)?;
            assert!(cached_count.is_none_or(|cached_count| cached_count == count));
            assert!(cached_count.is_none() || cached == bytes);
        }
    }
    Ok((file.length()?, Vec::new()))
}

#[test]
fn the_simulation_answers_as_a_real_directory_does() {
    for seed in 0..50 {
        let place = tempfile::tempdir().expect("temporary directory");
        let real = answers(&Directory::create(place.path()).expect("it exists"), seed);
        let simulated = answers(&SimulatedDisk::new(seed), seed);
        for (call, (real, simulated)) in real.iter().zip(&simulated).enumerate() {
            assert_eq!(simulated, real, "call {call} of seed {seed}");
        }
    }
}
