//! What a person sees meanwhile, on a terminal; elsewhere nothing.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

/// A bar on standard error, which is gone when it is dropped.
pub(crate) struct Progress {
    bar: ProgressBar,
}

const OF_BYTES: &str = "{bar:30} {percent:>3} %  {msg}  {eta} to go";
const OF_UNKNOWN: &str = "{spinner} {msg}  {elapsed}";

/// Often enough for a spinner to turn.
const TICK: Duration = Duration::from_millis(120);

impl Progress {
    /// A bar for so many bytes, or a spinner where that is not known.
    pub(crate) fn new(bytes: Option<u64>) -> Self {
        let (bar, template) = match bytes {
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

    /// For when there is a terminal that something else is shown on.
    pub(crate) fn none() -> Self {
        Self { bar: ProgressBar::hidden() }
    }

    pub(crate) fn show(&self, bytes: u64, samples: u64) {
        if !self.bar.is_hidden() {
            self.bar.set_position(bytes);
            self.bar.set_message(format!("{samples} samples"));
        }
    }

    /// Says a line on standard error, where nobody may be left to read it.
    pub(crate) fn say(&self, line: &str) {
        self.bar.suspend(|| drop(writeln!(io::stderr(), "{line}")));
    }
}

/// Says a line on standard error if a person is there to read it.
pub(crate) fn tell(line: &str) {
    if io::stderr().is_terminal() {
        let _ = writeln!(io::stderr(), "{line}");
    }
}
