//! The lines below the table: the marked series, and what keys do or what has failed.

use ratatui::style::Stylize;
use ratatui::text::{Line, Span};
use unicode_truncate::UnicodeTruncateStr;

use super::columns::Times;
use super::model::Series;
use super::view::{Mode, View};
use crate::output::age::age;
use crate::output::text;

/// The keys, by importance from the right.
const KEYS: [(&str, &str); 7] = [
    ("s", "sort"),
    ("r", "reverse"),
    ("p", "pause"),
    ("Enter", "plot"),
    ("/", "filter"),
    ("?", "help"),
    ("q", "quit"),
];

/// The largest number of lines of a message.
const MOST: usize = 4;

/// Returns the last lines of the screen.
pub(super) fn lines(view: &View, width: u16) -> Vec<Line<'static>> {
    let style = view.palette.trouble();
    let columns = usize::from(width);
    let told = |text: &str| {
        let lines = wrapped(text, columns).into_iter().take(MOST);
        lines.map(|line| Line::styled(format!("{line:columns$}"), style)).collect::<Vec<_>>()
    };
    match (&view.trouble, view.mode) {
        (_, Mode::Filter) => vec![filter(view, width)],
        (Some(trouble), _) => told(trouble),
        (None, _) => {
            let doubt = view.doubt().map(|doubt| told(&doubt)).unwrap_or_default();
            doubt.into_iter().chain([status(view, width)]).collect()
        }
    }
}

fn filter(view: &View, width: u16) -> Line<'static> {
    let found = format!("{} of {} series", view.list.count(), view.model.series.len());
    let filter = format!("/{}\u{2588}", text::visible(view.list.filter()));
    let parts = [filter, found, "Enter keeps it, Esc shows all".to_owned()];
    Line::from(fitting(&parts, width))
}

fn status(view: &View, width: u16) -> Line<'static> {
    let visible = view.list.visible();
    let rows = match view.list.count() {
        _ if !view.has_read() => String::new(),
        0 => "no series".to_owned(),
        count => format!("{}-{} of {count}", visible.start + 1, visible.end),
    };
    let rows = match view.list.filter() {
        "" => rows,
        filter => format!("{rows} with \"{}\"", text::visible(filter)),
    };
    let rows = text::shortened(&rows, usize::from(width));
    let mut left = usize::from(width).saturating_sub(text::width(&rows));
    let mut spans = Vec::new();
    // Before the first answer there is nothing else to do.
    let keys = if view.has_read() { KEYS.len() } else { 1 };
    for (key, effect) in KEYS.into_iter().rev().take(keys) {
        let Some(rest) = left.checked_sub(key.len() + effect.len() + 3) else { break };
        left = rest;
        spans.splice(
            0..0,
            [Span::raw("  "), Span::raw(key).bold(), Span::raw(format!(" {effect}"))],
        );
    }
    spans.insert(0, Span::raw(format!("{rows}{:left$}", "")));
    Line::from(spans)
}

/// Returns the newest sample and the ends of a series, exactly.
pub(super) fn mark(series: &Series, times: Times, width: u16) -> Line<'static> {
    let key = text::shortened(&text::visible(&series.key), usize::from(width) / 2);
    let Some(statistics) = series.statistics else {
        return Line::from(fitting(&[key, "no samples".to_owned()], width));
    };
    let timestamp = statistics.newest.timestamp();
    let time = times.clock.for_people(timestamp).unwrap_or_else(|| timestamp.to_string());
    let [mean, ..] = text::apart([statistics.mean, statistics.min, statistics.max], text::rounded);
    let ago = age(timestamp, times.now, times.clock.unit());
    Line::from(fitting(
        &[
            format!("{key} {:?}", statistics.newest.value()),
            time,
            format!("age {ago}"),
            format!("min {:?}", statistics.min),
            format!("max {:?}", statistics.max),
            format!("mean {mean}"),
            format!("of {} samples", statistics.count),
        ],
        width,
    ))
    .bold()
}

/// Joins the first parts that fit.
pub(super) fn fitting(parts: &[String], width: u16) -> String {
    let mut line = String::new();
    for part in parts {
        let longer = if line.is_empty() { part.clone() } else { format!("{line}  {part}") };
        if !line.is_empty() && text::width(&longer) > usize::from(width) {
            break;
        }
        line = longer;
    }
    text::shortened(&line, usize::from(width))
}

/// Breaks a text into lines, between words where it can.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let (mut lines, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let (fitting, _) = rest.unicode_truncate(width);
        // A first character that is too wide is cut off on the screen.
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let piece = if fitting.is_empty() { &rest[..first] } else { fitting };
        let space = piece.rfind(' ').filter(|&space| space > 0 && piece.len() < rest.len());
        let (line, more) = rest.split_at(space.unwrap_or(piece.len()));
        lines.push(line.to_owned());
        rest = more.trim_start();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_broken_between_words_and_nothing_is_lost() {
        for (width, lines) in [
            (80, &["cannot connect to 127.0.0.1:8888"][..]),
            (20, &["cannot connect to", "127.0.0.1:8888"]),
            (9, &["cannot", "connect", "to", "127.0.0.1", ":8888"]),
        ] {
            assert_eq!(wrapped("cannot connect to 127.0.0.1:8888", width), lines);
        }
        assert_eq!(wrapped("温度", 1), ["温", "度"]);
        // These are one grapheme of three columns.
        assert_eq!(wrapped("क्क्क", 2).concat(), "क्क्क");
    }
}
