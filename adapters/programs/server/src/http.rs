//! The options of HTTP.

use clap::{Args, ValueEnum};
use metric_query::TimeUnit;
use metric_tcp::{Address, Speaks};

use crate::quantity::whole;
use crate::run::Program;

/// What HTTP serves, and to whom.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Page and HTTP API")]
pub(crate) struct Http {
    /// Where the page and the HTTP API are: off, or an address of their own
    /// [default: the port of the native protocol, told apart by a connection's
    /// first line]
    #[arg(long = "http", value_name = "off|HOST[:PORT]", value_parser = place)]
    place: Option<Place>,

    /// HTTP connections served at once, besides those of --max-connections; more
    /// are refused. On the port of the native protocol they wait as the others do
    /// while there are that many of these
    #[arg(long = "http-connections", value_name = "N", default_value_t = 256)]
    #[arg(value_parser = whole(1..=usize::MAX))]
    connections: usize,

    /// A name by which browsers may call this server, besides its addresses and
    /// localhost. Can be given several times
    #[arg(long = "host", value_name = "NAME", value_parser = host)]
    hosts: Vec<String>,

    /// Another site whose pages may use the HTTP API, such as
    /// https://palm.example. Can be given several times
    #[arg(long = "allow-origin", value_name = "ORIGIN", value_parser = origin)]
    origins: Vec<String>,

    /// Let HTTP delete series
    #[arg(long)]
    allow_delete: bool,

    /// The unit of timestamps, for the page, the HTTP API and its clock; kept
    /// with the data
    #[arg(long, value_name = "UNIT", default_value = "s")]
    time_unit: Unit,
}

/// Where HTTP is served.
#[derive(Clone, Debug)]
enum Place {
    Nowhere,
    At(Address),
}

/// The values of `--time-unit`.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Unit {
    S,
    Ms,
    Us,
    Ns,
}

impl From<Unit> for TimeUnit {
    fn from(unit: Unit) -> Self {
        match unit {
            Unit::S => Self::Seconds,
            Unit::Ms => Self::Milliseconds,
            Unit::Us => Self::Microseconds,
            Unit::Ns => Self::Nanoseconds,
        }
    }
}

impl Http {
    /// What the listeners of the native protocol speak.
    pub(crate) fn native(&self) -> Speaks {
        if self.place.is_some() { Speaks::Native } else { Speaks::Either }
    }

    /// Where HTTP has an address of its own.
    pub(crate) fn address(&self) -> Option<&Address> {
        match &self.place {
            Some(Place::At(address)) => Some(address),
            _ => None,
        }
    }

    /// How many connections of HTTP there are at most besides those of the native protocol. At an address
    /// of their own, so are those whose first request is not admitted yet.
    pub(crate) fn connections(&self) -> usize {
        match self.place {
            Some(Place::Nowhere) => 0,
            Some(Place::At(_)) => self.connections.saturating_mul(2),
            None => self.connections,
        }
    }

    pub(crate) fn unit(&self) -> TimeUnit {
        self.time_unit.into()
    }

    pub(crate) fn settings(&self, program: Program) -> metric_web::Settings {
        let mut settings = metric_web::Settings::new(program.name, program.version);
        settings.max_connections = self.connections;
        settings.hosts.clone_from(&self.hosts);
        settings.origins.clone_from(&self.origins);
        settings.allow_delete = self.allow_delete;
        settings.native = self.native() == Speaks::Either;
        settings.unit = self.unit();
        settings
    }
}

fn place(text: &str) -> Result<Place, String> {
    match text {
        "off" => Ok(Place::Nowhere),
        _ => text
            .parse()
            .map(Place::At)
            .map_err(|error: metric_tcp::WrongSettings| error.to_string()),
    }
}

/// Checks a name as browsers send it, without the port.
fn host(text: &str) -> Result<String, String> {
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    match text.bytes().all(is_of_name) && text.bytes().any(|byte| byte.is_ascii_alphanumeric()) {
        true => Ok(text.to_owned()),
        false => Err("it is a name such as palm.example, without http://, port or path".into()),
    }
}

/// Checks an origin as browsers send it: a scheme, a name and perhaps a port.
fn origin(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_origin = |rest: &str| !rest.is_empty() && !rest.contains(['/', '?', '#', ' ', ',', '*']);
    match rest {
        Some(rest) if is_origin(rest) => Ok(text.to_ascii_lowercase()),
        _ => {
            Err("it is https:// or http:// and a name, with a port if need be, and no path".into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_that_browsers_can_send() {
        for name in
            ["palm", "Palm.lan", "palm.lan.", "a-b_c.example", "xn--bcher-kva.example", "10.0.0.5"]
        {
            assert_eq!(host(name).as_deref(), Ok(name));
        }
        for wrong in [
            "",
            ".",
            "bad host",
            "http://palm",
            "palm:8888",
            "palm/",
            "*.palm",
            "p\u{e4}lm",
            "a,b",
            "a\n",
        ] {
            assert!(host(wrong).is_err(), "{wrong:?}");
        }
    }
}
