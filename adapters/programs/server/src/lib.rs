//! The server programs of the desktop runtimes, except the runtime.
//!
//! A program provides its name and a runtime that [serves](Serve) listeners; [`run`] does the rest. The
//! page and the HTTP API are [`metric_web`]'s, over replies of [`metric_query`]. Samples by other
//! protocols come in by the sessions of [`metric_graphite`]; it and [`metric_prometheus`] answer over HTTP, too.

#![forbid(unsafe_code)]

mod bounds;
mod complaint;
mod data;
mod datagrams;
mod door_report;
mod doors;
#[cfg(feature = "engine")]
mod engine;
mod forget;
mod http;
mod kept;
mod listen;
mod memory;
mod open_files;
mod options;
mod overruns;
mod passed;
mod protocol;
mod quantity;
mod readiness;
mod report;
mod run;
mod self_metrics;
mod serve;
mod service;
mod signals;
mod tool;
mod wrong_unit;

pub use metric_web::Sleeping;
pub use protocol::Protocol;
pub use run::{Program, run};
pub use serve::{Serve, serve_connection};
pub use service::Service;

/// The examples in the README are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
