//! Runs the built program against servers in this process, working and broken ones.

mod board;
mod ends;
mod files;
mod forms;
mod get;
mod keys;
mod pages;
mod ping;
mod program;
mod proxy;
mod put;
mod removal;
mod server;
mod setup;
mod terminal;
mod time;
mod transfer;
mod units;
mod usage;
mod web;
mod web_failures;
