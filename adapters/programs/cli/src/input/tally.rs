//! What became of the lines that were read: who is to be told of which.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, IsTerminal};

use metric_smol::client::Answer;

use super::lines::Line;
use crate::failure::Failure;
use crate::output::progress::Progress;

/// Counts answers, and says of each line that was refused which it was and why.
pub(super) struct Tally {
    progress: Progress,
    /// Those that have no answer yet, which the client's window bounds.
    waiting: VecDeque<Excerpt>,
    stored: u64,
    /// By the server.
    refused: u64,
    /// Those that were not sent, since they are no samples.
    wrong: u64,
    /// How many refusals are said in a line each.
    most: u64,
}

/// A line, and the front of its text.
pub(super) struct Excerpt {
    number: u64,
    text: Box<[u8]>,
}

/// What is shown of a line.
const SHOWN: usize = 60;

/// More would drive all else from a screen.
const ON_A_TERMINAL: u64 = 20;

/// Some programs begin a file with it, and nobody sees it; but a key may begin with it too.
const MARK: &str = "metric: line 1: the key begins with a byte order mark, which is kept";

const REFUSED: &str = "the server refuses it, for one of its bounds";

impl Tally {
    pub(super) fn new(progress: Progress) -> Self {
        let most = if io::stderr().is_terminal() { ON_A_TERMINAL } else { u64::MAX };
        Self { progress, waiting: VecDeque::new(), stored: 0, refused: 0, wrong: 0, most }
    }

    /// A line is no sample.
    pub(super) fn wrong(&mut self, line: Line<'_>, why: &str) {
        self.wrong += 1;
        self.say(&Excerpt::of(line), why);
    }

    /// A line is on its way.
    pub(super) fn sent(&mut self, line: Line<'_>) {
        if line.number == 1 && line.text.starts_with("\u{feff}".as_bytes()) {
            self.progress.say(MARK);
        }
        self.waiting.push_back(Excerpt::of(line));
    }

    /// The first line on its way has its answer.
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

    /// Shows how far it is.
    pub(super) fn show(&self, bytes: u64) {
        self.progress.show(bytes, self.stored + self.refused);
    }

    /// What comes of the command at the end of its input.
    pub(super) fn result(&self) -> Result<(), Failure> {
        let lost = self.wrong + self.refused;
        if lost == 0 {
            return Ok(());
        }
        let hidden = match lost.saturating_sub(self.most) {
            0 => String::new(),
            more => format!("; {more} of them are not shown: 2>FILE keeps all"),
        };
        Err(Failure::Refused(format!("{self}{hidden}")))
    }

    /// What is known when it ends before its time.
    pub(super) fn cut_short(&self, failure: Failure) -> Failure {
        let Self { stored, refused, waiting, .. } = self;
        let after = format!(
            "samples stored: {stored}, refused: {refused}, without an answer: {}",
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
            "samples stored: {stored}, refused: {refused}, lines that are no samples: {wrong}"
        )
    }
}

impl Excerpt {
    pub(super) fn of(line: Line<'_>) -> Self {
        // One more than is shown says that there is more.
        let front = line.text.get(..4 * (SHOWN + 1)).unwrap_or(line.text);
        Self { number: line.number, text: front.into() }
    }
}

/// Escaped where a terminal would take it for more than text.
impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = String::from_utf8_lossy(&self.text);
        let shown: String = text.chars().take(SHOWN).collect();
        let dots = if shown.len() < text.len() { "..." } else { "" };
        write!(f, "line {}: {shown:?}{dots}", self.number)
    }
}
