//! The board has the address of the first guest in QEMU's user network, and no name.

use embassy_executor::Spawner;
use embassy_net::{Config, Ipv4Address, Ipv4Cidr, Stack, StaticConfigV4};

/// The number of sockets.
pub(crate) const SOCKETS: usize = 0;

/// Returns the address.
pub(crate) fn config() -> Config {
    Config::ipv4_static(StaticConfigV4 {
        address: Ipv4Cidr::new(Ipv4Address::new(10, 0, 2, 15), 24),
        gateway: Some(Ipv4Address::new(10, 0, 2, 2)),
        dns_servers: Default::default(),
    })
}

/// Does nothing.
pub(crate) fn start(_: Spawner, _: Stack<'static>) {}
