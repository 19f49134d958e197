//! The server that a command talks to.

use std::cell::{Cell, RefCell};
use std::env;
use std::io;
use std::time::Duration;

use clap::{Args, ValueEnum};
use metric_smol::{Address, Client, client};

use crate::failure::Failure;
use crate::http::{self, Connection, Found, PATIENCE, Unanswered};
use crate::time::{Clock, Unit, Zone};

/// The options that select the server.
#[derive(Args, Debug)]
#[command(next_help_heading = "Server")]
pub(crate) struct Arguments {
    /// Server address, with port 8888 unless it names one [default:
    /// $METRIC_SERVER, else 127.0.0.1:8888]
    #[arg(long, value_name = "HOST[:PORT]", global = true, value_parser = name)]
    server: Option<String>,

    /// Time-out of each connection attempt, read and write
    #[arg(long, value_name = "SECONDS", default_value = "10", global = true)]
    #[arg(value_parser = seconds)]
    timeout: Duration,

    /// What the server's timestamps count since 1970. Another unit than the
    /// server's is an error [default: $METRIC_UNIT, else what the server says
    /// over HTTP, else s]
    #[arg(long, value_name = "UNIT", global = true)]
    unit: Option<Unit>,
}

/// The server if neither the command line nor the environment names one.
const DEFAULT: &str = "127.0.0.1:8888";

impl Arguments {
    /// Returns the server of the command line, or else of the environment.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] if METRIC_SERVER or METRIC_UNIT is needed and not valid. Commands that
    /// use no server ignore them.
    pub(crate) fn choose(self) -> Result<Server, Failure> {
        let Self { server, timeout, unit } = self;
        let server = or_from_environment(server, "METRIC_SERVER", name)?;
        let unit = or_from_environment(unit, "METRIC_UNIT", unit_of)?;
        let name = server.unwrap_or(DEFAULT.to_owned());
        let (api, learnt) = (RefCell::new(Api::Unknown), Cell::new(None));
        Ok(Server { name, timeout, named: unit, learnt, api })
    }
}

/// Returns the option of the command line, or else the value of a variable that is set and not
/// empty.
fn or_from_environment<T>(
    option: Option<T>,
    variable: &str,
    parse: fn(&str) -> Result<T, String>,
) -> Result<Option<T>, Failure> {
    let text = env::var_os(variable).filter(|text| option.is_none() && !text.is_empty());
    let Some(text) = text else { return Ok(option) };
    let text = text.to_string_lossy();
    let wrong = |why| Failure::Usage(format!("{variable} is '{}': {why}", text.escape_debug()));
    parse(&text).map(Some).map_err(wrong)
}

fn unit_of(text: &str) -> Result<Unit, String> {
    Unit::from_str(text, false).map_err(|_| "it must be s, ms, us or ns".to_owned())
}

/// A server's address, the time-out of its connections, and the unit of its timestamps.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) timeout: Duration,
    /// The unit that the user names.
    pub(crate) named: Option<Unit>,
    /// The unit, once it is known.
    learnt: Cell<Option<Unit>>,
    pub(crate) api: RefCell<Api>,
}

/// What is known about the HTTP API of a server.
#[derive(Debug, Default)]
pub(crate) enum Api {
    #[default]
    Unknown,
    /// The server was asked, and its answer was no HTTP, or another program's.
    Absent,
    /// The server was asked over this connection, which may be used.
    Present(Connection),
}

impl Server {
    /// Returns the unit of the server's timestamps. Whatever makes or reads times asks for it with
    /// [`learn_unit`](Self::learn_unit) before.
    pub(crate) fn unit(&self) -> Unit {
        self.learnt.get().or(self.named).unwrap_or_default()
    }

    /// Asks the server for its unit, unless it has told it. One without the HTTP API has the unit that the user names, or
    /// seconds. One that does not answer is not taken for such a one, since samples of a wrong time
    /// are worse than a failure.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] if the user names another unit than the server.
    pub(crate) async fn learn_unit(&self) -> Result<(), Failure> {
        if self.learnt.get().is_none() {
            self.ask_unit().await?;
        }
        self.check_unit()
    }

    /// Asks the server for its unit, without a look at what the user names.
    ///
    /// # Errors
    ///
    /// If nothing can connect to the server, or the unit is neither told nor named.
    pub(crate) async fn ask_unit(&self) -> Result<(), Failure> {
        let (api, told) = match http::find(self, self.named.map(|_| PATIENCE)).await {
            Ok(Found::Api(connection, unit)) => (Api::Present(connection), Some(unit)),
            Ok(Found::Nothing) => (Api::Absent, None),
            Err(Unanswered::Untold(_)) if self.named.is_some() => (Api::Unknown, None),
            Err(Unanswered::Untold(error)) => return Err(untold(&error)),
            Err(Unanswered::Unreachable(error)) => return Err(self.unreachable(&error)),
        };
        self.api.replace(api);
        self.learnt.set(Some(told.or(self.named).unwrap_or_default()));
        Ok(())
    }

    /// Checks that the user does not name another unit than the server.
    pub(crate) fn check_unit(&self) -> Result<(), Failure> {
        let Some(named) = self.named.filter(|named| *named != self.unit()) else { return Ok(()) };
        let (server, named, own) = (&self.name, named.name(), self.unit().name());
        Err(Failure::Usage(format!(
            "the unit is set to {named}, but {server} counts {own}; leave out --unit and METRIC_UNIT"
        )))
    }

    /// Returns what shows the server's timestamps.
    pub(crate) fn clock(&self, zone: Zone) -> Result<Clock, Failure> {
        Clock::new(zone, self.unit())
    }

    pub(crate) async fn connect(&self) -> Result<Client, Failure> {
        // A server may serve one connection at a time.
        self.api.replace_with(|api| match api {
            Api::Absent => Api::Absent,
            Api::Unknown | Api::Present(_) => Api::Unknown,
        });
        let connected = Client::connect(&self.name, self.timeout).await;
        connected.map_err(|error| self.unreachable(&error))
    }

    pub(crate) fn unreachable(&self, error: &io::Error) -> Failure {
        Failure::failed(format_args!(
            "cannot connect to {}: {error}; is the server running? --server selects another",
            self.name
        ))
    }
}

fn untold(error: &io::Error) -> Failure {
    let ended = "the server has ended the connection";
    let why = match error.kind() {
        io::ErrorKind::TimedOut => return client::Error::TimedOut.into(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset => ended.to_owned(),
        _ => error.to_string(),
    };
    Failure::failed(format_args!("{why}, instead of telling its unit of time; --unit names it"))
}

/// Checks the form of an address, and adds the default port. The host is resolved when connecting.
fn name(text: &str) -> Result<String, String> {
    match text.parse::<Address>() {
        Ok(address) if address.port() == 0 => Err("the port must be 1 to 65535".to_owned()),
        Ok(address) => Ok(address.to_string()),
        Err(wrong) => Err(wrong.to_string()),
    }
}

/// Parses a duration between a millisecond and a day.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| (0.001..=86_400.0).contains(seconds));
    seconds
        .map(Duration::from_secs_f64)
        .ok_or("it must be a number of seconds from 0.001 to 86400".to_owned())
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;
    use std::thread;

    use smol::block_on;

    use super::*;

    /// Starts a server that does not answer its first client, and answers all others over HTTP.
    fn busy_at_first() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let name = listener.local_addr().unwrap().to_string();
        thread::spawn(move || {
            let _silent = listener.accept();
            let info = r#"{"name": "x", "version": "1", "unit": "ms"}"#;
            let length = info.len();
            let reply = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{info}");
            let peers = listener.incoming().map_while(Result::ok);
            peers.inspect(|mut peer| peer.write_all(reply.as_bytes()).unwrap()).collect::<Vec<_>>()
        });
        let timeout = Duration::from_secs(60);
        Server {
            name,
            timeout,
            named: Some(Unit::Second),
            learnt: Cell::default(),
            api: RefCell::default(),
        }
    }

    #[test]
    fn a_server_that_did_not_answer_is_asked_again() {
        let server = busy_at_first();
        block_on(async {
            assert!(http::probe(&server).await.unwrap().is_none());
            assert!(http::probe(&server).await.unwrap().is_some());
            let server = busy_at_first();
            server.learn_unit().await.unwrap();
            assert!(http::probe(&server).await.unwrap().is_some());
        });
    }

    #[test]
    fn a_server_is_an_address_or_a_name_with_a_port_or_without() {
        for text in ["127.0.0.1:8888", "[::1]:8888", "metrics.example.org:1", "localhost:65535"] {
            assert_eq!(name(text).as_deref(), Ok(text));
        }
        for (text, full) in [("localhost", "localhost:8888"), ("::1", "[::1]:8888")] {
            assert_eq!(name(text).as_deref(), Ok(full));
        }
        for text in ["", "8888", ":8888", "localhost:", "localhost:0", "a:65536", "::1:8888"] {
            assert!(name(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_timeout_is_finite_and_above_zero() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for text in ["", "0", "-1", "nan", "inf", "1e9", "1s"] {
            assert!(seconds(text).is_err(), "{text:?}");
        }
    }
}
