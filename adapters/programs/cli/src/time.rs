//! Times that people read and write, and the timestamps that they stand for.

mod clock;
mod range;
mod read;
mod unit;

pub(crate) use clock::{Clock, Zone};
pub(crate) use range::what_exceeds_in_date;
pub(crate) use read::{Moment, read, read_date};
pub(crate) use unit::Unit;
