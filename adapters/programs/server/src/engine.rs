//! The options of an engine that several servers share.

use std::env;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use metric_redis::{Engine, Settings, WrongSettings};

use crate::quantity::{duration, whole};

/// The variable that has the password, which a command line would show to everybody.
const PASSWORD: &str = "METRIC_ENGINE_PASSWORD";

/// Where samples are that several servers share.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Samples that several servers share")]
pub(crate) struct EngineOptions {
    /// Keep samples in Redis or Valkey, plain or a cluster, as
    /// redis://[USER@]HOST:PORT,HOST:PORT; some servers of a cluster are enough.
    /// rediss:// has TLS. The password is in METRIC_ENGINE_PASSWORD
    #[arg(long, value_name = "URL", value_parser = Settings::parse)]
    #[arg(conflicts_with_all = ["data", "max_series", "max_samples", "forget"])]
    engine: Option<Settings>,

    /// Replicas that must have a sample before its `ok`; take 1 where each master
    /// has two
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = whole(0..=9_usize))]
    #[arg(requires = "engine")]
    engine_wait: usize,

    /// How long a request is tried that the engine has certainly not done, and
    /// how long an engine may be down before all is refused at once
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration)]
    #[arg(requires = "engine")]
    engine_patience: Duration,

    /// How long the engine may take to reply; then the outcome is unknown, and
    /// the connection of who waits for it ends
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = duration)]
    #[arg(requires = "engine")]
    engine_silence: Duration,

    /// What all names in the engine begin with, without braces
    #[arg(long, value_name = "TEXT", default_value = "", value_parser = prefix)]
    #[arg(requires = "engine")]
    engine_prefix: String,

    /// Authorities whose certificates the engine may have, in PEM, instead of
    /// those that the system trusts
    #[arg(long, value_name = "FILE", requires = "engine")]
    engine_ca: Option<PathBuf>,

    /// Certificate that the engine is shown, in PEM, if it asks for one
    #[arg(long, value_name = "FILE", requires_all = ["engine", "engine_key"])]
    engine_cert: Option<PathBuf>,

    /// Key of that certificate, in PEM
    #[arg(long, value_name = "FILE", requires_all = ["engine", "engine_cert"])]
    engine_key: Option<PathBuf>,
}

fn prefix(text: &str) -> Result<String, String> {
    let is_right = text.len() <= 64 && !text.contains(['{', '}']);
    is_right
        .then(|| text.to_owned())
        .ok_or_else(|| "it must be 64 bytes at most, without braces".into())
}

impl EngineOptions {
    pub(crate) fn is_given(&self) -> bool {
        self.engine.is_some()
    }

    /// Opens the store. It connects when it is first asked for something.
    ///
    /// # Errors
    ///
    /// A line for users.
    pub(crate) fn open(&self) -> Result<Arc<Engine>, String> {
        let mut settings = self.engine.clone().ok_or("--engine is missing")?;
        settings.wait = self.engine_wait;
        (settings.patience, settings.silence) = (self.engine_patience, self.engine_silence);
        settings.prefix.clone_from(&self.engine_prefix);
        match env::var(PASSWORD) {
            Ok(password) => settings = settings.with_password(&password),
            Err(env::VarError::NotPresent) => {}
            Err(error) => return Err(format!("cannot read {PASSWORD}: {error}")),
        }
        self.secure(&mut settings)?;
        Ok(Engine::open(settings))
    }

    /// Sets what TLS needs.
    fn secure(&self, settings: &mut Settings) -> Result<(), String> {
        let Self { engine_ca: ca, engine_cert: cert, engine_key: key, .. } = self;
        let Some(tls) = settings.tls_mut() else {
            return match ca.as_ref().or(cert.as_ref()) {
                Some(_) => {
                    Err("the engine has TLS files, but its URL has no TLS: rediss://".into())
                }
                None => Ok(()),
            };
        };
        let wrong = |file: &Path, why: WrongSettings| format!("{}: {why}", file.display());
        if let Some(ca) = ca {
            tls.trust(&read(ca)?).map_err(|why| wrong(ca, why))?;
        }
        if let (Some(cert), Some(key)) = (cert, key) {
            tls.show(&read(cert)?, &read(key)?).map_err(|why| wrong(cert, why))?;
        }
        Ok(())
    }
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))
}

impl fmt::Display for EngineOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seeds = self.engine.as_ref().map_or(String::new(), |engine| engine.seeds.join(","));
        write!(f, "the engine at {seeds}")
    }
}

#[cfg(test)]
mod tests {
    use crate::options::Options;
    use clap::Parser;

    #[test]
    fn what_goes_not_together_with_an_engine_is_refused_in_one_line() {
        for (options, due) in [
            (&["--data", "d"][..], "cannot be used with '--data <DIR>'"),
            (&["--max-samples", "9"], "cannot be used with '--max-samples <N>'"),
            (&["--max-series", "9"], "cannot be used with '--max-series <N>'"),
            (&["--forget", "9s"], "cannot be used with '--forget <DURATION>'"),
            (&["--engine-prefix", "a{b"], "without braces"),
            (&["--engine-cert", "c"], "required arguments were not provided"),
            (&["--engine-key", "k"], "required arguments were not provided"),
        ] {
            let given = ["metric-test", "--engine", "redis://a:1"]
                .into_iter()
                .chain(options.iter().copied());
            let error = Options::try_parse_from(given).unwrap_err().to_string();
            assert!(error.lines().next().is_some_and(|line| line.contains(due)), "{error}");
        }
        assert!(Options::try_parse_from(["metric-test", "--engine-wait", "1"]).is_err());
    }

    #[test]
    fn files_of_tls_that_are_none_are_named() {
        let (this, none) = (concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), "/nowhere/ca");
        for (url, file, due) in [
            ("redis://a:1", this, "rediss://"),
            ("rediss://a:1", none, "cannot read /nowhere/ca"),
            ("rediss://a:1", this, "Cargo.toml: it has no certificate in PEM"),
        ] {
            let given = ["metric-test", "--engine", url, "--engine-ca", file];
            let options = Options::try_parse_from(given).unwrap();
            let error = options.engine.open().unwrap_err();
            assert!(error.contains(due), "{error}");
        }
    }
}
