//! Why a server refuses requests.

use serde::Deserialize;

use super::connection::Method;
use super::probe::probe;
use super::target::Target;
use crate::failure::Failure;
use crate::server::Server;

/// What any version of the API tells about the server, beside other things.
#[derive(Debug, Deserialize)]
struct Info {
    /// Why it takes or shows no samples now.
    trouble: Option<String>,
}

/// Returns why a command failed. If the server refused a request, whose reasons the protocol does not have, it is
/// asked for them over HTTP.
pub(crate) async fn explained(server: &Server, failure: Failure) -> Failure {
    if !matches!(failure, Failure::UnexplainedPut(_) | Failure::UnexplainedRequest) {
        return failure;
    }
    match trouble(server).await {
        Some(trouble) => failure.because(&format!("the server says: {trouble}")),
        None => failure,
    }
}

/// Returns what keeps a server from its work; `None` if nothing does, or it does not tell.
async fn trouble(server: &Server) -> Option<String> {
    let mut connection = probe(server).await.ok()??;
    let reply = connection.ask(Method::Get, &Target::new("/v1/info")).await.ok()?;
    serde_json::from_str::<Info>(&reply.text().await.ok()?).ok()?.trouble
}
