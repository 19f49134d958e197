//! What a range is asked for.

use hyper::Uri;
use hyper::header::HeaderMap;
use metric_query::{Select, Style, TimeUnit, Window};

use crate::parameters::Parameters;
use crate::refusal::Refusal;
use crate::selection::{OF_OTHERS, OF_SAMPLES, Selection, selection, style, time};

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
        let points = parameters.number("points", 1..=MOST_POINTS)?;
        let there = if points.is_some() { OF_OTHERS } else { OF_SAMPLES };
        let query = Self {
            style: style(&parameters, headers, there)?,
            from: time(&parameters, "from", unit)?,
            until: time(&parameters, "until", unit)?,
            newest: parameters.number("newest", 1..=usize::MAX)?,
            points,
            selection: selection(&parameters)?,
        };
        if query.newest.is_some() && query.points.is_some() {
            let advice = "give one of them";
            return Err(Refusal::parameter("newest", "buckets are of all samples", advice));
        }
        if let (Some(from), Some(until)) = (query.from, query.until)
            && from > until
        {
            let error = format!("from is after until: {from} and {until}");
            return Err(Refusal::parameter("from", error, "exchange them"));
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns where a target is refused.
    fn refused(query: &str) -> Option<String> {
        let target = format!("/v1/range?{query}");
        let json = RangeQuery::of(target.as_bytes(), TimeUnit::Seconds).unwrap().err()?;
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        Some(json["where"].as_str().unwrap().to_owned())
    }

    #[test]
    fn what_can_select_nothing_is_refused() {
        for (query, place) in [
            ("from=2&until=1", "from"),
            ("from=2006-06-21T04:30:48Z&until=2006-06-21T04:30:47Z", "from"),
            ("from=-1h&until=-2h", "from"),
            ("match=", "match"),
            ("match=a&match=", "match"),
            ("key=", "key"),
            ("key=a%zz", "key"),
        ] {
            assert_eq!(refused(query).as_deref(), Some(place), "{query}");
        }
        for query in ["from=1&until=1", "from=1", "until=1", "match=*", "key=k"] {
            assert_eq!(refused(query), None, "{query}");
        }
    }

    #[test]
    fn buckets_are_no_lines() {
        assert_eq!(refused("points=2&format=lines").as_deref(), Some("format"));
        assert_eq!((refused("format=lines"), refused("points=2&format=csv")), (None, None));
    }
}
