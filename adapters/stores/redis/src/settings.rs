//! Where an engine is, and how long to wait for it.

use std::fmt;
use std::time::Duration;

use redis::{Client, RedisConnectionInfo};

use crate::tls::Tls;

/// Where an engine is, and how long to wait for it.
#[non_exhaustive]
#[derive(Clone)]
pub struct Settings {
    /// Some of the servers, `HOST:PORT`. The others of a cluster are found by them.
    pub seeds: Vec<String>,
    /// With how many replicas a put must be before it is answered. With one replica for each master, a
    /// failover then leaves the master without, and puts unanswered until it has one again.
    pub wait: usize,
    /// How long a request is retried that the engine has certainly not done.
    pub patience: Duration,
    /// How long the engine may take for a reply, until the outcome counts as unknown.
    pub silence: Duration,
    /// What all names begin with, so that several stores can share an engine. It has no braces.
    pub prefix: String,
    /// After how many puts of a series its head is sealed.
    pub seal_at: usize,
    /// The largest number of samples in a run.
    pub run_samples: usize,
    login: RedisConnectionInfo,
    tls: Option<Tls>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("seeds", &self.seeds).finish_non_exhaustive()
    }
}

/// Why settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongSettings(pub(crate) String);

impl fmt::Display for WrongSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongSettings {}

impl Settings {
    /// Reads `redis://[USER[:PASSWORD]@]HOST:PORT,HOST:PORT`; the user is that of all servers. With `rediss://`
    /// all connections have TLS.
    ///
    /// # Errors
    ///
    /// A line for users.
    pub fn parse(text: &str) -> Result<Self, WrongSettings> {
        let wrong = |what: &str| WrongSettings(what.to_owned());
        let (rest, tls) = match (text.strip_prefix("redis://"), text.strip_prefix("rediss://")) {
            (Some(rest), _) => (rest, None),
            (None, Some(rest)) => (rest, Some(Tls::default())),
            (None, None) => {
                return Err(wrong(
                    "it begins with redis://, or rediss:// for TLS, as redis://127.0.0.1:6379",
                ));
            }
        };
        let (user, places) =
            rest.rsplit_once('@').map_or((None, rest), |(user, at)| (Some(user), at));
        let places = places.trim_end_matches('/');
        if let Some(more) = places.find(['/', '?', '#']) {
            return Err(WrongSettings(format!(
                "it ends with '{}', and only servers are read here: a store is in database 0, as all of a cluster is; \
                 --engine-prefix keeps several apart",
                &places[more..]
            )));
        }
        let seeds: Vec<_> = places.split(',').map(with_port).collect();
        let user = user.map(|user| format!("{user}@")).unwrap_or_default();
        let mut login = None;
        for seed in &seeds {
            let client = Client::open(format!("redis://{user}{seed}/"));
            let client = client.map_err(|error| WrongSettings(format!("'{seed}': {error}")))?;
            login = Some(client.get_connection_info().redis_settings().clone());
        }
        let login = login.ok_or_else(|| wrong("a host is missing"))?;
        Ok(Self { seeds, login, tls, ..Self::default() })
    }

    /// Sets the password.
    #[must_use]
    pub fn with_password(mut self, password: &str) -> Self {
        self.login = self.login.set_password(password);
        self
    }

    /// Returns the settings of TLS, if there is TLS.
    pub fn tls_mut(&mut self) -> Option<&mut Tls> {
        self.tls.as_mut()
    }

    pub(crate) fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    pub(crate) fn login(&self) -> &RedisConnectionInfo {
        &self.login
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seeds: vec![with_port("127.0.0.1")],
            wait: 0,
            patience: Duration::from_secs(5),
            silence: Duration::from_secs(2),
            prefix: String::new(),
            seal_at: 192,
            run_samples: 512,
            login: RedisConnectionInfo::default(),
            tls: None,
        }
    }
}

/// Adds the usual port to a place that has none.
fn with_port(place: &str) -> String {
    let has_port = place.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty()
            && (!host.contains(':') || host.ends_with(']'))
            && port.parse::<u16>().is_ok()
    });
    if has_port { place.to_owned() } else { format!("{place}:6379") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_is_named_by_its_servers_and_their_user() {
        let settings = Settings::parse("redis://me:p%40ss@a:1,[::1]:2,c").unwrap();
        assert_eq!(settings.seeds, ["a:1", "[::1]:2", "c:6379"]);
        assert_eq!(
            (settings.login.username(), settings.login.password()),
            (Some("me"), Some("p@ss"))
        );
        let settings = settings.with_password("secret");
        assert_eq!(settings.login.password(), Some("secret"));
        assert!(!format!("{settings:?}").contains("secret"));
        assert!(settings.tls().is_none());
        assert!(Settings::parse("rediss://a:1").unwrap().tls().is_some());
    }

    #[test]
    fn what_is_no_engine_is_refused_with_the_way_out() {
        for (text, due) in [
            ("127.0.0.1:6379", "begins with redis://"),
            ("redis://", "':6379'"),
            ("rediss://", "':6379'"),
            ("redis://a b", "'a b"),
            ("redis://a:1/3", "'/3'"),
            ("redis://a:1?db=3", "'?db=3'"),
            ("rediss://me@a:1,b:2/#insecure", "'/#insecure'"),
        ] {
            let error = Settings::parse(text).unwrap_err().to_string();
            assert!(error.contains(due), "{text}: {error}");
        }
    }
}
