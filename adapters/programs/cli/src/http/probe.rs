//! Finding out whether a server has the HTTP API, and what it says of its timestamps.

use std::io;
use std::time::Duration;

use clap::ValueEnum;
use serde::Deserialize;
use smol::Timer;
use smol::future::{or, pending};

use super::connection::{Connection, Method};
use super::target::Target;
use crate::failure::Failure;
use crate::server::{Api, Server};
use crate::time::Unit;

/// What any version of the API tells about the server, beside other things.
#[derive(Debug, Deserialize)]
struct Info {
    #[serde(rename = "name")]
    _name: String,
    unit: String,
}

/// What a server is.
#[derive(Debug)]
pub(crate) enum Found {
    /// It has the API, on this connection, and timestamps of this unit.
    Api(Connection, Unit),
    /// It has no API: what it answers is no HTTP, or another program's.
    Nothing,
}

/// Why it is not known what a server is.
#[derive(Debug)]
pub(crate) enum Unanswered {
    /// Nothing can connect to it.
    Unreachable(io::Error),
    /// It did not answer, perhaps since it is stopping or busy.
    Untold(io::Error),
}

/// How long a server may take to say what it speaks, if it does not matter much. One that knows neither
/// HTTP nor this project's answer to what it does not know may wait for more.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

/// Connects to the server's HTTP API. Returns `None` if it has none, or does not say.
///
/// # Errors
///
/// If nothing can connect to the server.
pub(crate) async fn probe(server: &Server) -> Result<Option<Connection>, Failure> {
    match server.api.take() {
        Api::Present(connection) => return Ok(Some(connection)),
        Api::Unknown => {}
        Api::Absent => {
            server.api.replace(Api::Absent);
            return Ok(None);
        }
    }
    match find(server, Some(PATIENCE)).await {
        Ok(Found::Api(connection, _)) => Ok(Some(connection)),
        Ok(Found::Nothing) => {
            server.api.replace(Api::Absent);
            Ok(None)
        }
        Err(Unanswered::Unreachable(error)) => Err(server.unreachable(&error)),
        // It may be stopping or busy, so it is asked again the next time.
        Err(Unanswered::Untold(_)) => Ok(None),
    }
}

/// Finds out what a server is. One that is silent for `patience` does not tell.
///
/// To a server of the native protocol the request is some wrong commands, on a connection of their
/// own, which is closed before another is opened: a server may serve one at a time.
pub(crate) async fn find(server: &Server, patience: Option<Duration>) -> Result<Found, Unanswered> {
    let connected = Connection::new(server).await;
    let mut connection = connected.map_err(Unanswered::Unreachable)?;
    let silent = async {
        let Some(patience) = patience else { return pending().await };
        Timer::after(patience).await;
        Err(io::ErrorKind::TimedOut.into())
    };
    let unit = or(unit(&mut connection), silent).await;
    match unit {
        Ok(Some(unit)) => Ok(Found::Api(connection, unit)),
        Ok(None) => Ok(Found::Nothing),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(Found::Nothing),
        Err(error) => Err(Unanswered::Untold(error)),
    }
}

/// Returns the unit of the server's timestamps, or `None` if what answers is another program.
async fn unit(connection: &mut Connection) -> io::Result<Option<Unit>> {
    let reply = connection.request(Method::Get, &Target::new("/v1/info")).await?;
    match reply.status {
        200 => {}
        status @ 500.. => {
            let error = format!("the server answers with HTTP status {status}");
            return Err(io::Error::other(error));
        }
        _ => return Ok(None),
    }
    match serde_json::from_str::<Info>(&reply.text().await?) {
        Ok(info) => Unit::from_str(&info.unit, false).map(Some).map_err(io::Error::other),
        Err(_) => Ok(None),
    }
}
