//! The settings of a board, in a sector of its flash that new firmware does not overwrite.
//!
//! The program `metric` writes the sector, and firmware reads it in place, without copying. The README
//! has the format.
//!
//! ```
//! use metric_board_settings::{SECTOR, Settings, Wifi};
//!
//! let wifi = Wifi { network: "my network", password: Some("my password") };
//! let settings = Settings { wifi: Some(wifi), name: Some("greenhouse"), report: None };
//! let mut sector = [0; SECTOR];
//! settings.write(&mut sector)?;
//! assert_eq!(Settings::read(&sector)?, settings);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs)]
#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod checksum;
mod invalid;
mod sector;
mod settings;

pub use invalid::{Invalid, Unreadable};
pub use sector::SECTOR;
pub use settings::{MAX_NAME, Settings, Wifi};

/// The example in the README is compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
