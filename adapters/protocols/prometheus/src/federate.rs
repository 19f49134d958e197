//! `GET /federate`: the newest sample of each selected series, as text.

use std::sync::Arc;

use std::ops::ControlFlow::{Break, Continue};

use metric_proto::{
    Digits, Key, LONGEST_KEY, Position, Query, Request, Sample, Scan, Selector, Series, Store,
    Summary,
};
use metric_query::{AnyOf, Exceeded, Filled, Next, Produce, Search, TimeUnit};
use metric_web::{Asked, Backend, Refusal, Reply, Web};

use crate::escape::{Escaping, Named};
use crate::labels::labels;
use crate::matcher::Matchers;
use crate::parameters::selectors;
use crate::time::{from_milliseconds, to_milliseconds};
use crate::write::NAME;

/// A series whose newest sample is older than this has ended, as in Prometheus: milliseconds.
const LOOKBACK: i64 = 5 * 60 * 1_000;

/// Answers with lines such as `up{job="node"} 1.0 1150864247000`.
pub(crate) async fn federate<B: Backend>(
    mut asked: Asked<'_>,
    web: &Arc<Web<B>>,
) -> Result<Reply, Refusal> {
    let selectors = selectors(&asked.fields().await?)?;
    let escaping = Escaping::of(asked.header("accept").unwrap_or_default());
    let settings = web.settings();
    let now = web.now();
    let since = to_milliseconds(now, settings.unit).saturating_sub(LOOKBACK);
    let federation = Federation {
        search: Search::new(AnyOf(selectors)),
        since: from_milliseconds(since, settings.unit).unwrap_or(i64::MIN),
        now,
        ahead: None,
        unit: settings.unit,
        escaping,
        left: settings.budget.series,
        most: settings.budget.series,
        lines: String::new(),
        sent: 0,
    };
    asked.stream(web, federation, escaping.content_type()).await
}

/// Fills the reply.
struct Federation {
    search: Search<AnyOf<Vec<Matchers>>, LONGEST_KEY>,
    /// The oldest timestamp, and the newest one.
    since: i64,
    now: i64,
    /// A series whose newest sample is in the future, and where its search for an older one is.
    ahead: Option<(String, Position)>,
    unit: TimeUnit,
    escaping: Escaping,
    /// How many more series there may be, and how many in all.
    left: usize,
    most: usize,
    lines: String,
    /// How much of the lines is sent.
    sent: usize,
}

impl Produce for Federation {
    fn fill<T: Store>(&mut self, store: &mut T, output: &mut [u8]) -> Filled {
        let mut next = Next::More;
        if self.sent == self.lines.len() {
            (self.sent, next) = (0, self.write(store, output.len()));
        }
        let rest = &self.lines.as_bytes()[self.sent..];
        let bytes = rest.len().min(output.len());
        output[..bytes].copy_from_slice(&rest[..bytes]);
        self.sent += bytes;
        // What does not fit is sent first, then the search goes on or ends again.
        Filled { bytes, next: if bytes < rest.len() { Next::More } else { next } }
    }
}

impl Federation {
    /// Writes the lines of a turn, or a little more than `room`.
    fn write<T: Store>(&mut self, store: &mut T, room: usize) -> Next {
        self.lines.clear();
        if let Some(next) = self.write_ahead(store) {
            return next;
        }
        let Self { search, since, now, ahead, unit, escaping, left, lines, .. } = self;
        let (mut stopped, mut is_over) = (false, false);
        let next = search.run(store, |key, summary| {
            if !may_be_shown(summary, *since, *now) {
                return Continue(());
            }
            is_over = *left == 0;
            if is_over {
                return Break(());
            }
            *left -= 1;
            if summary.last.timestamp() > *now {
                *ahead = Some((key.as_str().to_owned(), Position::START));
            } else {
                put_line(lines, key.as_str(), summary.last, (*unit, *escaping));
            }
            stopped = ahead.is_some() || lines.len() >= room;
            if stopped { Break(()) } else { Continue(()) }
        });
        match next {
            _ if is_over => {
                let bound = metric_query::Bound::Series;
                Next::Exceeded(Exceeded { bound, limit: self.most })
            }
            Next::Done if stopped => Next::More,
            next => next,
        }
    }

    /// Writes the line of the series that has samples in the future. Returns why it must be gone on
    /// with later, if so.
    fn write_ahead<T: Store>(&mut self, store: &mut T) -> Option<Next> {
        let (key, from) = self.ahead.take()?;
        let only = Key::new(&key).ok()?;
        let query =
            Query { series: Series::Key(only), since: self.since, until: self.now, newest: 1 };
        let mut newest = None;
        let scan = store.scan(&query, from, |_, sample| {
            newest = Some(sample);
            Continue(())
        });
        if let Some(sample) = newest {
            put_line(&mut self.lines, &key, sample, (self.unit, self.escaping));
        }
        match scan {
            Scan::Done | Scan::Stopped(_) => None,
            Scan::NotYet(position) => {
                store.want(Request::Get(Selector::Key(only)), position);
                self.ahead = Some((key, position));
                Some(Next::Wait)
            }
            Scan::Refused => Some(Next::Unavailable),
        }
    }
}

/// Whether a series may have a sample between two timestamps, as far as its first and last one tell.
fn may_be_shown(summary: Summary, since: i64, now: i64) -> bool {
    summary.last.timestamp() >= since && summary.first.timestamp() <= now
}

/// Writes `name{label="value",…} value time`, or `{"name",…}` if the name needs quotes.
fn put_line(lines: &mut String, key: &str, sample: Sample, (unit, escaping): (TimeUnit, Escaping)) {
    let name = labels(key).find(|(label, _)| *label == NAME).map(|(_, name)| name.to_string());
    let name = escaping.name(Named::Metric, &name.unwrap_or_default());
    let (mut separator, has_instance) = ("{", labels(key).any(|(label, _)| label == "instance"));
    if Named::Metric.is_plain(&name) {
        lines.push_str(&name);
    } else {
        lines.push('{');
        put_quoted(lines, &name);
        separator = ",";
    }
    for (label, value) in labels(key).filter(|(label, _)| *label != NAME) {
        let label = escaping.name(Named::Label, &label.to_string());
        lines.push_str(std::mem::replace(&mut separator, ","));
        if Named::Label.is_plain(&label) {
            lines.push_str(&label);
        } else {
            put_quoted(lines, &label);
        }
        lines.push('=');
        put_quoted(lines, &value.to_string());
    }
    if !has_instance {
        // Else the reader would add the instance of this server.
        lines.push_str(std::mem::replace(&mut separator, ","));
        lines.push_str("instance=\"\"");
    }
    lines.push_str("} ");
    lines.push_str(Digits::new().value(sample));
    lines.push(' ');
    lines.push_str(&to_milliseconds(sample.timestamp(), unit).to_string());
    lines.push('\n');
}

fn put_quoted(lines: &mut String, text: &str) {
    lines.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => lines.extend(['\\', character]),
            '\n' => lines.push_str("\\n"),
            _ => lines.push(character),
        }
    }
    lines.push('"');
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use metric_memory::MemoryStore;
    use metric_reluctant::Reluctant;

    use super::*;

    #[test]
    fn samples_in_the_future_hide_no_series() {
        let store = MemoryStore::new(10, 10);
        for (key, timestamp) in [
            ("ahead", 90),
            ("ahead", 99),
            ("ahead", 1_000),
            ("both", 100),
            ("ended", 4),
            ("ended", 1_000),
            ("future", 101),
            ("past", 9),
            ("present", 100),
            ("present", 101),
        ] {
            let sample = Sample::new(1.0, timestamp).unwrap();
            (&store).put(Key::new(key).unwrap(), sample).unwrap();
        }
        let expected = [("ahead", 99), ("both", 100), ("present", 100)];
        let lines = expected.map(|(key, time)| format!("{key}{{instance=\"\"}} 1.0 {time}000\n"));
        assert_eq!(federated(&mut &store), lines.concat());
        for shown in 0..3 {
            assert_eq!(federated(&mut Reluctant::new(&store, 3, shown)), lines.concat());
        }
    }

    fn federated(store: &mut impl Store) -> String {
        let mut federation = Federation {
            search: Search::new(AnyOf(vec![Matchers::new(Vec::new())])),
            since: 10,
            now: 100,
            ahead: None,
            unit: TimeUnit::Seconds,
            escaping: Escaping::Underscores,
            left: 4,
            most: 4,
            lines: String::new(),
            sent: 0,
        };
        let (mut text, mut output) = (String::new(), [0; 64]);
        loop {
            let Filled { bytes, next } = federation.fill(store, &mut output);
            text += std::str::from_utf8(&output[..bytes]).unwrap();
            match next {
                Next::More => {}
                Next::Wait => {
                    let ready = store.poll_ready(&mut Context::from_waker(Waker::noop()));
                    assert_eq!(ready, Poll::Ready(Ok(())));
                }
                next => {
                    assert_eq!(next, Next::Done);
                    return text;
                }
            }
        }
    }

    #[test]
    fn a_line_has_the_labels_in_the_form_that_was_asked_for() {
        let sample = Sample::new(-0.5, 7).unwrap();
        let line = |key, escaping| {
            let mut lines = String::new();
            put_line(&mut lines, key, sample, (TimeUnit::Seconds, escaping));
            lines
        };
        for (key, escaping, expected) in [
            ("up", Escaping::Utf8, "up{instance=\"\"} -0.5 7000\n"),
            (
                "up;instance=a;job=b%0A\"\\",
                Escaping::Utf8,
                "up{instance=\"a\",job=\"b\\n\\\"\\\\\"} -0.5 7000\n",
            ),
            ("a.b;c.d=e", Escaping::Utf8, "{\"a.b\",\"c.d\"=\"e\",instance=\"\"} -0.5 7000\n"),
            ("a.b;c.d=e", Escaping::Underscores, "a_b{c_d=\"e\",instance=\"\"} -0.5 7000\n"),
            ("a:b;c:d=e", Escaping::Utf8, "a:b{\"c:d\"=\"e\",instance=\"\"} -0.5 7000\n"),
            ("a:b;c:d=e", Escaping::Underscores, "a:b{c_d=\"e\",instance=\"\"} -0.5 7000\n"),
            ("a:b;c:d=e", Escaping::Dots, "a:b{c__d=\"e\",instance=\"\"} -0.5 7000\n"),
            ("a:b;c:d=e", Escaping::Values, "a:b{U__c_3a_d=\"e\",instance=\"\"} -0.5 7000\n"),
            ("a.b", Escaping::Utf8, "{\"a.b\",instance=\"\"} -0.5 7000\n"),
            ("a;b", Escaping::Values, "U__a_3b_b{instance=\"\"} -0.5 7000\n"),
        ] {
            assert_eq!(line(key, escaping), expected);
        }
    }
}
