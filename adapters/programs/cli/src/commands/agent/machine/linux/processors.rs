//! The load of the processors, by `/proc/stat`.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::{array, io};

use super::super::{CPU, Reading, percent};
use super::baseline::Baseline;
use super::files::Files;

pub(super) const FILE: &str = "/proc/stat";

/// The counters of the processors that are on line, by number.
#[derive(Default)]
pub(super) struct Processors(Baseline<Counters>);

type Counters = BTreeMap<u32, Ticks>;

/// How long a processor did what: user, nice, system, idle, waiting for disks, interrupts, soft
/// interrupts, stolen by the host. The time of guests, in columns further on, is part of the first
/// two.
type Ticks = [u64; 8];

/// The columns of [`Ticks`] in which a processor does nothing.
const IDLE: [usize; 2] = [3, 4];

/// What was done between two rounds, in ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Work {
    busy: u64,
    idle: u64,
}

impl Processors {
    /// Returns the load since the last call, of processors that were on line then as well.
    pub(super) fn measure(&mut self, files: &impl Files) -> io::Result<Vec<Reading>> {
        let now = parse(&files.read(FILE)?);
        let loads = self.0.advance(files.now(), now, |before, now, _| readings(before, now));
        Ok(loads.unwrap_or_default())
    }
}

fn readings(before: &Counters, now: &Counters) -> Vec<Reading> {
    let works = now
        .iter()
        .filter_map(|(number, now)| Some((number, Work::between(before.get(number)?, now)?)));
    let works: Vec<_> = works.collect();
    let all = works.iter().fold(Work::default(), |sum, (_, work)| sum.and(*work));
    let all = all.load().map(|load| Reading::of_all(CPU, load));
    let each = works.iter().filter_map(|(number, work)| {
        Some(Reading::of_device(CPU, OsStr::new(&number.to_string()), work.load()?))
    });
    all.into_iter().chain(each).collect()
}

impl Work {
    /// Returns what was done between two readings. `None` if the counters were set back.
    fn between(before: &Ticks, now: &Ticks) -> Option<Self> {
        let mut work = Self::default();
        for (column, (before, now)) in before.iter().zip(now).enumerate() {
            if IDLE.contains(&column) {
                // The kernel estimates these, and corrects them downwards, too.
                work.idle = work.idle.saturating_add(now.saturating_sub(*before));
            } else {
                work.busy = work.busy.saturating_add(now.checked_sub(*before)?);
            }
        }
        Some(work)
    }

    const fn and(self, other: Self) -> Self {
        let busy = self.busy.saturating_add(other.busy);
        Self { busy, idle: self.idle.saturating_add(other.idle) }
    }

    fn load(self) -> Option<f64> {
        percent(self.busy, self.busy.saturating_add(self.idle))
    }
}

fn parse(text: &[u8]) -> Counters {
    String::from_utf8_lossy(text).lines().filter_map(processor).collect()
}

/// Parses a line such as `cpu0 10 0 20 970 0 0 0 0 0 0`. Old kernels have fewer columns.
fn processor(line: &str) -> Option<(u32, Ticks)> {
    let (name, columns) = line.split_once(' ')?;
    let number = name.strip_prefix("cpu")?.parse().ok()?;
    let columns: Vec<_> = columns.split_whitespace().map(|count| count.parse().ok()).collect();
    let columns: Vec<u64> = columns.into_iter().collect::<Option<_>>()?;
    Some((number, array::from_fn(|column| columns.get(column).copied().unwrap_or(0))))
}

#[cfg(test)]
mod tests {
    use super::super::recorded::Recorded;
    use super::*;

    /// Returns the readings of the last of these texts.
    fn loads(texts: &[&str]) -> Vec<String> {
        let (mut processors, recorded) = (Processors::default(), Recorded::default());
        let mut readings = Vec::new();
        for text in texts {
            readings = processors.measure(recorded.text(FILE, text)).unwrap();
        }
        readings.iter().map(|reading| format!("{} {}", reading.metric, reading.value)).collect()
    }

    /// A container of lxcfs, and its host at the same time.
    const CONTAINER: &str = "\
cpu  1478877 0 262471 838109 0 0 0 0 0 0
cpu0 696277 0 128083 465041 0 0 0 0 0 0
cpu1 782600 0 134388 373068 0 0 0 0 0 0
intr 15070502 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 1 15 0 0 0 0 2590 1521 0 223 1
";
    const HOST: &str = "\
cpu  1330445 148433 237308 832042 4977 0 25163 1094 0 0
cpu0 621128 75150 115463 462973 1521 0 12620 547 0 0
cpu1 709317 73283 121844 369068 3456 0 12543 546 0 0
";

    #[test]
    fn load_is_a_difference_between_counters_that_went_on() {
        let two = "cpu 0\ncpu0 10 10 10 100 10 10 10 10 5 5\ncpu1 100 0 0 100\n";
        let cases: &[(&[&str], &[&str])] = &[
            (&[two], &[]),
            (&[two, two], &[]),
            // 6 of 8 columns are work; guests are part of the first two.
            (
                &[two, "cpu0 11 11 11 101 11 11 11 11 90 90\ncpu1 100 0 0 192\n"],
                &["cpu 6", "cpu.0 75", "cpu.1 0"],
            ),
            (&["cpu0 0 0 0 0\n", "cpu0 0 0 0 7\n"], &["cpu 0", "cpu.0 0"]),
            (&["cpu0 0 0 0 0\n", "cpu0 7 0 0 0\n"], &["cpu 100", "cpu.0 100"]),
            // Waiting and idling may go backwards.
            (&["cpu0 0 0 0 50 50\n", "cpu0 10 0 0 40 60\n"], &["cpu 50", "cpu.0 50"]),
            (&["cpu0 0 0 0 50 50\n", "cpu0 10 0 0 60 40\n"], &["cpu 50", "cpu.0 50"]),
            (&["cpu0 0 0 0 50 50\n", "cpu0 10 0 0 40 40\n"], &["cpu 100", "cpu.0 100"]),
            // The counters were set back, of one processor or of both.
            (&[two, "cpu0 5 10 10 200 10 10 10 10\ncpu1 101 0 0 101\n"], &["cpu 50", "cpu.1 50"]),
            (&[two, "cpu0 0 0 0 0\ncpu1 0 0 0 0\n"], &[]),
            (&["cpu0 18446744073709551615 0 0 0\n", "cpu0 3 0 0 9\n"], &[]),
            // A processor is taken off line, and comes back.
            (&[two, "cpu1 101 0 0 101\n"], &["cpu 50", "cpu.1 50"]),
            (&[two, "cpu1 101 0 0 101\n", two], &[]),
            (
                &[two, "cpu1 101 0 0 101\n", "cpu0 900 0 0 900\ncpu1 102 0 0 104\n"],
                &["cpu 25", "cpu.1 25"],
            ),
            (&[two, "", two], &[]),
            // Another one is there.
            (&["cpu0 1 0 0 1\n", "cpu0 2 0 0 2\ncpu7 5 0 0 5\n"], &["cpu 50", "cpu.0 50"]),
            (&[CONTAINER, CONTAINER], &[]),
            // The columns of the host are others; what its idling went back by is nothing.
            (&[CONTAINER, HOST], &[]),
            (&[&CONTAINER.replace(' ', "  "), CONTAINER], &[]),
            // What is no line of a processor is none.
            (&["cpu0 0 0 0 0\n", "cpu0 1 0 x 0\n"], &[]),
            (&["cpu0 0 0 0 0\n", "cpu0 -1 0 0 0\ncpu\ncpux 1\ncpu1\n"], &[]),
            (&["cpu0 0 0 0 0\n", "cpu0 1 0 0"], &["cpu 100", "cpu.0 100"]),
            (
                &["cpu0 0 0 0 0\n", "cpu0 18446744073709551615 18446744073709551615 1 1\n"],
                &["cpu 100", "cpu.0 100"],
            ),
        ];
        for (texts, expected) in cases {
            assert_eq!(loads(texts), *expected, "{texts:?}");
        }
    }
}
