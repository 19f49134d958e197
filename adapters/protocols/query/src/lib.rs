//! Queries over a store of metric-proto, without IO and without allocation.
//!
//! A query selects series by [patterns](Glob) or keys ([`Select`]), and its reply is filled in
//! pieces ([`Produce`]): a producer writes as much as an output has room for, and resumes where it
//! stopped. So a reply of any length needs one small buffer, and others have a turn in between.
//!
//! ```
//! use metric_proto::{FixedStore, Key, LONGEST_KEY, Sample, Store};
//! use metric_query::{Budget, Glob, Next, Produce, Range, Style, Window};
//!
//! let mut store = FixedStore::<4, 8, 32>::new();
//! store.put(Key::new("palm.cpu")?, Sample::new(23.7, 1150864247)?)?;
//!
//! let glob = Glob::new("palm.*")?;
//! let mut range = Range::<_, LONGEST_KEY>::new(glob, Window::ALL, Style::JSON, Budget::DESKTOP);
//! let (mut reply, mut output) = (Vec::new(), [0; 16]);
//! loop {
//!     let filled = range.fill(&mut store, &mut output);
//!     reply.extend_from_slice(&output[..filled.bytes]);
//!     match filled.next {
//!         Next::More => {}
//!         Next::Done => break,
//!         other => panic!("{other:?}"),
//!     }
//! }
//! assert_eq!(reply, br#"{"series": [{"key": "palm.cpu", "samples": [[1150864247, 23.7]]}]}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs)]
#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod bucket;
mod buckets;
mod budget;
mod calendar;
mod count;
mod end;
mod glob;
mod grid;
mod keys;
mod labels;
mod last;
mod listing;
mod moment;
mod name;
mod nodes;
mod page;
mod pending;
mod produce;
mod range;
mod samples;
mod search;
mod select;
mod style;
mod time_unit;
mod turn;
mod walk;
mod window;
mod writer;

pub use buckets::Buckets;
pub use budget::{Bound, Budget, Exceeded};
pub use count::{Cost, Count};
pub use glob::{Glob, InvalidPattern, MAX_PATTERN, PatternError};
pub use grid::Grid;
pub use keys::Keys;
pub use labels::{InvalidLabels, LabelText, Labels, encode_labels, encode_unsorted_labels};
pub use last::Last;
pub use moment::{InvalidMoment, Now, parse_moment};
pub use nodes::Nodes;
pub use produce::{Filled, Next, Produce};
pub use range::Range;
pub use search::Search;
pub use select::{AnyOf, Matcher, Select};
pub use style::{Format, Style, Times};
pub use time_unit::{InvalidUnit, Overflow, TimeUnit};
pub use window::Window;

/// The examples in the README are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
