//! What a range is asked for.

use hyper::Uri;
use hyper::header::HeaderMap;
use metric_query::{Select, Style, TimeUnit, Window};

use crate::parameters::Parameters;
use crate::refusal::Refusal;
use crate::selection::{Selection, selection, style, time};

/// The most buckets of a series.
const MOST_POINTS: usize = 100_000;

/// The parameters of `GET /v1/range`.
#[derive(Clone, Debug)]
pub struct RangeQuery {
    pub(crate) selection: Selection,
    pub(crate) from: Option<i64>,
    pub(crate) until: Option<i64>,
    pub(crate) newest: Option<usize>,
    pub(crate) points: Option<usize>,
    pub(crate) style: Style,
}

impl RangeQuery {
    /// Reads the parameters of a target, as a server does whose timestamps have this unit. A refusal is
    /// JSON. Returns `None` if it is no target.
    #[must_use]
    pub fn of(target: &[u8], unit: TimeUnit) -> Option<Result<Self, String>> {
        let uri = Uri::try_from(target).ok()?;
        Some(Self::read(&uri, &HeaderMap::new(), unit).map_err(|refusal| refusal.json()))
    }

    pub(crate) fn read(uri: &Uri, headers: &HeaderMap, unit: TimeUnit) -> Result<Self, Refusal> {
        let known = ["match", "key", "from", "until", "newest", "points", "format", "times"];
        let parameters = Parameters::read(uri, &known)?;
        let query = Self {
            style: style(&parameters, headers)?,
            from: time(&parameters, "from", unit)?,
            until: time(&parameters, "until", unit)?,
            newest: parameters.number("newest", 1..=usize::MAX)?,
            points: parameters.number("points", 1..=MOST_POINTS)?,
            selection: selection(&parameters)?,
        };
        if query.newest.is_some() && query.points.is_some() {
            let advice = "give one of them";
            return Err(Refusal::parameter("newest", "buckets are of all samples", advice));
        }
        Ok(query)
    }

    /// Whether a series is asked for.
    #[must_use]
    pub fn selects(&self, key: &str) -> bool {
        self.selection.selects(key)
    }

    /// Returns the number of buckets.
    #[must_use]
    pub const fn points(&self) -> Option<usize> {
        self.points
    }

    /// Returns which samples are asked for.
    #[must_use]
    pub fn window(&self) -> Window {
        let mut window = Window::ALL;
        window.from = self.from.unwrap_or(window.from);
        window.until = self.until.unwrap_or(window.until);
        window.newest = self.newest.unwrap_or(window.newest);
        window
    }
}
