//! HTTP for a metric-proto server: the API of `API.md` and the page, over any store and runtime.
//!
//! A connection goes this way:
//!
//! ```text
//! connection (hyper over stream, with the deadlines of phase and the strictness of framing)
//!     admission   may this peer ask?
//!     places      is there room for the connection?
//!     route       which handler?  ──▶ keys, last, range, live, put, series, metrics, page
//!     body        the reply: a text, or what a producer of metric-query fills, in turns
//! ```
//!
//! Other protocols over HTTP, such as Graphite's, add paths of theirs with [`Routes`].

#![forbid(unsafe_code)]

mod admission;
mod answer;
mod asked;
mod body;
mod connection;
mod counters;
mod csv;
mod exposition;
mod failure;
mod framing;
mod incoming;
mod lines;
mod listing;
mod live;
mod memory;
mod page;
mod parameters;
mod phase;
mod places;
mod preference;
mod produced;
mod put;
mod queries;
mod range_query;
mod refusal;
mod remove;
mod route;
mod routes;
mod rows;
mod search;
mod selection;
mod server;
mod settings;
mod stream;
mod turns;
mod web;
mod work;

pub use admission::is_admitted;
pub use asked::Asked;
pub use body::{Content, Pieces};
pub use connection::serve;
pub use counters::Counters;
pub use exposition::Exposition;
pub use failure::Failure;
#[doc(no_inline)]
pub use hyper::StatusCode;
pub use listing::{Frame, Listing};
pub use memory::{Held, Memory, NoMemory};
pub use parameters::decoded;
pub use range_query::RangeQuery;
pub use refusal::{Refusal, quote};
pub use route::{Reply, whole};
pub use routes::{Answering, Routes};
pub use rows::{Form, Row, Rows};
pub use settings::Settings;
pub use stream::Duplex;
pub use web::{Backend, Sleep, Sleeping, Web};
pub use work::Work;
