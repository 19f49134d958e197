//! Runs the cases one after the other and counts the series that are still free.

use std::any::Any;
use std::io::{self, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::SystemTime;

use crate::trial::Trial;
use crate::{Case, Needs, Outcome, Server, Summary, Verdict, cases};

/// What to run, and how.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Runs only the cases whose name contains this text.
    pub filter: Option<String>,
    /// Leaves out the cases whose name contains this text.
    pub except: Option<String>,
    /// Seeds the random cases.
    pub seed: u64,
    /// Keeps this run's keys apart from those of earlier runs against the same server; at most
    /// four bytes, none of them white space.
    pub tag: String,
}

/// Runs the suite against a server.
pub fn check(server: &mut dyn Server, options: &Options) -> Summary {
    check_and_observe(server, options, |_| ())
}

/// Runs the suite against a server and passes each outcome to `observe` as it arrives.
pub fn check_and_observe(
    server: &mut dyn Server,
    options: &Options,
    mut observe: impl FnMut(&Outcome),
) -> Summary {
    let mut runner = Runner::new(server, options);
    let mut outcomes = Vec::new();
    for (number, case) in cases().iter().enumerate().filter(|(_, case)| options.selects(case)) {
        let verdict = runner.judge(number, case);
        outcomes.push(Outcome { name: case.name, verdict });
        outcomes.last().into_iter().for_each(&mut observe);
    }
    Summary { seed: options.seed, outcomes }
}

impl Options {
    fn selects(&self, case: &Case) -> bool {
        let has = |text: &String| case.name.contains(text.as_str());
        self.filter.as_ref().is_none_or(has) && !self.except.as_ref().is_some_and(has)
    }
}

struct Runner<'a> {
    server: &'a mut dyn Server,
    options: &'a Options,
    state: State,
    series_taken: usize,
}

/// The state of the server before the next case, as far as it is known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Empty,
    Used,
    Suspect,
}

impl<'a> Runner<'a> {
    fn new(server: &'a mut dyn Server, options: &'a Options) -> Self {
        Self { server, options, state: State::Used, series_taken: 0 }
    }

    fn judge(&mut self, number: usize, case: &Case) -> Verdict {
        if let Some(reason) = case.needs.lacking(&self.server.offer()) {
            return Verdict::LeftOut(reason);
        }
        if let Err(verdict) = self.prepare(&case.needs) {
            return verdict;
        }
        self.series_taken += case.needs.series_taken(&self.server.offer());
        let verdict = self.run(number, case);
        let passed = verdict == Verdict::Passed;
        self.state = if passed { State::Used } else { State::Suspect };
        verdict
    }

    fn prepare(&mut self, needs: &Needs) -> Result<(), Verdict> {
        let shortage = self.shortage(needs);
        if shortage.is_none() && self.state != State::Suspect {
            return Ok(());
        }
        match (self.restart(), shortage) {
            (Ok(()), _) => Ok(()),
            (Err(error), None) if error.kind() == ErrorKind::Unsupported => Ok(()),
            (Err(error), Some(shortage)) if error.kind() == ErrorKind::Unsupported => Err(
                Verdict::LeftOut(format!("needs {shortage}, and this server cannot be restarted")),
            ),
            (Err(error), _) => {
                Err(Verdict::Failed(format!("the server could not be restarted: {error}")))
            }
        }
    }

    fn restart(&mut self) -> io::Result<()> {
        self.server.restart()?;
        self.state = State::Empty;
        self.series_taken = 0;
        Ok(())
    }

    fn shortage(&self, needs: &Needs) -> Option<String> {
        let offer = self.server.offer();
        let left = offer.series.saturating_sub(self.series_taken);
        let wanted = needs.series_taken(&offer);
        if needs.empty && self.state != State::Empty {
            return Some("an empty server".into());
        }
        (wanted > left).then(|| format!("{wanted} series, {left} are left"))
    }

    fn run(&self, number: usize, case: &Case) -> Verdict {
        let prefix = format!("{}{}.", base_36(number), self.options.tag);
        let mut trial = Trial::new(self.server, prefix, self.options.seed);
        match catch_unwind(AssertUnwindSafe(|| (case.run)(&mut trial))) {
            Ok(()) => Verdict::Passed,
            Err(panic) => Verdict::Failed(message(panic.as_ref())),
        }
    }
}

/// Returns a tag made of the time: four characters that do not repeat for weeks.
pub fn tag_of_now() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let letter = |power: u32| u32::try_from(now.as_secs() / 36u64.pow(power) % 36);
    (0..4).filter_map(|power| char::from_digit(letter(power).ok()?, 36)).collect()
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("the case panicked without a message").into()
}

/// Writes a case's number in two characters, so that keys stay short.
fn base_36(number: usize) -> String {
    let digit = |value: usize| char::from(b"0123456789abcdefghijklmnopqrstuvwxyz"[value % 36]);
    [digit(number / 36), digit(number)].iter().collect()
}
