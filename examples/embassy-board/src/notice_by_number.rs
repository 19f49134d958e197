//! The lines of the log for a debug probe. Of these texts only numbers are in flash.

use defmt::{Format, Formatter, write};

use crate::notice::Notice;

impl Format for Notice<'_> {
    fn format(&self, f: Formatter<'_>) {
        match self {
            Self::Joining(network) => write!(f, "joining {}", network),
            Self::NoAddress(network) => write!(f, "no address from {}", network),
            Self::Page(address) => write!(f, "the board's page is at http://{}", address),
            Self::Answers(port) => write!(f, "the board answers at {}", port),
            Self::Named(name) => write!(f, "the board is also at http://{}.local", name),
            Self::Reporting(server) => write!(f, "reporting to {}", server),
            Self::AddressLost => write!(f, "the board has lost its address"),
            Self::GatewayLost => write!(f, "the gateway no longer answers"),
        }
    }
}
