//! Shows progress on a terminal, and nothing elsewhere.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

use super::extent::extent;
use super::text::visible;

/// A progress bar on standard error. Dropping it clears it.
pub(crate) struct Progress {
    bar: ProgressBar,
}

const OF_BYTES: &str = "{wide_bar} {percent:>3} %  {msg}  {eta} to go";
const OF_BYTES_NARROW: &str = "{percent:>3} %  {wide_msg}";
const OF_UNKNOWN: &str = "{spinner} {elapsed:>3}  {wide_msg}";

/// The least width for a bar, with numbers of samples of up to twelve digits.
const WIDE: u16 = 40;

/// The time between two frames of the spinner.
const TICK: Duration = Duration::from_millis(120);

impl Progress {
    /// Creates a bar for `bytes`. If `None`, creates a spinner.
    pub(crate) fn new(bytes: Option<u64>) -> Self {
        let is_narrow = extent(&io::stderr()).is_some_and(|(columns, _)| columns < WIDE);
        let (bar, template) = match bytes {
            Some(bytes) if is_narrow => (ProgressBar::new(bytes), OF_BYTES_NARROW),
            Some(bytes) => (ProgressBar::new(bytes), OF_BYTES),
            None => (ProgressBar::new_spinner(), OF_UNKNOWN),
        };
        let style = ProgressStyle::with_template(template);
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = bar.with_style(style).with_finish(ProgressFinish::AndClear);
        if !bar.is_hidden() {
            bar.enable_steady_tick(TICK);
        }
        Self { bar }
    }

    /// Creates a hidden bar, for a terminal that shows something else.
    pub(crate) fn none() -> Self {
        Self { bar: ProgressBar::hidden() }
    }

    pub(crate) fn show(&self, bytes: u64, samples: u64) {
        if !self.bar.is_hidden() {
            self.bar.set_position(bytes);
            self.bar.set_message(format!("{samples} samples"));
        }
    }

    /// Prints a line on standard error above the bar. Errors are ignored.
    pub(crate) fn say(&self, line: &str) {
        self.bar.suspend(|| say(line));
    }
}

/// Prints a line on standard error if that is a terminal. Errors are ignored.
pub(crate) fn tell(line: &str) {
    if io::stderr().is_terminal() {
        say(line);
    }
}

/// Prints a line on standard error. Errors are ignored.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{}", visible(line));
}
