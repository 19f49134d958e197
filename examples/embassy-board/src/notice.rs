//! What a board tells in its log.

use core::fmt;
use core::net::{Ipv4Addr, SocketAddrV4};

/// A line of the log.
#[derive(Clone, Copy, Debug)]
pub enum Notice<'a> {
    /// The board joins a Wi-Fi network of this name.
    Joining(&'a str),
    /// The board has joined this network, but has no address in it.
    NoAddress(&'a str),
    /// The board has this address, and its page is there.
    Page(Ipv4Addr),
    /// The board answers at this port.
    Answers(SocketAddrV4),
    /// The board has this name.
    Named(&'a str),
    /// The board reports to this server.
    Reporting(SocketAddrV4),
    /// The board has an address no longer.
    AddressLost,
    /// The gateway of the network answers no longer.
    GatewayLost,
}

impl fmt::Display for Notice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Joining(network) => write!(f, "joining {network}"),
            Self::NoAddress(network) => write!(f, "no address from {network}"),
            Self::Page(address) => write!(f, "the board's page is at http://{address}"),
            Self::Answers(port) => write!(f, "the board answers at {port}"),
            Self::Named(name) => write!(f, "the board is also at http://{name}.local"),
            Self::Reporting(server) => write!(f, "reporting to {server}"),
            Self::AddressLost => f.write_str("the board has lost its address"),
            Self::GatewayLost => f.write_str("the gateway no longer answers"),
        }
    }
}
