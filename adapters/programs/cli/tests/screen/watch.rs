use std::iter::from_fn;
use std::os::unix::process::ExitStatusExt;

use rustix::process::Signal;

use crate::NOON;
use crate::served::Served;
use crate::terminal::{Terminal, freeze};

const SMALL: (u16, u16) = (24, 80);

/// Commands that draw again and again.
const LIVE: [&[&str]; 2] = [&["watch", "*"], &["plot", "*", "--every", "1"]];

/// Returns the head of the table and the rows below it, without ages, which grow.
pub(crate) fn table(terminal: &Terminal) -> Vec<String> {
    let text = terminal.text();
    let lines = text.lines().skip(1).take_while(|line| !line.contains("  age "));
    lines.map(without_age).collect()
}

fn without_age(line: &str) -> String {
    let age = |word: &&str| {
        let digits = word.trim_end_matches(['s', 'm', 'h', 'd', 'y']);
        digits.len() + 1 == word.len() && digits.parse::<u32>().is_ok()
    };
    let ages: Vec<_> = line.split(' ').filter(age).collect();
    ages.iter().fold(line.to_owned(), |line, age| line.replace(age, &"-".repeat(age.len())))
}

/// Waits until the screen begins with these lines, whatever the ages.
fn wait_for_lines(terminal: &mut Terminal, lines: &str) {
    terminal.wait(lines, |terminal| {
        let text: Vec<_> = terminal.text().lines().map(without_age).collect();
        text.join("\n").starts_with(lines.trim_end())
    });
}

fn office() -> Served {
    let served = Served::start();
    served.put("palm.cpu", (0..100).map(|n| (NOON + n * 10, (n % 10) as f64 * 2.5 + 20.0)));
    served.put("palm.mem", (0..50).map(|n| (NOON + n * 10, 60.0 + n as f64 / 8.0)));
    served.put("ключ.温度", [(NOON, -3.5)]);
    served
}

#[test]
fn a_small_terminal_shows_the_table_and_a_plot() {
    let served = office();
    let mut terminal = Terminal::start(&served, SMALL, &["watch", "*", "absent"]);
    terminal.wait_for("? help  q quit");
    terminal.press("\x1b[B\x1b[B");
    let expected = "\
SERVER  every 1 s  4 series  151 samples read
KEY▲        VALUE    AGE  CHANGE  TREND                     MIN     MAX     MEAN
absent       none
palm.cpu     42.5    ---    +2.5     ▁▄▇▃▃▆▆▂▅█▁▄▇▃▃▆▆▂▅█    20    42.5    31.25
palm.mem   66.125    ---  +0.125        ▁▁▂▂▃▃▄▄▅▅▅▆▆▇▇██    60  66.125  63.0625
ключ.温度    -3.5    ---                                ▅  -3.5    -3.5     -3.5
palm.mem 66.125  2006-06-20 12:08:10 UTC  age ---  min 60.0  max 66.125
 66.125│                                                                  ⢀⣀⠤⠔⠒⠉
       │                                                              ⢀⡠⠔⠊⠁
       │                                                        ⢀⣀⠤⠔⠒⠉⠁
       │                                                    ⣀⠤⠒⠉⠁
       │                                              ⣀⡠⠤⠒⠊⠉
       │                                         ⢀⡠⠔⠒⠉
       │                                    ⣀⡠⠤⠒⠊⠁
63.0625│                              ⢀⡠⠤⠒⠊⠉
       │                          ⣀⡠⠔⠊⠁
       │                    ⣀⡠⠤⠒⠊⠉
       │               ⢀⣀⠤⠒⠉
       │          ⣀⠤⠔⠒⠉⠁
       │     ⢀⡠⠔⠊⠉
     60│⣀⠤⠔⠒⠉⠁
       └────────────────────────────────────────────────────────────────────────
12:00:00                                                                12:08:10
1-4 of 4        s sort  r reverse  p pause  Enter plot  / filter  ? help  q quit";
    wait_for_lines(&mut terminal, expected);
}

#[test]
fn a_new_sample_appears_and_its_value_is_bold() {
    let served = office();
    let mut terminal = Terminal::start(&served, SMALL, &["watch", "palm.mem", "--every", "0.05"]);
    terminal.wait_for("\npalm.mem  66.125 ");
    assert!(!terminal.is_bold("66.125"));
    served.put("palm.mem", [(NOON + 86_400, 99.5)]);
    terminal.wait("a bold value", |terminal| {
        terminal.text().contains("\npalm.mem   99.5 ") && terminal.is_bold("99.5")
    });
    assert!(terminal.text().contains("  +33.375  "), "{}", terminal.text());
    terminal.wait_for("\npalm.mem 99.5  2006-06-21 12:00:00 UTC  age ");
    terminal.wait("a value that is the same again", |terminal| !terminal.is_bold("99.5"));
}

#[test]
fn the_mark_scrolls_through_all_series() {
    let served = Served::start();
    for number in 0..2_500 {
        served.put(&format!("k{number:04}"), [(NOON, f64::from(number))]);
    }
    let mut terminal = Terminal::start(&served, SMALL, &["watch", "k*"]);
    for (keys, marked, rows) in [
        ("", "k0000 0.0", "1-20"),
        ("\x1b[B\x1b[B", "k0002 2.0", "1-20"),
        ("\x1b[6~", "k0022 22.0", "4-23"),
        ("\x1b[6~", "k0042 42.0", "24-43"),
        ("\x1b[A", "k0041 41.0", "24-43"),
        ("\x1b[5~\x1b[5~", "k0001 1.0", "2-21"),
        ("\x1b[F", "k2499 2499.0", "2481-2500"),
        ("\x1b[H", "k0000 0.0", "1-20"),
        ("s", "k2499 2499.0", "1-20"),
        ("/k12 4", "k1294 1294.0", "1-19"),
        ("\r\x1b[F", "k1204 1204.0", "1-19"),
    ] {
        terminal.press(keys);
        terminal.wait_for(&format!("\n{marked}  2006-06-20 12:00:00 UTC"));
        if !keys.starts_with('/') {
            terminal.wait_for(&format!("\n{rows} of "));
        }
    }
    terminal.press("/");
    terminal.wait_for("\n/k12 4█  19 of 2500 series");
    terminal.press("\x7f\x7f");
    terminal.wait_for("\n/k12█  100 of 2500 series");
    terminal.press("\x1b");
    terminal.wait("all series", |terminal| !terminal.text().contains("/k12"));
    let shown = terminal.text();
    terminal.resize((40, 80));
    terminal.wait("more rows", |terminal| terminal.text().lines().count() == 40);
    assert!(shown.contains("\nk1204  ") && terminal.text().contains("\nk1204  "), "{shown}");
    assert!(terminal.text().contains(" of 2500 "));
}

#[test]
fn enter_shows_a_plot_of_the_marked_series_and_hides_it() {
    let served = office();
    let mut terminal = Terminal::start(&served, SMALL, &["watch", "palm.*"]);
    terminal.wait_for("\npalm.cpu 42.5  2006-06-20 12:16:30 UTC  age ");
    terminal.wait_for("\n   42.5│");
    terminal.press("\r");
    terminal.wait("no plot", |terminal| !terminal.text().contains('│'));
    terminal.press("\x1b[B\r");
    terminal.wait_for("\n 66.125│");
    terminal.wait_for("\n12:00:00");
}

#[test]
fn watch_survives_an_outage() {
    let mut served = office();
    let mut terminal = Terminal::start(&served, SMALL, &["watch", "palm.*", "--every", "0.05"]);
    terminal.wait_for("? help  q quit");
    let before = table(&terminal);
    assert!(!terminal.is_dim("42.5"));
    served.stop();
    terminal.wait_for("\ncannot connect to SERVER: Connection refused");
    assert!(terminal.text().contains(" s ago, trying again  "), "{}", terminal.text());
    assert_eq!(table(&terminal)[..3], before[..3]);
    assert!(terminal.is_dim("42.5"));
    served.put("palm.cpu", [(NOON + 990, 77.25)]);
    served.restart();
    terminal.wait_for("palm.cpu   77.25");
    terminal.wait_for("? help  q quit");
    assert!(!terminal.is_dim("77.25"));
    terminal.press("q");
    assert!(terminal.end().success());
}

#[test]
fn keys_quit_and_the_terminal_is_restored() {
    let served = office();
    for key in ["q", "\x1bq", "\x03"] {
        let mut terminal = Terminal::start(&served, SMALL, &["watch", "*"]);
        terminal.wait("a screen of its own", |terminal| {
            terminal.is_alternate() && terminal.text().contains("? help  q quit")
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
        terminal.wait_for("? help  q quit");
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
    let status = freeze(&served, &["watch", "k*"], "KEY");
    assert_eq!(status.signal(), Some(Signal::TERM.as_raw()));
}

#[test]
fn input_typed_before_the_start_does_not_block_watch() {
    let served = office();
    // An end of file, text before an end of file, and half of an escape sequence.
    for typed in ["\x04", "x\x04", "\x1b["] {
        let mut terminal = Terminal::start_typed(typed, &served, &["watch", "*"]);
        terminal.wait_for("? help  q quit");
        terminal.resize((24, 100));
        terminal.wait_for("MEAN");
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
        terminal.wait_for("? help  q quit");
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
fn keys_work_while_the_server_does_not_answer() {
    let (served, _listener) = Served::silent();
    for arguments in LIVE {
        for key in ["q", "\x03"] {
            let mut terminal =
                Terminal::start(&served, SMALL, &[arguments, &["--timeout", "86400"]].concat());
            terminal.wait_for("connecting to SERVER");
            assert!(terminal.is_alternate());
            terminal.press(key);
            assert!(terminal.end().success(), "{arguments:?} {key:?}");
        }
    }
}

#[test]
fn a_server_that_does_not_answer_at_the_start_is_asked_once() {
    for arguments in LIVE {
        let (served, listener) = Served::silent();
        let mut terminal =
            Terminal::start(&served, SMALL, &[arguments, &["--timeout", "0.1"]].concat());
        terminal.wait_for("metric: the server did not answer in time; raise --timeout to wait");
        assert_eq!(terminal.end().code(), Some(1));
        listener.set_nonblocking(true).unwrap();
        assert_eq!(from_fn(|| listener.accept().ok()).count(), 1);
    }
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
