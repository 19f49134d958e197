//! Times that people read and write, and the timestamps that they stand for.

mod clock;
mod read;
mod unit;

pub(crate) use clock::{Clock, Zone};
pub(crate) use read::{Moment, read, read_date};
pub(crate) use unit::Unit;
