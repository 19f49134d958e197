//! `metric board config`: writes the settings of a board into a file.

use std::net::{SocketAddr, SocketAddrV4};
use std::path::PathBuf;

use clap::Args;
use metric_board_settings::{SECTOR, Settings, Wifi};
use metric_tcp::Address;

use super::model::Model;
use super::password;
use crate::failure::Failure;
use crate::output::draft;
use crate::output::progress::{say, tell};

/// Write the settings of a board into a file that is flashed beside its firmware
///
/// The settings stay when new firmware is flashed. A file has all settings of a board: what is left out
/// is not set.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Board
    #[arg(long = "for", value_name = "BOARD")]
    model: Model,

    /// Wi-Fi network to join; its password is asked for
    #[arg(long, value_name = "NAME")]
    wifi: Option<String>,

    /// File with the password of the Wi-Fi network, instead of asking for it; - is
    /// standard input. It is empty for an open network
    #[arg(long, value_name = "FILE", requires = "wifi")]
    password_file: Option<PathBuf>,

    /// Name of the board: NAME.local in the network, and the beginning of the
    /// keys of its own metrics
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// Server to which the board reports its samples
    #[arg(long, value_name = "HOST[:PORT]", value_parser = server)]
    report: Option<Address>,

    /// Output file; only its owner may read it
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
}

const EXAMPLES: &str = "\
Examples:
  metric board config --for pico-w --wifi 'my network' -o settings.uf2
  metric board config --for stm32h743 --name greenhouse --report 192.168.1.7 \\
      -o settings.bin";

pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { model, wifi, password_file, name, report, out } = arguments;
    if wifi.is_some() && !model.has_wifi() {
        return Err(Failure::Usage(format!("the board {model} has no Wi-Fi")));
    }
    model.check_name(&out).map_err(Failure::Usage)?;
    if wifi.is_none() && name.is_none() && report.is_none() {
        return Err(Failure::Usage("there is nothing to set: see --help".to_owned()));
    }
    let report = match report {
        Some(server) => Some(smol::unblock(move || address(&server)).await?),
        None => None,
    };
    let network = wifi.as_deref().map(|network| Wifi { network, password: None });
    let mut settings = Settings { wifi: network, name: name.as_deref(), report };
    // Before anybody types a password.
    let invalid = |invalid| Failure::Usage(format!("{invalid}"));
    settings.check().map_err(invalid)?;
    let password = match &wifi {
        Some(network) => password::read(network, password_file.as_deref()).await?,
        None => None,
    };
    if let Some(wifi) = &mut settings.wifi {
        wifi.password = password.as_deref();
    }
    let mut sector = [0; SECTOR];
    settings.write(&mut sector).map_err(invalid)?;
    draft::write_private(&out, &model.file(&sector))?;
    tell(&format!("metric: to write it into the board: {}", model.way(&out)));
    Ok(())
}

fn server(text: &str) -> Result<Address, String> {
    match text.parse::<Address>() {
        Ok(address) if address.port() == 0 => Err("the port must be 1 to 65535".to_owned()),
        parsed => parsed.map_err(|wrong| wrong.to_string()),
    }
}

/// Returns an address that a board can reach. Names are resolved here, since boards do not.
fn address(server: &Address) -> Result<SocketAddrV4, Failure> {
    let found = server.lookup();
    let found = found.map_err(|error| Failure::failed(format_args!("{server}: {error}")))?;
    let four = found.into_iter().find_map(|address| match address {
        SocketAddr::V4(address) => Some(address),
        SocketAddr::V6(_) => None,
    });
    let address = four.ok_or_else(|| {
        Failure::failed(format_args!("{server} has no IPv4 address, and a board has no other"))
    })?;
    if address.ip().is_loopback() || address.ip().is_unspecified() {
        let message =
            format!("{address} is the board itself; name the server's address in its network");
        return Err(Failure::Usage(message));
    }
    if address.to_string() != server.to_string() {
        say(&format!("metric: {server} is {address} now, and the board keeps that address"));
    }
    Ok(address)
}
