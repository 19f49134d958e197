//! Reads samples from files and pipes, stores them, and reports what was refused.

pub(crate) mod bulk;
mod columns;
mod csv;
mod expected;
pub(crate) mod fields;
pub(crate) mod lines;
pub(crate) mod reader;
pub(crate) mod remarks;
mod signature;
pub(crate) mod tally;
