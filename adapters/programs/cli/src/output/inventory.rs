//! Writes one line for each series as a table for people.

use std::io::{self, Write};
use std::mem;

use clap::builder::styling::Style;
use metric_proto::{Key, Sample};

use super::age::age;
use super::listing::Listing;
use super::rows::{LONGEST_LINE, texts};
use super::text;
use crate::time::Unit;

/// A table of series. Each sample that is added makes a line.
pub(crate) struct Inventory<W> {
    output: W,
    unit: Unit,
    /// The columns of the terminal.
    columns: usize,
    now: i64,
    /// The first lines, held back to measure the columns.
    held: Vec<[String; 3]>,
    /// The widths of keys and values, once the first lines are written.
    widths: Option<[usize; 2]>,
}

const HEADING: Style = Style::new().bold();
const TITLES: [&str; 3] = ["KEY", "VALUE", "AGE"];

/// The width of an age, and the space between columns.
const REST: usize = 5 + 2 + 2;

/// The number of lines by which columns are measured. Longer texts below are not aligned.
const MEASURED: usize = 1_000;

impl<W: Write> Inventory<W> {
    pub(crate) fn new(output: W, unit: Unit, columns: u16) -> Self {
        let columns = usize::from(columns);
        Self { output, unit, columns, now: unit.now(), held: Vec::new(), widths: None }
    }

    fn write(&mut self, line: &[String; 3], [key, value]: [usize; 2]) -> io::Result<()> {
        let [name, number, age] = line;
        match key.checked_sub(text::width(name)) {
            Some(rest) => writeln!(self.output, "{name}{:rest$}  {number:>value$}  {age:>5}", ""),
            None => writeln!(self.output, "{name}  {number}  {age}"),
        }
    }

    fn write_held(&mut self) -> io::Result<[usize; 2]> {
        let held = mem::take(&mut self.held);
        let width = |column: usize, most: usize| {
            let texts = held.iter().map(|line| text::width(&line[column]));
            let fitting = texts.filter(|width| *width <= most);
            fitting.max().unwrap_or_default().max(TITLES[column].len())
        };
        let value = width(1, usize::MAX);
        // A key that is too long for the terminal moves the rest of its line, and not of all lines.
        let widths = [width(0, self.columns.saturating_sub(value + REST)), value];
        self.widths = Some(widths);
        if !held.is_empty() {
            let ([key, value], [first, second, third]) = (widths, TITLES);
            let titles = format!("{first:key$}  {second:>value$}  {third:>5}");
            writeln!(self.output, "{HEADING}{titles}{HEADING:#}")?;
        }
        held.iter().try_for_each(|line| self.write(line, widths))?;
        Ok(widths)
    }
}

impl<W: Write> Listing for Inventory<W> {
    fn add(&mut self, key: Key<'_>, sample: Sample) -> io::Result<()> {
        let mut line = [0; LONGEST_LINE];
        let [value, _] = texts(key, sample, &mut line)?;
        let age = age(sample.timestamp(), self.now, self.unit);
        let line = [text::visible(key.as_str()), value.to_owned(), age];
        if self.widths.is_none() && self.held.len() < MEASURED {
            self.held.push(line);
            return Ok(());
        }
        let widths = match self.widths {
            Some(widths) => widths,
            None => self.write_held()?,
        };
        self.write(&line, widths)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.widths.is_none() {
            self.write_held()?;
        }
        self.output.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inventory(samples: &[(&str, f64, i64)]) -> Inventory<Vec<u8>> {
        let mut inventory = Inventory::new(Vec::new(), Unit::Second, 40);
        inventory.now = 1_000_000;
        for &(key, value, timestamp) in samples {
            let sample = Sample::new(value, timestamp).unwrap();
            inventory.add(Key::new(key).unwrap(), sample).unwrap();
        }
        inventory
    }

    fn shown(mut inventory: Inventory<Vec<u8>>) -> String {
        inventory.flush().unwrap();
        String::from_utf8(inventory.output).unwrap()
    }

    #[test]
    fn each_series_is_a_line_and_columns_are_aligned() {
        let samples =
            [("palm.cpu", 23.7, 999_990), ("ключ.温度", -1e300, 1), ("c\u{202e}", 2.0, i64::MAX)];
        let expected = "\
\u{1b}[1mKEY          VALUE    AGE\u{1b}[0m
palm.cpu      23.7    10s
ключ.温度  -1e+300    11d
c\\u{202e}      2.0      ?
";
        assert_eq!(shown(inventory(&samples)), expected);
        assert_eq!(shown(inventory(&[])), "");
    }

    #[test]
    fn a_key_that_is_too_long_for_the_terminal_does_not_move_the_others() {
        let (long, fitting) = ("k".repeat(27), "k".repeat(26));
        let samples = [("a", 1.0, 999_990), (&long, 1.0, 999_990), (&fitting, 1.0, 999_990)];
        let shown = shown(inventory(&samples));
        let lines: Vec<_> = shown.lines().skip(1).collect();
        let [short, fitting] = [format!("{:26}", "a"), fitting].map(|key| key + "    1.0    10s");
        assert_eq!(lines, [short, long + "  1.0  10s", fitting]);
        assert!(lines[2].len() == 40);
    }

    #[test]
    fn only_the_first_lines_are_held_in_memory() {
        let names: Vec<_> = (0..3 * MEASURED).map(|number| format!("k{number:05}")).collect();
        let samples: Vec<_> = names.iter().map(|name| (name.as_str(), 1.0, 1)).collect();
        let inventory = inventory(&samples);
        assert!(inventory.held.is_empty());
        let shown = shown(inventory);
        assert_eq!(shown.lines().count(), 1 + names.len());
        assert!(shown.lines().skip(1).eq(names.iter().map(|name| format!("{name}    1.0    11d"))));
    }
}
