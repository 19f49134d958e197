//! What Graphite's clients ask: series by targets, the tree of paths, tags.
//!
//! ```text
//! /render  ─▶ fields ─▶ target ─▶ evaluate ─▶ fetch ─▶ Store
//!                                    │          └─ selector, grid
//!                                    ├─ functions
//!                                    └─▶ form: JSON, CSV, raw, pickle
//! /metrics/find ─▶ find ─▶ tree      /tags ─▶ tags      /functions ─▶ catalogue
//! ```

mod aggregation;
mod arguments;
mod attime;
mod catalogue;
mod evaluate;
mod failure;
mod fetch;
mod fields;
mod find;
mod form;
mod functions;
mod grammar;
mod grid;
mod json;
mod list;
mod name;
mod number;
mod pattern;
mod query;
mod render;
mod routes;
mod samples;
mod selector;
mod series;
mod step;
mod tagged;
mod tags;
mod target;
mod tree;
mod window;

pub use attime::{InvalidTime, parse_time};
pub use grammar::{InvalidTarget, MAX_DEPTH, MAX_TARGET, parse_target};
pub use routes::Graphite;
pub use target::{Call, Expression, Literal, Span};

#[cfg(test)]
mod tests;
