//! The store over real servers, which the tests start, and over a scripted one. Without `redis-server` the
//! first are skipped.

mod awaited;
mod clients;
mod cluster;
mod faults;
mod history;
mod plain;
mod rules;
mod scripted;
mod servers;
mod shared;
mod tls;
