//! Finding out whether a server has the HTTP API.

use std::io;
use std::time::Duration;

use serde::Deserialize;
use smol::Timer;
use smol::future::or;

use super::connection::{Connection, Method};
use super::target::Target;
use crate::failure::Failure;
use crate::server::{Api, Server};

/// What any version of the API tells about the server, beside other things.
#[derive(Debug, Deserialize)]
struct Info {
    #[serde(rename = "name")]
    _name: String,
    #[serde(rename = "unit")]
    _unit: String,
}

/// How long a server may take to say what it speaks. One that knows neither HTTP nor this project's
/// answer to what it does not know may wait for more.
const PATIENCE: Duration = Duration::from_secs(2);

/// Connects to the server's HTTP API. Returns `None` if it has none.
///
/// To a server of the native protocol the request is some wrong commands, on a connection of their
/// own, which is closed before another is opened: a server may serve one at a time.
///
/// # Errors
///
/// If nothing can connect to the server.
pub(crate) async fn probe(server: &Server) -> Result<Option<Connection>, Failure> {
    if server.api.get() == Api::Absent {
        return Ok(None);
    }
    let mut connection =
        Connection::new(server).await.map_err(|error| server.unreachable(&error))?;
    let silent = async {
        Timer::after(PATIENCE).await;
        Ok(false)
    };
    match or(has_api(&mut connection), silent).await {
        Ok(true) => Ok(Some(connection)),
        Ok(false) => {
            server.api.set(Api::Absent);
            Ok(None)
        }
        // It may be stopping, so it is asked again the next time.
        Err(_) => Ok(None),
    }
}

/// Returns whether the reply is that of the API, or fails if the connection ended before.
async fn has_api(connection: &mut Connection) -> io::Result<bool> {
    let asked = async {
        let reply = connection.request(Method::Get, &Target::new("/v1/info")).await?;
        let status = reply.status;
        let text = reply.text().await?;
        Ok(status == 200 && serde_json::from_str::<Info>(&text).is_ok())
    };
    asked.await.or_else(|error: io::Error| match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::TimedOut => Ok(false),
        _ => Err(error),
    })
}
