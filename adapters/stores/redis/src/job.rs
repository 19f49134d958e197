//! A group of commands on its way, and how the replies to it are taken.

use std::mem::take;

use redis::Value;

use crate::command::Group;
use crate::map::redirection;
use crate::node::{Address, Broken};

/// Why commands were not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The first so many were done. The next was certainly not, nor any behind it.
    Refused { done: usize, why: String },
    /// They may have been done, or may be done later.
    Unknown(String),
}

/// The replies to the commands of a group.
pub(crate) type Outcome = Result<Vec<Value>, Failure>;

/// A group on its way.
pub(crate) struct Job {
    pub(crate) part: usize,
    pub(crate) commands: Vec<redis::Cmd>,
    pub(crate) deed: Option<usize>,
    pub(crate) done: Vec<Value>,
    /// The server that is to be asked this time.
    pub(crate) ask: Option<Address>,
    /// Whether something may have been done of which there is no reply.
    pub(crate) maybe: bool,
    /// Why it is tried again.
    pub(crate) why: String,
    /// Why the engine does not do it, and will not later.
    pub(crate) refused: Option<String>,
    failure: Option<Failure>,
}

/// How one reply is to be taken.
pub(crate) enum Judged {
    Done(Value),
    Ask(Address),
    Moved(Address),
    /// It was not done, and may be later.
    Later(String),
    Refused(String),
}

impl Job {
    pub(crate) fn new(group: Group) -> Self {
        let Group { part, commands, deed } = group;
        let done = Vec::with_capacity(commands.len());
        let (ask, maybe, why, refused, failure) = (None, false, String::new(), None, None);
        Self { part, commands, deed, done, ask, maybe, why, refused, failure }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.failure.is_some() || self.done.len() == self.commands.len()
    }

    /// Takes that its connection broke.
    pub(crate) fn break_off(&mut self, broken: &Broken) {
        self.ask = None;
        self.why = broken.to_string();
        match broken {
            Broken::NotSent(_) => {}
            Broken::Ended(_) => self.maybe = true,
            Broken::Silent => self.failure = Some(Failure::Unknown(self.why.clone())),
        }
    }

    pub(crate) fn end_if_refused(&mut self) {
        if let Some(why) = self.refused.take() {
            self.why = why;
            self.end();
        }
    }

    /// Ends it as it is.
    pub(crate) fn end(&mut self) {
        let why = take(&mut self.why);
        let done = self.done.len();
        let refused = Failure::Refused { done, why: why.clone() };
        self.failure = Some(if self.maybe { Failure::Unknown(why) } else { refused });
    }

    pub(crate) fn outcome(self) -> Outcome {
        self.failure.map_or(Ok(self.done), Err)
    }
}

pub(crate) fn judge(value: Value, asked: &Address) -> Judged {
    let Value::ServerError(error) = &value else { return Judged::Done(value) };
    let details = error.details().unwrap_or_default();
    let why = format!("{} {details}", error.code());
    match (error.code(), redirection(details, asked)) {
        ("ASK", Some(address)) => Judged::Ask(address),
        ("MOVED", Some(address)) => Judged::Moved(address),
        (
            "ASK" | "MOVED" | "TRYAGAIN" | "CLUSTERDOWN" | "LOADING" | "MASTERDOWN" | "READONLY"
            | "BUSY",
            _,
        ) => Judged::Later(why),
        _ => Judged::Refused(why),
    }
}
