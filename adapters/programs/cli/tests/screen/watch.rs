use std::os::unix::process::ExitStatusExt;

use rustix::process::Signal;

use crate::NOON;
use crate::served::Served;
use crate::terminal::{Terminal, freeze};

const SMALL: (u16, u16) = (24, 80);

/// Returns the head of the table and the rows below it.
fn table(terminal: &Terminal) -> Vec<String> {
    let text = terminal.text();
    let lines = text.lines().skip(1).take_while(|line| !line.is_empty());
    lines.filter(|line| !line.starts_with("SERVER")).map(str::to_owned).collect()
}

fn lines(table: &str, empty: usize, status: &str) -> String {
    format!("{table}{}{status}", "\n".repeat(empty))
}

fn office() -> Served {
    let served = Served::start();
    served.put("palm.cpu", (0..100).map(|n| (NOON + n * 10, (n % 10) as f64 * 2.5 + 20.0)));
    served.put("palm.mem", (0..50).map(|n| (NOON + n * 10, 60.0 + n as f64 / 8.0)));
    served.put("ключ.温度", [(NOON, -3.5)]);
    served
}

#[test]
fn a_small_terminal_shows_all_columns() {
    let served = office();
    let mut terminal = Terminal::start(&served, SMALL, &["watch", "*", "absent"]);
    let table = "\
newest 60 samples of each series: 2006-06-20 12:00:00 to 12:16:30
KEY         VALUE  CHANGE  TREND                  MIN     MAX     MEAN      TIME
absent       none
palm.cpu     42.5    +2.5  ▁▄▇▃▃▆▆▂▅█▁▄▇▃▃▆▆▂▅█    20    42.5    31.25  12:16:30
palm.mem   66.125  +0.125     ▁▁▂▂▃▃▄▄▅▅▅▆▆▇▇██    60  66.125  63.0625  12:08:10
ключ.温度    -3.5                             ▅  -3.5    -3.5     -3.5  12:00:00
";
    let status = "SERVER: rows 1-4 of 4, 151 samples read, q quits";
    terminal.wait_for_all(&lines(table, 17, status));
}

#[test]
fn a_large_terminal_shows_each_sample() {
    let served = office();
    let mut terminal = Terminal::start(&served, (40, 120), &["watch", "palm.*"]);
    let table = "\
newest 60 samples of each series: 2006-06-20 12:00:00 to 12:16:30
KEY        VALUE  CHANGE  TREND                                                         MIN     MAX     MEAN      TIME
palm.cpu    42.5    +2.5  ▁▂▃▃▄▅▆▆▇█▁▂▃▃▄▅▆▆▇█▁▂▃▃▄▅▆▆▇█▁▂▃▃▄▅▆▆▇█▁▂▃▃▄▅▆▆▇█▁▂▃▃▄▅▆▆▇█   20    42.5    31.25  12:16:30
palm.mem  66.125  +0.125            ▁▁▁▁▂▂▂▂▂▂▂▃▃▃▃▃▃▃▄▄▄▄▄▄▄▅▅▅▅▅▅▅▆▆▆▆▆▆▆▇▇▇▇▇▇▇████   60  66.125  63.0625  12:08:10
";
    let status = "SERVER: rows 1-2 of 2, 150 samples read, q quits";
    terminal.wait_for_all(&lines(table, 35, status));
}

#[test]
fn a_tiny_terminal_shows_the_most_important_columns() {
    let served = office();
    let mut terminal = Terminal::start(&served, SMALL, &["watch", "palm.cpu", "--every", "3600"]);
    terminal.wait_for("TREND");
    terminal.resize((5, 40));
    let row = "\
KEY       VALUE  CHANGE      TIME
palm.cpu   42.5    +2.5  12:16:30";
    terminal.wait(row, |terminal| table(terminal).join("\n") == row);
    for size in [(4, 18), (3, 10), (2, 5), (1, 1)] {
        terminal.resize(size);
        terminal.resize((4, 18));
        terminal.wait_for("KEY       VALUE\npalm.cpu   42.5");
    }
    terminal.resize(SMALL);
    terminal.wait_for("MEAN      TIME");
    terminal.press("q");
    assert!(terminal.end().success());
}

#[test]
fn a_new_sample_appears() {
    let served = office();
    let mut terminal = Terminal::start(&served, SMALL, &["watch", "palm.mem", "--every", "0.05"]);
    terminal.wait_for("  66.125  +0.125 ");
    served.put("palm.mem", [(NOON + 86_400, 99.5)]);
    terminal.wait_for("palm.mem   99.5  +33.375 ");
    terminal.wait_for("60  99.5  63.777  12:00:00");
    terminal.wait_for("2006-06-20 12:00:00 to 2006-06-21 12:00:00");
}

#[test]
fn rows_scroll() {
    let served = Served::start();
    for number in 0..50 {
        served.put(&format!("k{number:02}"), [(NOON, f64::from(number))]);
    }
    let mut terminal = Terminal::start(&served, SMALL, &["watch", "k*"]);
    for (keys, rows) in [
        ("", "rows 1-21 of 50"),
        ("\x1b[B\x1b[B", "rows 3-23 of 50"),
        ("\x1b[6~", "rows 24-44 of 50"),
        ("\x1b[6~", "rows 30-50 of 50"),
        ("\x1b[A", "rows 29-49 of 50"),
        ("\x1b[5~", "rows 8-28 of 50"),
        ("\x1b[H", "rows 1-21 of 50"),
        ("\x1b[F", "rows 30-50 of 50"),
    ] {
        terminal.press(keys);
        terminal.wait_for(rows);
        let first = rows.trim_start_matches("rows ").split('-').next().unwrap();
        let key = format!("k{:02} ", first.parse::<u32>().unwrap() - 1);
        assert!(table(&terminal)[1].starts_with(&key), "{}", terminal.text());
    }
    terminal.resize((40, 80));
    terminal.wait_for("rows 14-50 of 50");
}

#[test]
fn watch_survives_an_outage() {
    let mut served = office();
    let mut terminal = Terminal::start(&served, SMALL, &["watch", "palm.*", "--every", "0.05"]);
    terminal.wait_for("q quits");
    let before = table(&terminal);
    served.stop();
    terminal.wait_for("cannot connect to SERVER: Connection refused");
    assert_eq!(table(&terminal)[..3], before[..3]);
    served.put("palm.cpu", [(NOON + 990, 77.25)]);
    served.restart();
    terminal.wait_for("palm.cpu   77.25");
    terminal.wait_for("q quits");
    terminal.press("q");
    assert!(terminal.end().success());
}

#[test]
fn keys_quit_and_the_terminal_is_restored() {
    let served = office();
    for key in ["q", "\x1b", "\x03"] {
        let mut terminal = Terminal::start(&served, SMALL, &["watch", "*"]);
        terminal.wait("a screen of its own", |terminal| {
            terminal.is_alternate() && terminal.text().contains("q quits")
        });
        terminal.press(key);
        assert!(terminal.end().success(), "{key:?}");
    }
}

#[test]
fn a_signal_ends_watch_and_the_terminal_is_restored() {
    let served = office();
    for signal in [Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT] {
        let mut terminal = Terminal::start(&served, SMALL, &["watch", "*"]);
        terminal.wait_for("q quits");
        terminal.signal(signal);
        assert_eq!(terminal.end().signal(), Some(signal.as_raw()));
    }
}

#[test]
fn a_signal_ends_watch_in_a_terminal_that_does_not_read() {
    let served = Served::start();
    for number in 0..200 {
        served.put(&format!("k{number}"), (0..60).map(|n| (NOON + n, n as f64)));
    }
    // The rest of the screen is more than the terminal's buffer holds.
    let status = freeze(&served, &["watch", "k*"], "newest");
    assert_eq!(status.signal(), Some(Signal::TERM.as_raw()));
}

#[test]
fn input_typed_before_the_start_does_not_block_watch() {
    let served = office();
    // An end of file, text before an end of file, and half of an escape sequence.
    for typed in ["\x04", "x\x04", "\x1b["] {
        let mut terminal = Terminal::start_typed(typed, &served, &["watch", "*"]);
        terminal.wait_for("q quits");
        terminal.resize((24, 100));
        terminal.wait_for("  ▁▃▅▆█▁▃▅▆█▁▃▅▆█▁▃▅▆█▁▃▅▆█▁▃▅▆█  ");
        terminal.signal(Signal::TERM);
        assert_eq!(terminal.end().signal(), Some(Signal::TERM.as_raw()));
    }
}

#[test]
fn a_key_is_shown_escaped() {
    let served = Served::start();
    served.put("a\u{202e}b\u{200b}c", [(NOON, 1.0)]);
    served.put("e\u{301}|温度|👨\u{200d}👩", [(NOON, 2.0)]);
    let mut terminal = Terminal::start(&served, SMALL, &["watch", "*"]);
    terminal.wait_for("\na\\u{202e}b\\u{200b}c      1");
    terminal.wait_for("\ne\u{301}|温度|👨\\u{200d}👩      2");
}

#[test]
fn no_color_turns_colours_off() {
    let served = office();
    for (environment, coloured) in [(&[][..], true), (&[("NO_COLOR", "1")], false)] {
        let arguments = ["watch", "palm.*"];
        let mut terminal = Terminal::start_with(&served, SMALL, &arguments, environment);
        terminal.wait_for("q quits");
        assert_eq!(terminal.is_coloured(), coloured);
    }
}

#[test]
fn watch_needs_a_terminal() {
    let output = office().metric(&["watch", "palm.cpu"]);
    assert_eq!(output.status.code(), Some(2));
    let message = "metric: watch needs a terminal; metric get prints samples\n";
    assert_eq!(String::from_utf8(output.stderr).unwrap(), message);
    assert!(output.stdout.is_empty());
}

#[test]
fn watch_needs_a_server_at_the_start() {
    let mut served = Served::start();
    served.stop();
    let mut terminal = Terminal::start(&served, SMALL, &["watch", "palm.cpu"]);
    terminal.wait_for("metric: cannot connect to SERVER: Connection refused");
    assert_eq!(terminal.end().code(), Some(1));
    assert!(!terminal.is_alternate());
}
