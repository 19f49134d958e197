//! Plots as text, in a terminal and in a pipe.

use super::{office, text};
use crate::served::Served;
use crate::terminal::Terminal;

#[test]
fn a_series_is_a_line_of_dots() {
    let expected = "\
━ palm.cpu
80┤                  ⢀⠞⡄                                    ⢀⠞⡄
  │                 ⢀⠎ ⠸⡀                                  ⢀⠎ ⠸⡀
  │                 ⡜   ⠱⡀                                 ⡜   ⠱⡀
70┤                ⡜     ⠘⡄                               ⡜     ⠱⡀
  │               ⡜       ⠘⡄                            ⢀⠎       ⠱⡀
  │              ⡜         ⠘⡄                          ⢀⠎         ⠑⡄
60┤             ⡜           ⠘⡄                         ⡎           ⠘⡄
  │            ⡜             ⠸⡀                       ⡜             ⠸⡀
  │           ⡜               ⠱⡀                     ⡜               ⠱⡀
  │          ⡜                 ⠑⡄                   ⡜                 ⠱⡀
50┤         ⡜                   ⠘⡄                ⢀⠜                   ⠱⡀
  │        ⡜                     ⠘⡄              ⢀⠎                     ⠱⡀
  │       ⡰⠁                                     ⡎                       ⠱⡀
40┤      ⡔⠁                                     ⠘                         ⠱⡀
  │     ⡜                                                                  ⠱⡀
  │    ⡜                                                                    ⠱⡀
30┤   ⡜                                                                      ⠱⡀
  │  ⡜                                                                        ⢣
  │ ⡰⠁                                                                         ⠣
20┤⡰⠁
  └┬──────────────────┬───────────────────┬──────────────────┬──────────────────
 12:00              12:15               12:30              12:45
   2006-06-20 12:00:00 to 12:59:00, UTC
";
    assert_eq!(text(office().metric(&["plot", "palm.cpu"])), expected);
}

#[test]
fn without_colours_series_differ_in_characters() {
    let expected = "\
• palm.cpu   + palm.mem
80┤              •                            •
  │            •• ••                        •• ••
  │          ••     ••                    ••     ••
60┤         •         •                  •        •
  │        ••          ••              •• ++++++++++++++++++
  │      ••     ++++++++++++++++++++++++++           ••
40┤+++++++++++++                    •                  •
  │   ••                                                ••
  │ ••                                                    ••
20┤•
  └┬─────────────┬─────────────┬──────────────┬─────────────
 12:00         12:15         12:30          12:45
   2006-06-20 12:00:00 to 12:59:00, UTC
";
    let size = ["--width", "60", "--height", "14"];
    assert_eq!(text(office().metric(&[&["plot", "palm.*"], &size[..]].concat())), expected);
}

#[test]
fn in_a_terminal_a_plot_fills_it_and_has_colours() {
    let served = office();
    let piped = served.metric(&["plot", "palm.cpu", "--width", "120", "--height", "39"]);
    let expected = text(piped);
    for (environment, coloured) in
        [(&[][..], true), (&[("NO_COLOR", "1")], false), (&[("TERM", "dumb")], false)]
    {
        let plot = ["plot", "palm.cpu"];
        let mut terminal = Terminal::start_with(&served, (40, 120), &plot, environment);
        // Below the plot is a line for the prompt.
        terminal.wait_for_all(&expected);
        assert_eq!(terminal.is_coloured(), coloured);
        assert!(terminal.end().success());
    }
}

#[test]
fn a_terminal_of_size_zero_has_an_unknown_size() {
    let served = office();
    let expected = text(served.metric(&["plot", "palm.cpu"]));
    let mut terminal = Terminal::start(&served, (0, 0), &["plot", "palm.cpu"]);
    terminal.wait_for_all(&expected);
    assert!(terminal.end().success());
}

#[test]
fn in_a_terminal_without_colours_series_differ_in_characters() {
    let (served, environment) = (office(), [("NO_COLOR", "1")]);
    let plot = ["plot", "palm.*"];
    let mut terminal = Terminal::start_with(&served, (24, 80), &plot, &environment);
    terminal.wait_for("• palm.cpu   + palm.mem");
    terminal.wait_for("+++++");
}

#[test]
fn a_window_selects_samples() {
    let served = Served::start();
    served.put("k", (0..100).map(|n| (n, n as f64)));
    let last_line = |bounds: &[&str]| {
        let plot = ["plot", "k", "--time", "unix"];
        let text = text(served.metric(&[&plot, bounds].concat()));
        text.lines().last().unwrap().trim().to_owned()
    };
    assert_eq!(last_line(&[]), "0 to 99, seconds");
    assert_eq!(last_line(&["--last", "10"]), "90 to 99, seconds");
    assert_eq!(last_line(&["--until", "49", "--last", "10"]), "40 to 49, seconds");
    assert_eq!(
        last_line(&["--since", "-20", "--until", "1970-01-01T00:00:30Z"]),
        "-20 to 30, seconds"
    );
}

#[test]
fn a_long_series_is_drawn_whole() {
    let served = Served::start();
    served.put("k", (0..300_000).map(|n| (n, if n == 123_456 { 99.0 } else { 1.0 })));
    let text = text(served.metric(&["plot", "k", "--time", "unix"]));
    assert!(text.contains("0 to 299999, seconds"), "{text}");
    // One sample is at the top.
    let top = text.lines().nth(1).unwrap().strip_prefix("100┤");
    assert!(top.is_some_and(|dots| dots.trim().chars().count() == 1), "{text}");
}
