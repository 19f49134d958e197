//! Writes samples for people and for programs, writes files, and shows progress.

pub(crate) mod age;
pub(crate) mod colour;
pub(crate) mod draft;
pub(crate) mod extent;
pub(crate) mod inventory;
pub(crate) mod listing;
pub(crate) mod progress;
pub(crate) mod rows;
pub(crate) mod sink;
pub(crate) mod table;
pub(crate) mod text;
