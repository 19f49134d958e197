//! Parts of firmware that all boards share: the page, metrics of the board itself, the depth of its
//! stack, its settings, and its address: changes of it, and how an LED tells it.

#![no_std]

pub mod address;
pub mod blink;
mod metrics;
mod page;
#[expect(unsafe_code, reason = "reads a sector of the flash that the linker keeps free")]
pub mod settings;
#[expect(unsafe_code, reason = "reads memory that no Rust value owns")]
pub mod stack;

pub use metric_board_settings::{Settings, Unreadable, Wifi};
pub use metrics::{Board, METRICS, Own, reserve};
pub use page::{PageWorker, longest_line, serve_page};
