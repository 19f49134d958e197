//! Counts what became of each line, and reports the refused ones.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use clap::Args;
use metric_smol::client::Answer;

use super::lines::Line;
use crate::failure::Failure;
use crate::output::progress::Progress;

/// The counts of one command, and the lines whose replies are outstanding.
pub(crate) struct Tally {
    progress: Progress,
    /// The lines sent whose replies are outstanding. The client's window bounds them.
    waiting: VecDeque<Excerpt>,
    stored: u64,
    /// Lines that the server refused.
    refused: u64,
    /// Lines that were not sent because they are not samples.
    wrong: u64,
    complaints: Complaints,
    /// The number of lines that were not reported, by their fault.
    hidden: BTreeMap<&'static str, u64>,
}

/// How many of the refused lines are reported one by one.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Complaints {
    /// Report every refused line, not just the first 20
    #[arg(long)]
    report_all: bool,
}

/// The number of a line and the beginning of its text.
pub(super) struct Excerpt {
    number: u64,
    text: Box<[u8]>,
}

/// The number of characters shown of a line.
const SHOWN: usize = 60;

/// The largest number of lines that are reported by default. A wrong file has millions.
const FIRST: u64 = 20;

impl Tally {
    pub(crate) fn new(progress: Progress, complaints: Complaints) -> Self {
        let (waiting, hidden) = (VecDeque::new(), BTreeMap::new());
        Self { progress, waiting, stored: 0, refused: 0, wrong: 0, complaints, hidden }
    }

    /// Counts and reports a line that is not a sample.
    pub(super) fn wrong(&mut self, line: Line<'_>, why: &'static str) {
        self.wrong += 1;
        self.complain(&Excerpt::of(line), why);
    }

    /// Returns whether no sample was sent yet.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.stored + self.refused == 0
    }

    /// Reports what may be a mistake, but is none for sure.
    pub(super) fn remark(&self, line: Line<'_>, remark: &str) {
        self.say(&format!("line {}: {remark}", line.number));
    }

    /// Reports something that concerns several lines.
    pub(super) fn say(&self, message: &str) {
        self.progress.say(&format!("metric: {message}"));
    }

    /// Notes that the sample of a line was sent.
    pub(super) fn sent(&mut self, line: Line<'_>) {
        self.waiting.push_back(Excerpt::of(line));
    }

    /// Counts the reply to the oldest line without one.
    pub(super) fn answered(&mut self, answer: Answer) {
        let line = self.waiting.pop_front();
        match (answer, line) {
            (Answer::Refused, Some(line)) => {
                self.refused += 1;
                self.complain(&line, "the server refused the sample");
            }
            _ => self.stored += 1,
        }
    }

    fn complain(&mut self, line: &Excerpt, why: &'static str) {
        if self.complaints.report_all || self.wrong + self.refused <= FIRST {
            self.say(&format!("{line}: {why}"));
        } else {
            *self.hidden.entry(why).or_default() += 1;
        }
    }

    /// Reports how many lines have not been reported, by their fault.
    pub(super) fn say_hidden(&self) {
        for (why, count) in &self.hidden {
            self.say(&format!("further lines: {count}: {why}"));
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
        let hidden = if self.hidden.is_empty() { "" } else { "; --report-all reports each" };
        let what = format!("{self}{hidden}");
        Err(match self.refused {
            0 => Failure::Refused(what),
            _ => Failure::UnexplainedPut(what),
        })
    }

    /// Adds the counts to a failure that ended the command early.
    pub(super) fn cut_short(&self, failure: Failure) -> Failure {
        let Self { stored, refused, waiting, .. } = self;
        failure.after(format_args!(
            "samples stored: {stored}, refused: {refused}, without a reply: {}",
            waiting.len()
        ))
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
        let mut parts = escaped(&self.text);
        let shown: String = parts.by_ref().take(SHOWN).collect();
        let dots = if parts.next().is_some() { "..." } else { "" };
        write!(f, "line {}: \"{shown}\"{dots}", self.number)
    }
}

/// Returns the characters of a text, and bytes that are in none.
fn escaped(text: &[u8]) -> impl Iterator<Item = String> {
    text.utf8_chunks().flat_map(|chunk| {
        let chars = chunk.valid().chars().map(|char| match char {
            '\'' => "'".to_owned(),
            _ => char.escape_debug().to_string(),
        });
        chars.chain(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")))
    })
}
