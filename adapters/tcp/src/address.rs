//! The address of a server as people write it. Servers and clients all parse it here.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::str::FromStr;

/// The port of an address without one.
pub const DEFAULT_PORT: u16 = 8888;

/// A host and a port: `127.0.0.1`, `myhost:9000`, `::1`, `[::1]:9000`, `fe80::1%eth0`,
/// `[fe80::1%eth0]:9000`. The port defaults to [`DEFAULT_PORT`].
///
/// Parsing checks the form only; [`lookup`](Self::lookup) finds out whether the host exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// A name, or an address without brackets.
    host: String,
    port: u16,
}

impl Address {
    /// Parses an address whose port, if it has none, is another than [`DEFAULT_PORT`].
    ///
    /// # Errors
    ///
    /// [`WrongSettings`] if the text is no address.
    pub fn with_port(text: &str, default: u16) -> Result<Self, WrongSettings> {
        let (host, port) = split(text)?;
        if host.parse::<Ipv6Addr>().is_ok_and(|host| host.is_unicast_link_local()) {
            return Err(WrongSettings::NoZone);
        }
        let port = port.map_or(Ok(default), parse_port)?;
        Ok(Self { host: host.to_owned(), port })
    }

    /// Returns the port, which may be 0.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the socket address if the host is an IP address without a zone.
    #[must_use]
    pub fn literal(&self) -> Option<SocketAddr> {
        let host = self.host.parse::<IpAddr>().ok()?;
        Some(SocketAddr::new(host, self.port))
    }

    /// Asks the system for all addresses of the host, and returns each once. Blocks.
    ///
    /// # Errors
    ///
    /// Any `io::Error` of getaddrinfo(3), and [`NotFound`](io::ErrorKind::NotFound) if there is no
    /// address or the zone names no interface.
    pub fn lookup(&self) -> io::Result<Vec<SocketAddr>> {
        let found = (self.host.as_str(), self.port).to_socket_addrs();
        let mut addresses = Vec::new();
        for address in found.map_err(|error| self.explain(error))? {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        if addresses.is_empty() {
            return Err(io::Error::new(io::ErrorKind::NotFound, "the name stands for no address"));
        }
        Ok(addresses)
    }

    /// Replaces the system's error for an unknown zone, which calls the address an unknown name.
    fn explain(&self, error: io::Error) -> io::Error {
        let Some((address, zone)) = self.host.split_once('%') else { return error };
        let why = format!("no interface '{zone}' has link-local addresses such as {address}");
        io::Error::new(io::ErrorKind::NotFound, why)
    }
}

impl FromStr for Address {
    type Err = WrongSettings;

    fn from_str(text: &str) -> Result<Self, WrongSettings> {
        Self::with_port(text, DEFAULT_PORT)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

/// Why a text is not an [`Address`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WrongSettings {
    /// The host is missing.
    NoHost,
    /// The host is neither an address nor a name.
    Host,
    /// The port is not a number of 16 bits.
    Port,
    /// The end of an IPv6 address is not clear without brackets.
    Brackets,
    /// A link-local address lacks its interface.
    NoZone,
}

impl fmt::Display for WrongSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoHost => "it names no host; write HOST:PORT, such as 127.0.0.1:8888",
            Self::Host => "the host must be a name or an IP address",
            Self::Port => "the port must be a number up to 65535",
            Self::Brackets => "an IPv6 address with a port needs brackets, such as [::1]:8888",
            Self::NoZone => "a link-local address needs its interface, such as fe80::1%eth0",
        })
    }
}

impl std::error::Error for WrongSettings {}

/// Splits off the port, if there is one.
fn split(text: &str) -> Result<(&str, Option<&str>), WrongSettings> {
    if let Some(rest) = text.strip_prefix('[') {
        return split_bracketed(rest);
    }
    if is_ipv6(text) {
        return if has_default_port(text) {
            Err(WrongSettings::Brackets)
        } else {
            Ok((text, None))
        };
    }
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    check(host, port)?;
    Ok((host, port))
}

/// Splits the text after an opening bracket.
fn split_bracketed(rest: &str) -> Result<(&str, Option<&str>), WrongSettings> {
    let (host, rest) = rest.split_once(']').ok_or(WrongSettings::Brackets)?;
    if !is_ipv6(host) {
        return Err(WrongSettings::Host);
    }
    match rest.strip_prefix(':') {
        Some(port) => Ok((host, Some(port))),
        None if rest.is_empty() => Ok((host, None)),
        None => Err(WrongSettings::Brackets),
    }
}

/// Checks a host that is not an IPv6 address. A number alone is a port without a host: the system
/// would read it as an IPv4 address.
fn check(host: &str, port: Option<&str>) -> Result<(), WrongSettings> {
    let is_part = |char: char| char.is_alphanumeric() || "-._".contains(char);
    match port {
        Some(port) if port.contains('/') => Err(WrongSettings::Host),
        Some(port) if port.contains(':') => Err(WrongSettings::Brackets),
        None if host.bytes().all(|byte| byte.is_ascii_digit()) => Err(WrongSettings::NoHost),
        _ if host.is_empty() => Err(WrongSettings::NoHost),
        _ if host.chars().all(is_part) => Ok(()),
        _ => Err(WrongSettings::Host),
    }
}

/// Whether a text is an IPv6 address, with or without a zone.
fn is_ipv6(text: &str) -> bool {
    let (address, zone) = text.split_once('%').unwrap_or((text, "none"));
    let is_part = |char: char| !char.is_whitespace() && !"%:/[]".contains(char);
    address.parse::<Ipv6Addr>().is_ok() && !zone.is_empty() && zone.chars().all(is_part)
}

/// Whether an IPv6 address ends in what is more likely a port: `::1:8888` is a valid address too.
fn has_default_port(text: &str) -> bool {
    let parts = text.rsplit_once(':');
    parts.is_some_and(|(host, last)| is_ipv6(host) && last.parse() == Ok(DEFAULT_PORT))
}

fn parse_port(text: &str) -> Result<u16, WrongSettings> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(WrongSettings::Port);
    }
    text.parse().map_err(|_| WrongSettings::Port)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parses an address; returns it written in full, which must parse to the same.
    fn full(text: &str) -> Result<String, WrongSettings> {
        let address = text.parse::<Address>()?;
        let full = address.to_string();
        assert_eq!(full.parse().as_ref(), Ok(&address), "{text}");
        Ok(full)
    }

    #[test]
    fn every_usual_form_is_read() {
        let forms = [
            ("127.0.0.1", "127.0.0.1:8888"),
            ("127.0.0.1:0", "127.0.0.1:0"),
            ("::", "[::]:8888"),
            ("::1", "[::1]:8888"),
            ("[::1]", "[::1]:8888"),
            ("[::1]:65535", "[::1]:65535"),
            ("::ffff:127.0.0.1", "[::ffff:127.0.0.1]:8888"),
            ("2001:db8::8888", "[2001:db8::8888]:8888"),
            ("fe80::1%lo", "[fe80::1%lo]:8888"),
            ("[fe80::1%lo]", "[fe80::1%lo]:8888"),
            ("[fe80::1%eth0.5]:9", "[fe80::1%eth0.5]:9"),
            ("fe80::1%2", "[fe80::1%2]:8888"),
            ("myhost", "myhost:8888"),
            ("metrics.example.org.:1", "metrics.example.org.:1"),
            ("my_host-2:08888", "my_host-2:8888"),
        ];
        for (text, expected) in forms {
            assert_eq!(full(text).as_deref(), Ok(expected), "{text}");
        }
        let other = |text| Address::with_port(text, 2003).map(|address| address.to_string());
        assert_eq!(other("::1").as_deref(), Ok("[::1]:2003"));
        assert_eq!(other("myhost:1").as_deref(), Ok("myhost:1"));
    }

    #[test]
    fn what_is_wrong_is_said() {
        use WrongSettings::{Brackets, Host, NoHost, NoZone, Port};
        let wrong = [
            (NoHost, &["", ":", ":8888", "8888"][..]),
            (Port, &["a:", "a:b", "a:65536", "a:-1", "a:+1", "a:0x1", "[::1]:", "[::1]:http"]),
            (Brackets, &["::1:8888", "fe80::1%lo:8888", "a:b:1", ":::", "[::1", "[::1]8888"]),
            (Host, &["my host", "a/b:1", "http://a:1", "a]:1", "[a]:1", "[127.0.0.1]:1", "a%lo"]),
            (NoZone, &["fe80::1", "[fe80::1]:1", "[fe80::1]"]),
            (Host, &["[::1%]:1", "[]:1", "a\n", "user@a", "*", "*:1"]),
        ];
        for (why, texts) in wrong {
            for text in texts {
                assert_eq!(full(text), Err(why), "{text:?}");
            }
        }
    }

    #[test]
    fn an_address_is_found_without_a_look_up_and_a_zone_by_its_name() {
        let address = |text: &str| text.parse::<Address>().unwrap();
        assert_eq!(address("[::1]:5").literal(), Some("[::1]:5".parse().unwrap()));
        assert_eq!(address("[::1]:5").lookup().unwrap(), ["[::1]:5".parse().unwrap()]);
        assert_eq!(address("localhost").literal(), None);
        let unknown = address("fe80::1%no-such").lookup().unwrap_err();
        assert_eq!(unknown.kind(), io::ErrorKind::NotFound);
        assert!(unknown.to_string().contains("interface 'no-such'"), "{unknown}");
        let Some((index, name)) = loopback() else { return };
        for text in [format!("fe80::1%{name}"), format!("[fe80::1%{name}]:8888")] {
            let expected = format!("[fe80::1%{index}]:8888").parse().unwrap();
            assert_eq!(address(&text).lookup().unwrap(), [expected], "{text}");
        }
    }

    /// Returns the number and the name of the loopback interface of a Linux machine.
    fn loopback() -> Option<(u32, &'static str)> {
        let index = std::fs::read_to_string("/sys/class/net/lo/ifindex").ok()?;
        Some((index.trim().parse().ok()?, "lo"))
    }
}
