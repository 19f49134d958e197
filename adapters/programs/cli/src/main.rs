//! The command line of metric-proto.
//!
//! ```text
//!   options.rs ─▶ commands.rs ─▶ commands/put.rs, … ─▶ failure.rs: one line, an exit code
//!
//!   put, import   input/: lines.rs ─▶ reader.rs ─▶ bulk.rs ─▶ server.rs ◀─▶ metric_smol::Client
//!          signature.rs ─┘       │          └─▶ tally.rs: what was refused
//!          is it text?       fields.rs, csv.rs ◀─ columns.rs: which column is which
//!   agent         commands/agent/: machine.rs ─▶ outbox.rs ─▶ sender.rs ─▶ server
//!
//!   get, export   rows.rs, table.rs ◀─ output/listing.rs ◀─┬─ query/window.rs ◀─ access.rs ◀─┬─ server
//!   keys          inventory.rs ◀───────┘                   │                        │       │
//!   plot          commands/plot/: lines and axes ◀─────────┘                        │   http.rs, if
//!   watch         commands/watch/: the newest samples, once a second ◀──────────────┘   it has it
//!   rm            commands/rm.rs ◀─▶ http.rs
//!   ping          commands/ping.rs: the round-trip time of a request
//! ```
//!
//! `output/draft.rs` writes files, `output/sink.rs` compresses them. `time.rs` reads and shows times in
//! the unit that the server has. `key.rs` and `number.rs` check arguments, `usage.rs` reports wrong ones,
//! `input/expected.rs` says what a line that is no sample looks like. `screen.rs` is the terminal that
//! a command fills, `standard_streams.rs` the input and the output of the others.

#![deny(unsafe_code)]

mod commands;
mod failure;
mod format;
mod http;
mod input;
mod key;
mod number;
mod options;
mod output;
mod query;
mod screen;
mod server;
mod signals;
mod standard_streams;
mod system;
mod time;
mod usage;

use std::process::ExitCode;

use options::Options;

fn main() -> ExitCode {
    let Options { server, command } = match Options::read() {
        Ok(options) => options,
        Err(error) => return usage::report(error),
    };
    match smol::block_on(command.run(server.choose())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
