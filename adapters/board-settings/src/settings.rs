//! The settings.

use core::fmt;
use core::net::SocketAddrV4;

use crate::invalid::Invalid;

/// What a board is told after its firmware was built. All of it is optional.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings<'a> {
    /// The Wi-Fi network to join.
    pub wifi: Option<Wifi<'a>>,
    /// The name of the board: in the network, with `.local` behind it, and in front of the keys of its
    /// own metrics.
    pub name: Option<&'a str>,
    /// The server to which the board reports its samples.
    pub report: Option<SocketAddrV4>,
}

/// A Wi-Fi network.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Wifi<'a> {
    /// Its name, the SSID.
    pub network: &'a str,
    /// Its password; `None` for an open network.
    pub password: Option<&'a str>,
}

/// The longest name of a board. Its metrics' keys begin with it, and a board has keys of 48 bytes.
pub const MAX_NAME: usize = 24;

impl Settings<'_> {
    /// Checks that a board can use the settings.
    ///
    /// # Errors
    ///
    /// [`Invalid`] names what is wrong first.
    pub fn check(&self) -> Result<(), Invalid> {
        if let Some(Wifi { network, password }) = self.wifi {
            ensure((1..=32).contains(&network.len()), Invalid::Network)?;
            ensure(password.is_none_or(is_password), Invalid::Password)?;
        }
        ensure(self.name.is_none_or(is_name), Invalid::Name)?;
        ensure(self.report.is_none_or(|server| server.port() != 0), Invalid::Port)
    }
}

fn ensure(condition: bool, invalid: Invalid) -> Result<(), Invalid> {
    if condition { Ok(()) } else { Err(invalid) }
}

fn is_password(text: &str) -> bool {
    (8..=63).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

fn is_name(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = [text.bytes().next(), text.bytes().last()];
    ends.into_iter().all(|end| end.is_some_and(is_letter))
        && text.len() <= MAX_NAME
        && text.bytes().all(|byte| is_letter(byte) || byte == b'-')
}

/// Does not show the password.
impl fmt::Debug for Wifi<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let password = self.password.map(|_| "…");
        f.debug_struct("Wifi").field("network", &self.network).field("password", &password).finish()
    }
}
