//! What a server's bounds mean in memory.

use std::fmt;

/// Bytes that a connection takes at most: both its buffers, while its peer does not take replies.
const CONNECTION: usize = 64 * 1024;

/// Bytes that a series takes at most beside its key and its compressed samples.
const SERIES: usize = 2_500;

/// Bytes that a sample takes at most.
const SAMPLE: usize = 8;

/// How much a server takes on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) connections: usize,
    pub(crate) series: usize,
    pub(crate) samples: usize,
    /// Bytes in the longest key.
    pub(crate) key: usize,
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, series, samples, key } = *self;
        let (each, table) = (Bytes(&[connections, CONNECTION]), Bytes(&[series, SERIES + key]));
        let all = Bytes(&[series, samples, SAMPLE]);
        write!(
            f,
            "at most {connections} connections ({each}), {series} series ({table}), \
             {samples} samples in each ({all} in all), keys of up to {key} bytes"
        )
    }
}

/// A product of bytes, rounded for people.
struct Bytes<'a>(&'a [usize]);

impl fmt::Display for Bytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0.iter().map(|&factor| factor as f64).product::<f64>();
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

    #[test]
    fn bounds_say_what_memory_they_may_mean() {
        let bounds = Bounds { connections: 10_000, series: 100_000, samples: 1_000_000, key: 255 };
        assert_eq!(
            bounds.to_string(),
            "at most 10000 connections (655 MB), 100000 series (276 MB), \
             1000000 samples in each (800 GB in all), keys of up to 255 bytes"
        );
        let longer = Bounds { key: 1_000, ..bounds }.to_string();
        assert!(longer.contains("series (350 MB)") && longer.ends_with("of up to 1000 bytes"));
        let bounds = Bounds { connections: 1, series: 1, samples: 1, key: 255 };
        assert_eq!(
            bounds.to_string(),
            "at most 1 connections (66 KB), 1 series (2.8 KB), 1 samples in each (8.0 bytes in all), \
             keys of up to 255 bytes"
        );
        let most = usize::MAX;
        let most = Bounds { connections: most, series: most, samples: most, key: 1_000 };
        assert!(most.to_string().contains(" PB in all)"));
    }
}
