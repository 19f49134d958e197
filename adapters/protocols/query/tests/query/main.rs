//! The producers over stores that wait and change, against naive oracles.

mod changes;
mod replies;
mod search;
mod sizes;
mod support;
