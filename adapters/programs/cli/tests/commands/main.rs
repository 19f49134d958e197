//! The commands of the program as it was built, against servers of this process: good ones and
//! others.

mod ends;
mod get;
mod pages;
mod ping;
mod put;
mod server;
mod setup;
mod terminal;
mod transfer;
