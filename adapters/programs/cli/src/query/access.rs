//! Reads samples from a server: over its HTTP API, if it has one and sends less that way, else over
//! the native protocol. The samples and their order are the same.

use metric_proto::{Key, MAX_KEY, Sample};
use metric_smol::Client;

use super::native;
use super::pattern::Pattern;
use super::place::Place;
use super::web;
use super::window::Bounds;
use crate::failure::Failure;
use crate::http::{self, Connection, Stopped};
use crate::server::Server;

/// A connection to read samples from.
#[derive(Debug)]
pub(crate) struct Access<'s> {
    server: &'s Server,
    way: Way,
    /// Why the HTTP API did not answer, if it is there.
    pub(super) refusal: Option<String>,
}

#[derive(Debug)]
enum Way {
    Native(Client),
    Web(Connection),
}

impl<'s> Access<'s> {
    /// Connects to a server, to read what these patterns and bounds select.
    pub(crate) async fn open(
        server: &'s Server,
        patterns: &[Pattern],
        bounds: &Bounds,
    ) -> Result<Self, Failure> {
        let connection = match saves(patterns, bounds) {
            true => http::probe(server).await?,
            false => None,
        };
        let way = match connection {
            Some(connection) => Way::Web(connection),
            None => Way::Native(server.connect().await?),
        };
        Ok(Self { server, way, refusal: None })
    }

    /// Calls `take` with samples of the matching series, series by series, oldest first. They are
    /// all that `bounds` select, and perhaps more.
    ///
    /// Only samples that `take` keeps use memory. An error of `take` stops the reading and leaves
    /// this unusable, since the rest of the reply is unread.
    pub(crate) async fn each_sample(
        &mut self,
        patterns: &[Pattern],
        bounds: &Bounds,
        mut take: impl FnMut(Key<'_>, Sample) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut place = Place::new(patterns);
        if let Way::Web(connection) = &mut self.way {
            let pass = |key: Key<'_>, sample| {
                place.pass(key, sample);
                take(key, sample)
            };
            match web::each_sample(connection, patterns, bounds, pass).await {
                Err(Stopped::Refused(refusal)) => self.go_native(refusal.error).await?,
                // The server cuts a reply whose reader stops for long, as a pager does.
                Err(Stopped::Ended) if !place.is_first() => {
                    self.go_native("it ended its first reply too early".to_owned()).await?;
                }
                read => return Ok(read?),
            }
        }
        let Way::Native(client) = &mut self.way else { return Ok(()) };
        let rest = |key: Key<'_>, sample| match place.is_before(key, sample) {
            true => take(key, sample),
            false => Ok(()),
        };
        native::each_sample(client, patterns, rest).await
    }

    /// Returns the oldest timestamp of the first matching series, if it need not be read for that.
    pub(super) async fn oldest(&mut self, patterns: &[Pattern]) -> Result<Option<i64>, Failure> {
        let Way::Web(connection) = &mut self.way else { return Ok(None) };
        match web::oldest(connection, patterns).await {
            Err(Stopped::Refused(refusal)) => self.go_native(refusal.error).await.map(|()| None),
            oldest => Ok(oldest?),
        }
    }

    /// Uses the native protocol from now on. It answers what is too much for the HTTP API, such as
    /// more series than a query may select, and waits for readers without end.
    async fn go_native(&mut self, refusal: String) -> Result<(), Failure> {
        self.way = Way::Native(self.server.connect().await?);
        self.refusal = Some(refusal);
        Ok(())
    }
}

/// Returns whether the native protocol sends more than is selected, so that asking for the HTTP API
/// is worth its round trip.
///
/// It does not for a key that is longer than servers take by default: only the native protocol says
/// that it is.
fn saves(patterns: &[Pattern], bounds: &Bounds) -> bool {
    let is_prefix = |pattern: &Pattern| matches!(pattern, Pattern::Prefix(_));
    let is_all =
        |pattern: &Pattern| matches!(pattern, Pattern::Prefix(prefix) if prefix.is_empty());
    let is_long = |pattern: &Pattern| matches!(pattern, Pattern::Key(key) if key.len() > MAX_KEY);
    let selects = patterns.iter().any(is_prefix) && !patterns.iter().any(is_all);
    (selects || bounds.narrows()) && !patterns.iter().any(is_long)
}
