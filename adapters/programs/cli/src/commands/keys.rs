//! `metric keys`: lists series.

use std::io::{self, BufWriter};

use anstream::AutoStream;
use clap::Args;

use super::get::Form;
use crate::failure::Failure;
use crate::output::extent::{USUAL, extent};
use crate::output::inventory::Inventory;
use crate::output::listing::{Listing, report};
use crate::output::rows::Rows;
use crate::query::{Access, Bounds, KEYS, Pattern};
use crate::server::Server;
use crate::signals::unless_interrupted;
use crate::standard_streams::stdout;
use crate::time::Zone;

/// List series: key, newest value and its age
///
/// The formats other than the table have the newest sample of each series, with its timestamp. A
/// server without the HTTP API sends all samples of each KEY, or all that it has if one is a prefix.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[arg(value_name = "KEY", default_value = "*", help = KEYS)]
    keys: Vec<Pattern>,

    /// Output format [default: table on a terminal, else text]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Form>,

    /// Time format of text, CSV and JSON
    #[arg(long, value_name = "ZONE", value_enum, default_value_t = Zone::Unix)]
    time: Zone,
}

pub(super) async fn run(server: &Server, arguments: Arguments) -> Result<(), Failure> {
    unless_interrupted(list(server, arguments)).await
}

async fn list(server: &Server, Arguments { keys, format, time }: Arguments) -> Result<(), Failure> {
    server.learn_unit().await?;
    let clock = server.clock(time)?;
    let bounds = Bounds::newest(server.unit());
    let access = &mut Access::open(server, &keys, &bounds).await?;
    let findings = match format.unwrap_or_else(Form::usual).for_programs() {
        Some(format) => {
            let mut rows = Rows::begin(stdout()?, format, clock)?;
            rows.add_all(access, &keys, &bounds).await?
        }
        None => {
            let output = BufWriter::new(AutoStream::auto(stdout()?));
            let (columns, _) = extent(&io::stdout()).unwrap_or(USUAL);
            Inventory::new(output, server.unit(), columns).add_all(access, &keys, &bounds).await?
        }
    };
    report(&findings, &bounds);
    Ok(())
}
