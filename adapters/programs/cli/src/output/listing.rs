//! The trait of all outputs of samples, and the message about missing samples.

use std::io;

use metric_proto::{Key, Sample};

use super::progress::{say, tell};
use crate::failure::Failure;
use crate::query::{Access, Bounds, Findings, Pattern};

/// An output that samples are added to.
pub(crate) trait Listing {
    fn add(&mut self, key: Key<'_>, sample: Sample) -> io::Result<()>;

    fn flush(&mut self) -> io::Result<()>;

    /// Adds the selected samples of a server.
    async fn add_all<'p>(
        &mut self,
        access: &mut Access<'_>,
        patterns: &'p [Pattern],
        bounds: &Bounds,
    ) -> Result<Findings<'p>, Failure> {
        let add = |key: Key<'_>, sample| Ok(self.add(key, sample)?);
        let findings = bounds.each_sample(access, patterns, add).await?;
        self.flush()?;
        Ok(findings)
    }
}

/// Names the patterns without samples, on a terminal only, since they are not an error, but everywhere
/// if nothing was found at all. A doubtful unit is reported on a terminal, too, and everywhere if it has
/// an effect on what is selected.
pub(crate) fn report(findings: &Findings<'_>, bounds: &Bounds) {
    let Findings { missing, nothing, doubt, refusal } = findings;
    let name = if *nothing { say } else { tell };
    if let Some(refusal) = refusal {
        tell(&format!("metric: the server sent more than what was selected: {refusal}"));
    }
    match doubt {
        Some(doubt) if bounds.by_time => say(&format!("metric: {doubt}")),
        Some(doubt) => tell(&format!("metric: {doubt}")),
        None => {}
    }
    let when = bounds.when();
    for pattern in missing {
        let hint = if pattern.has_inner_star() { HINT } else { "" };
        match pattern.to_string().as_str() {
            "*" => name(&format!("metric: no samples{when}")),
            pattern => name(&format!("metric: no samples of {pattern:?}{when}{hint}")),
        }
    }
}

/// What a `*` means here, and not on the page.
const HINT: &str = "; a * matches only at the end of a key, where it matches dots, too, as ** does in the \
                    HTTP API";
