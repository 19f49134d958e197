//! What is read from files and pipes: lines that say samples, and what becomes of them.

pub(crate) mod bulk;
mod csv;
pub(crate) mod fields;
pub(crate) mod lines;
pub(crate) mod reader;
mod tally;
