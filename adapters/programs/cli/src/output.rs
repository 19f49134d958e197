//! What is written and shown: samples for people and programs, files, and how it goes.

pub(crate) mod colour;
pub(crate) mod draft;
pub(crate) mod listing;
pub(crate) mod progress;
pub(crate) mod rows;
pub(crate) mod table;
pub(crate) mod text;
