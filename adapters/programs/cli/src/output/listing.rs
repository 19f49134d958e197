//! What samples are listed in, and what is said of those that are not there.

use std::io;

use metric_proto::{Key, Sample};
use metric_smol::Client;

use super::progress::tell;
use crate::failure::Failure;
use crate::query::{Pattern, Window};

pub(crate) trait Listing {
    fn add(&mut self, key: Key<'_>, sample: Sample) -> io::Result<()>;

    fn flush(&mut self) -> io::Result<()>;

    /// Adds what is wanted of a server, and says for which patterns there was nothing.
    async fn add_all<'p>(
        &mut self,
        client: &mut Client,
        patterns: &'p [Pattern],
        window: &Window,
    ) -> Result<Vec<&'p Pattern>, Failure> {
        let add = |key: Key<'_>, sample| Ok(self.add(key, sample)?);
        let missing = window.each_sample(client, patterns, add).await?;
        self.flush()?;
        Ok(missing)
    }
}

/// Says so on a terminal: it is no error.
pub(crate) fn tell_of_nothing(missing: &[&Pattern]) {
    for pattern in missing {
        match pattern.to_string().as_str() {
            "*" => tell("metric: no such samples"),
            pattern => tell(&format!("metric: no such samples of {pattern:?}")),
        }
    }
}
