//! What a server's bounds mean in memory.

use std::fmt;

/// Bytes of both buffers of a connection, which it has while it is busy or its peer does not take
/// replies. Its state comes on top, and what it has just read of samples on disk, 64 KiB at most.
const CONNECTION: usize = 64 * 1024;

/// Bytes of the buffers of files.
const FILES: usize = 1 << 20;

/// Bytes that a series takes at most beside its key and its compressed samples.
const SERIES: usize = 2_500;

/// Bytes that a sample takes at most.
const SAMPLE: usize = 8;

/// How much a server takes on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Bytes that connections and samples may take.
    pub(crate) memory: usize,
    /// Connections that were asked for; see [`connections`](Self::connections).
    pub(crate) connections: usize,
    pub(crate) series: usize,
    /// Samples in each series; without a bound the largest number.
    pub(crate) samples: usize,
    /// Bytes in the longest key.
    pub(crate) key: usize,
    /// Whether the samples are in an engine, which bounds series and samples itself.
    pub(crate) is_shared: bool,
}

impl Bounds {
    /// How many connections are served: those that were asked for, unless they could take more than
    /// a quarter of the memory.
    pub(crate) fn connections(&self) -> usize {
        self.connections.min(self.memory / 4 / CONNECTION)
    }

    /// The bytes that are left for samples.
    pub(crate) fn memory_of_samples(&self) -> usize {
        self.memory - self.connections() * CONNECTION
    }

    /// The bytes that are left for samples in memory beside the work on files: the buffers of the log and
    /// of segments, and the indexes of those that are written and merged.
    pub(crate) fn memory_beside_files(&self) -> usize {
        self.memory_of_samples() - self.memory / 8 - FILES
    }

    fn fmt_samples(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { series, samples, key, .. } = *self;
        write!(f, "{series} series{}, ", self.taken(&[series, SERIES + key], ""))?;
        match samples {
            usize::MAX => f.write_str("any number of samples in each, "),
            _ => {
                let all = self.taken(&[series, samples, SAMPLE], " in all");
                write!(f, "{samples} samples in each{all}, ")
            }
        }
    }

    /// Says what a number of something takes, unless memory has no room for so many.
    fn taken(&self, factors: &[usize], of_what: &str) -> String {
        let bytes = Bytes::product(factors);
        if bytes.0 <= self.memory as f64 { format!(" ({bytes}{of_what})") } else { String::new() }
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let connections = self.connections();
        let of_connections = self.taken(&[connections, CONNECTION], "");
        write!(f, "at most {connections} connections{of_connections}, ")?;
        // An engine has bounds of its own.
        if !self.is_shared {
            self.fmt_samples(f)?;
        }
        let memory = Bytes::product(&[self.memory]);
        write!(
            f,
            "keys of up to {} bytes; connections and samples take at most {memory} of memory, \
             whatever their numbers",
            self.key
        )
    }
}

/// Bytes, rounded for people.
struct Bytes(f64);

impl Bytes {
    fn product(factors: &[usize]) -> Self {
        Self(factors.iter().map(|&factor| factor as f64).product())
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0;
        let units = [(1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "KB")];
        let unit = units.into_iter().find(|&(size, _)| bytes >= size);
        let (size, name) = unit.unwrap_or((1.0, "bytes"));
        let digits = usize::from(bytes / size < 10.0);
        write!(f, "{:.digits$} {name}", bytes / size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        memory: 4_000_000_000,
        connections: 10_000,
        series: 100_000,
        samples: 1_000_000,
        key: 255,
        is_shared: false,
    };

    #[test]
    fn bounds_say_what_memory_they_may_mean() {
        assert_eq!(
            BOUNDS.to_string(),
            "at most 10000 connections (655 MB), 100000 series (276 MB), 1000000 samples in each, \
             keys of up to 255 bytes; connections and samples take at most 4.0 GB of memory, \
             whatever their numbers"
        );
        let longer = Bounds { key: 1_000, ..BOUNDS }.to_string();
        assert!(longer.contains("series (350 MB)") && longer.contains("of up to 1000 bytes;"));
        let least = Bounds { connections: 1, series: 1, samples: 1, ..BOUNDS }.to_string();
        assert!(
            least.starts_with(
                "at most 1 connections (66 KB), 1 series (2.8 KB), 1 samples in each (8.0 bytes in all), "
            ),
            "{least}"
        );
        let unbounded = Bounds { samples: usize::MAX, ..BOUNDS }.to_string();
        assert!(unbounded.contains(", any number of samples in each, keys"), "{unbounded}");
        let shared = Bounds { is_shared: true, ..BOUNDS }.to_string();
        assert!(
            shared.starts_with("at most 10000 connections (655 MB), keys of up to"),
            "{shared}"
        );
    }

    #[test]
    fn no_figure_is_larger_than_the_memory() {
        let small = Bounds { memory: 8 << 20, ..BOUNDS }.to_string();
        assert!(
            small.starts_with(
                "at most 32 connections (2.1 MB), 100000 series, 1000000 samples in each, keys"
            ),
            "{small}"
        );
        let most = usize::MAX - 1;
        let most = Bounds {
            memory: most,
            connections: most,
            series: most,
            samples: most,
            key: 1_000,
            is_shared: false,
        };
        assert_eq!(most.to_string().matches(" PB").count(), 2, "{most}");
    }

    #[test]
    fn connections_leave_samples_three_quarters_of_the_memory() {
        let small = Bounds { memory: 16 << 20, ..BOUNDS };
        assert_eq!((small.connections(), small.memory_of_samples()), (64, 12 << 20));
        let few = Bounds { connections: 16, ..small };
        assert_eq!((few.connections(), few.memory_of_samples()), (16, 15 << 20));
        assert_eq!(few.memory_beside_files(), 12 << 20);
    }
}
