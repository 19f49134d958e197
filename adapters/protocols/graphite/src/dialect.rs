//! What lines of text mean, to whom, and what is replied to them.

use std::fmt;

use metric_proto::{Key, Refused, Sample};

use crate::fault::Fault;
use crate::path::Room;

/// A protocol of lines of text, each with up to one sample.
pub trait Dialect {
    /// The longest reply to a line in bytes.
    const LONGEST_REPLY: usize;

    /// Reads a line, without its line end. A key that is not in the line as it is is written to
    /// `room`.
    ///
    /// # Errors
    ///
    /// [`Fault`] if the line has a sample that cannot be stored, or makes no sense.
    fn read<'a>(&self, line: &'a [u8], room: &'a mut Room) -> Result<Said<'a>, Fault>;

    /// Writes the reply to a line, if there is one.
    ///
    /// # Errors
    ///
    /// Those of `reply`.
    fn reply(&self, line: &[u8], outcome: Outcome, reply: &mut dyn fmt::Write) -> fmt::Result;
}

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said<'a> {
    /// A sample to store.
    Sample(Key<'a>, Sample),
    /// Nothing.
    Nothing,
    /// A question.
    Question,
    /// The end of the connection.
    End,
}

/// What became of a line to which there may be a reply. A sample that was stored has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is a [question](Said::Question).
    Asked,
    /// It has a fault.
    Faulty(Fault),
    /// The store refused its sample.
    Refused(Refused),
}
