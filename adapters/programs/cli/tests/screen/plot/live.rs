//! Plots that are redrawn.

use std::time::{SystemTime, UNIX_EPOCH};

use rustix::process::Signal;

use super::{message, office, text};
use crate::NOON;
use crate::served::Served;
use crate::terminal::Terminal;

#[test]
fn a_live_plot_is_redrawn_until_ctrl_c() {
    let served = office();
    let once = || text(served.metric(&["plot", "palm.cpu", "--width", "80", "--height", "24"]));
    let every = ["plot", "palm.cpu", "--every", "0.05"];
    let mut terminal = Terminal::start_with(&served, (24, 80), &every, &[("NO_COLOR", "1")]);
    // The last row has no end of line.
    let shown = |text: String| text.trim_end().to_owned();
    terminal.wait_for_all(&shown(once()));
    // The humps are gone.
    served.put("palm.cpu", (0..60).map(|n| (NOON + n * 60, 50.0)));
    terminal.wait_for_all(&shown(once()));
    terminal.press("\u{3}");
    assert_eq!(terminal.end().code(), Some(0));
    let (code, message) = message(served.metric(&["plot", "palm.cpu", "--every", "1"]));
    assert_eq!((code, &*message), (Some(2), "metric: --every needs a terminal to draw on\n"));
}

#[test]
fn a_live_plot_survives_an_outage() {
    let mut served = office();
    let every = ["plot", "palm.cpu", "--every", "0.05"];
    let mut terminal = Terminal::start_with(&served, (24, 80), &every, &[("NO_COLOR", "1")]);
    terminal.wait_for("12:00:00 to 12:59:00, UTC");
    let plot = terminal.text();
    served.stop();
    // The plot stays, in one row less.
    terminal.wait_for("to 12:59:00, UTC\ncannot connect to SERVER: Connection refused (os error ");
    assert!(terminal.text().starts_with("━ palm.cpu "));
    served.restart();
    terminal.wait_for_all(&plot);
    terminal.press("\u{3}");
    assert_eq!(terminal.end().code(), Some(0));
}

#[test]
fn a_live_plot_waits_for_samples_but_not_for_a_server_or_room() {
    let mut served = Served::start();
    let every = ["plot", "palm.*", "--every", "0.05"];
    let mut terminal = Terminal::start(&served, (24, 80), &every);
    terminal.wait_for("no samples of palm.*\n");
    served.put("palm.cpu", [(NOON, 1.0)]);
    terminal.wait_for("━ palm.cpu");
    for number in 0..20 {
        served.put(&format!("palm.{number}"), [(NOON, 1.0)]);
    }
    terminal.wait_for("metric: more than 20 series match palm.*");
    assert_eq!(terminal.end().code(), Some(1));
    served.stop();
    let mut terminal = Terminal::start(&served, (24, 80), &every);
    terminal.wait_for("metric: cannot connect to SERVER: Connection refused");
    assert_eq!(terminal.end().code(), Some(1));
}

#[test]
fn live_commands_need_a_terminal_that_can_move_its_cursor() {
    let served = office();
    for (arguments, needs) in [
        (&["watch", "*"][..], "watch needs a terminal that can move its"),
        (&["plot", "*", "--every", "1"], "--every needs a terminal that can move its"),
    ] {
        let environment = [("TERM", "dumb")];
        let mut terminal = Terminal::start_with(&served, (24, 160), arguments, &environment);
        terminal.wait_for(&format!("metric: {needs} cursor; TERM does not name one"));
        assert_eq!(terminal.end().code(), Some(2));
    }
}

#[test]
fn a_live_plot_follows_the_size_of_its_terminal() {
    let served = office();
    let every = ["plot", "palm.*", "--every", "0.05"];
    let start = |size| Terminal::start_with(&served, size, &every, &[("NO_COLOR", "1")]);
    let mut terminal = start((24, 80));
    terminal.wait_for("12:59:00, UTC");
    // Below 20 columns or 8 rows there are no axes.
    for size in [(40, 120), (10, 40), (7, 80), (24, 19), (3, 10), (2, 2), (1, 1), (24, 80)] {
        let mut fresh = start(size);
        let is_drawn = |c: char| ('⠁'..='⣿').contains(&c) || c == '…';
        fresh.wait("a plot", |fresh| fresh.text().contains(is_drawn));
        if size.0 > 7 && size.1 > 19 {
            fresh.wait_for("12:59:00, UTC");
        }
        terminal.resize(size);
        terminal.wait_for_all(&fresh.text());
    }
    terminal.signal(Signal::INT);
    assert_eq!(terminal.end().code(), Some(0));
}

#[test]
fn the_window_of_a_live_plot_moves() {
    let served = Served::start();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
    served.put("k", (-100..=0).map(|n| (now + n, n as f64)));
    let every = ["plot", "k", "--since", "4s", "--every", "0.05"];
    let mut terminal = Terminal::start(&served, (24, 80), &every);
    terminal.wait_for(", UTC");
    let span = |terminal: &Terminal| terminal.text().lines().last().unwrap().to_owned();
    let first = span(&terminal);
    terminal.wait("another span", |terminal| span(terminal) != first);
    // All samples leave it.
    terminal.wait_for("no samples of k between --since and --until");
}
