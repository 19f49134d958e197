//! Counts what became of each line, and reports the refused ones.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, IsTerminal};

use metric_smol::client::Answer;

use super::lines::Line;
use crate::failure::Failure;
use crate::output::progress::Progress;

/// The counts of one command, and the lines whose replies are outstanding.
pub(super) struct Tally {
    progress: Progress,
    /// The lines sent whose replies are outstanding. The client's window bounds them.
    waiting: VecDeque<Excerpt>,
    stored: u64,
    /// Lines that the server refused.
    refused: u64,
    /// Lines that were not sent because they are not samples.
    wrong: u64,
    /// The largest number of lines that are reported one by one.
    most: u64,
}

/// The number of a line and the beginning of its text.
pub(super) struct Excerpt {
    number: u64,
    text: Box<[u8]>,
}

/// The number of characters shown of a line.
const SHOWN: usize = 60;

/// The largest number of lines reported on a terminal: more would scroll everything else away.
const ON_A_TERMINAL: u64 = 20;

/// The warning about an invisible mark with which some programs begin a file. A key may begin with
/// it as well.
const MARK: &str = "metric: line 1: the key begins with a byte order mark, which is kept";

const REFUSED: &str = "the server refused it: one of its limits is reached";

impl Tally {
    pub(super) fn new(progress: Progress) -> Self {
        let most = if io::stderr().is_terminal() { ON_A_TERMINAL } else { u64::MAX };
        Self { progress, waiting: VecDeque::new(), stored: 0, refused: 0, wrong: 0, most }
    }

    /// Counts and reports a line that is not a sample.
    pub(super) fn wrong(&mut self, line: Line<'_>, why: &str) {
        self.wrong += 1;
        self.say(&Excerpt::of(line), why);
    }

    /// Notes that the sample of a line was sent. Of the first, reports what may be a mistake.
    pub(super) fn sent(&mut self, line: Line<'_>, doubt: impl FnOnce() -> Option<String>) {
        if self.waiting.is_empty() && self.stored + self.refused == 0 {
            doubt().iter().for_each(|doubt| self.progress.say(doubt));
        }
        if line.number == 1 && line.text.starts_with("\u{feff}".as_bytes()) {
            self.progress.say(MARK);
        }
        self.waiting.push_back(Excerpt::of(line));
    }

    /// Counts the reply to the oldest line without one.
    pub(super) fn answered(&mut self, answer: Answer) {
        let line = self.waiting.pop_front();
        match (answer, line) {
            (Answer::Refused, Some(line)) => {
                self.refused += 1;
                self.say(&line, REFUSED);
            }
            _ => self.stored += 1,
        }
    }

    fn say(&self, line: &Excerpt, why: &str) {
        if self.wrong + self.refused <= self.most {
            self.progress.say(&format!("metric: {line}: {why}"));
        }
    }

    /// Updates the progress bar.
    pub(super) fn show(&self, bytes: u64) {
        self.progress.show(bytes, self.stored + self.refused);
    }

    /// Returns the outcome of the command at the end of its input.
    pub(super) fn result(&self) -> Result<(), Failure> {
        let lost = self.wrong + self.refused;
        if lost == 0 {
            return Ok(());
        }
        let hidden = match lost.saturating_sub(self.most) {
            0 => String::new(),
            more => format!("; not shown: {more} (2>FILE keeps them all)"),
        };
        Err(Failure::Refused(format!("{self}{hidden}")))
    }

    /// Adds the counts to a failure that ended the command early.
    pub(super) fn cut_short(&self, failure: Failure) -> Failure {
        let Self { stored, refused, waiting, .. } = self;
        let after = format!(
            "samples stored: {stored}, refused: {refused}, without a reply: {}",
            waiting.len()
        );
        match failure {
            Failure::Failed(why) => Failure::Failed(format!("{why}; {after}")),
            Failure::Interrupted(why) => Failure::Interrupted(format!("{why}; {after}")),
            other => other,
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stored, refused, wrong, .. } = self;
        write!(
            f,
            "samples stored: {stored}, refused: {refused}, lines that are not samples: {wrong}"
        )
    }
}

impl Excerpt {
    pub(super) fn of(line: Line<'_>) -> Self {
        // One character more than is shown tells that the line goes on.
        let front = line.text.get(..4 * (SHOWN + 1)).unwrap_or(line.text);
        Self { number: line.number, text: front.into() }
    }
}

/// The text is escaped, since it may contain control sequences for terminals.
impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = String::from_utf8_lossy(&self.text);
        let shown: String = text.chars().take(SHOWN).collect();
        let dots = if shown.len() < text.len() { "..." } else { "" };
        write!(f, "line {}: {shown:?}{dots}", self.number)
    }
}
