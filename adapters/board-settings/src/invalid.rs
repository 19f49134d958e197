//! What can be wrong with settings, and with a sector.

use core::fmt;

/// Why settings cannot be written.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// The name of the Wi-Fi network.
    Network,
    /// The password of the Wi-Fi network.
    Password,
    /// The name of the board.
    Name,
    /// The port of the server to report to.
    Port,
    /// The output is shorter than [`SECTOR`](crate::SECTOR).
    Output,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Network => "the name of a Wi-Fi network has 1 to 32 bytes",
            Self::Password => {
                "the password of a Wi-Fi network has 8 to 63 printable ASCII characters"
            }
            Self::Name => {
                "the name of a board has 1 to 24 small letters, digits, and hyphens between them"
            }
            Self::Port => "no server listens on port 0",
            Self::Output => "there is no room for a sector",
        })
    }
}

impl core::error::Error for Invalid {}

/// Why a sector has no settings.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Nothing was written, or something else.
    Missing,
    /// The settings are of another version of the format.
    Version(u8),
    /// Something was written over the settings, or only a part of them was written.
    Damaged,
}

impl Unreadable {
    /// Returns the error as text, for a board without formatting.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "there are no settings; write them with: metric board config",
            Self::Version(_) => {
                "the settings are for other firmware; write them again with: metric board config"
            }
            Self::Damaged => "the settings are damaged; write them again with: metric board config",
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl core::error::Error for Unreadable {}
