//! How long flash lasts.

use crate::record::HEAD;

/// Flash, and the part of it that a ring uses.
///
/// ```
/// use metric_flash::Wear;
///
/// // 256 KiB of a chip that endures 100,000 erases of each page of 4 KiB.
/// let wear = Wear { pages: 64, page: 4096, word: 1, endurance: 100_000 };
/// let years = wear.years(14, 5.0 / 8.0); // keys of 14 bytes, 8 samples every 5 seconds
/// assert!((12.0..13.0).contains(&years), "{years}");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Wear {
    /// The number of pages in the ring.
    pub pages: u32,
    /// The bytes of a page, which is what is erased at once.
    pub page: u32,
    /// The bytes that are read or written at least, whichever are more.
    pub word: u32,
    /// How often a page can be erased, by the data sheet.
    pub endurance: u32,
}

impl Wear {
    /// Returns the bytes that a sample takes, with a key of `key` bytes.
    #[must_use]
    pub const fn record(&self, key: u32) -> u32 {
        ITEM.next_multiple_of(self.word) + (HEAD as u32 + key).next_multiple_of(self.word)
    }

    /// Returns the number of samples in a full page.
    #[must_use]
    pub const fn samples_per_page(&self, key: u32) -> u32 {
        (self.page - MARKS * self.word) / self.record(key)
    }

    /// Returns the number of samples after which the ring has been erased as often as it endures.
    #[must_use]
    pub const fn samples(&self, key: u32) -> u64 {
        self.samples_per_page(key) as u64 * self.pages as u64 * self.endurance as u64
    }

    /// Returns the years after which that is, with a sample every `seconds`.
    #[must_use]
    pub fn years(&self, key: u32, seconds: f64) -> f64 {
        self.samples(key) as f64 * seconds / YEAR
    }
}

/// What `sequential-storage` writes before each record: its length and checksums.
const ITEM: u32 = 8;

/// The words of a page that `sequential-storage` marks.
const MARKS: u32 = 2;

/// Seconds.
const YEAR: f64 = 365.25 * 24.0 * 60.0 * 60.0;

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;

    use super::*;

    const README: &str = include_str!("../README.md");
    const NUCLEO: &str = include_str!("../../../../examples/embassy-stm32h743/README.md");

    /// The name of a row, its flash, and the bytes and years in it.
    type Row<'a> = (&'a str, Wear, u32, [&'a str; 2]);

    #[test]
    fn the_table_of_the_readme_is_computed() {
        let small = |word| Wear { pages: 64, page: 4096, word, endurance: 100_000 };
        let large = Wear { pages: 7, page: 128 * 1024, word: 32, endurance: 10_000 };
        let rows: [Row<'_>; 3] = [
            ("Pico W, Pico 2 W", small(1), 41, ["13", "151"]),
            ("ESP32-C3", small(4), 44, ["12", "140"]),
            ("STM32H743", large, 96, ["1.9", "23"]),
        ];
        for (board, wear, bytes, years) in rows {
            assert_eq!(wear.record(14), bytes);
            for (years, seconds) in years.into_iter().zip([5.0 / 8.0, 60.0 / 8.0]) {
                let computed = wear.years(14, seconds);
                let digits = if computed < 10.0 { 1 } else { 0 };
                assert_eq!(format!("{computed:.digits$}"), years, "{board}");
            }
            let ring = format!("{} × {} KiB", wear.pages, wear.page / 1024);
            for (samples, years) in ["8 every 5 seconds", "8 a minute"].into_iter().zip(years) {
                let row = format!("\n| {samples} | {years} |\n");
                assert!(board != "STM32H743" || NUCLEO.contains(&row), "{row}");
            }
            let [often, seldom] = years.map(|years| format!("{years} years"));
            let row = README.lines().find(|line| line.starts_with(&format!("| {board} |")));
            let row = row.expect("a row");
            assert!(row.contains(&ring), "{row}");
            assert!(row.ends_with(&format!("| {bytes} | {often} | {seldom} |")), "{row}");
        }
    }
}
