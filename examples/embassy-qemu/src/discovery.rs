//! The board takes its address by DHCP, and answers to its name by multicast DNS.

use embassy_board::address;
use embassy_executor::Spawner;
use embassy_net::{Config, DhcpConfig, Stack};
use metric_embassy_mdns::{Name, Responder};

use crate::reports::settings;
use crate::serial;

/// The number of sockets.
pub(crate) const SOCKETS: usize = 2;

/// Returns how the board gets its address: it asks for one, and tells its name.
pub(crate) fn config() -> Config {
    let mut dhcp = DhcpConfig::default();
    dhcp.hostname = name().try_into().ok();
    Config::dhcpv4(dhcp)
}

/// Starts to answer to the name, and to log the address.
pub(crate) fn start(spawner: Spawner, stack: Stack<'static>) {
    spawner.spawn(log_address(stack).unwrap());
    if let Ok(name) = Name::new(name()) {
        // Spawning fails only beyond the pool size of a task, so it does not fail here.
        spawner.spawn(be_found(stack, name).unwrap());
    }
}

#[embassy_executor::task]
async fn be_found(stack: Stack<'static>, name: Name) {
    Responder::<512>::new().run(stack, name, |_| ()).await;
}

#[embassy_executor::task]
async fn log_address(stack: Stack<'static>) {
    address::watch(stack, |address| match address {
        Some(address) => {
            serial::text("the board has the address ");
            serial::address(address);
            serial::text("\n");
        }
        None => serial::text("the board has lost its address\n"),
    })
    .await;
}

/// Returns the name in the network: `metric.local`, unless the settings have another one.
fn name() -> &'static str {
    settings().name.unwrap_or("metric")
}
