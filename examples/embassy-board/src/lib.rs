//! Parts of firmware that all boards share: the page, metrics of the board itself, the depth of its
//! stack, its settings, and its address: changes of it, and how an LED tells it. By features also what a
//! board does in the background, and how it stays in a Wi-Fi network.

#![no_std]

pub mod address;
#[cfg(feature = "background")]
mod background;
pub mod blink;
#[cfg(feature = "wifi")]
mod gateway;
#[cfg(feature = "flash")]
mod keep;
mod metrics;
mod notice;
#[cfg(feature = "defmt")]
mod notice_by_number;
mod page;
#[expect(unsafe_code, reason = "reads a sector of the flash that the linker keeps free")]
pub mod settings;
#[expect(unsafe_code, reason = "reads memory that no Rust value owns")]
pub mod stack;
#[cfg(feature = "wifi")]
mod wifi;

#[cfg(feature = "background")]
pub use background::{BACKGROUND_SOCKETS, Background, by_dhcp};
#[cfg(feature = "flash")]
pub use keep::keep;
pub use metric_board_settings::{SECTOR, Settings, Unreadable, Wifi};
pub use metrics::{Board, METRICS, Own, PUSH_LOST, PUSH_SENT, reserve};
pub use notice::Notice;
pub use page::{PageWorker, longest_line, serve_page};
#[cfg(feature = "wifi")]
pub use wifi::{Radio, Station};
