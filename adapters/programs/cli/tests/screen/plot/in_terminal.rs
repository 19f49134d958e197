//! Plots as text, in a terminal and in a pipe.

use super::{message, office, text};
use crate::NOON;
use crate::served::Served;
use crate::terminal::Terminal;

/// Plots a few rows of 60 columns in a pipe.
fn small(served: &Served, height: &str, arguments: &[&str]) -> String {
    let size = ["--width", "60", "--height", height];
    text(served.metric(&[&["plot"], arguments, &size].concat()))
}

#[test]
fn a_series_is_a_line_of_dots_and_a_percentage_is_of_a_hundred() {
    let expected = "\
━ palm.cpu                                               last 24, min 20, max 80
100┤
   │
   │
   │
 80┤                  ⡰⠑⢄                                   ⢀⠎⠢⡀
   │                ⡠⠊   ⠑⢄                               ⢀⠔⠁  ⠘⢄
   │              ⢀⠔⠁     ⠈⠢⡀                            ⡔⠁      ⠑⡄
   │             ⢠⠃         ⠘⡄                         ⢀⠎         ⠈⢆
 60┤           ⢀⠔⠁           ⠈⠢⡀                      ⡰⠁            ⠑⢄
   │         ⢀⠔⠁               ⠘⢄                   ⡠⠊                ⠣⡀
   │        ⡠⠊                   ⠑⡄               ⢀⠔⠁                  ⠈⢢
 40┤      ⢀⠎                      ⠈              ⡰⠁                      ⠑⢄
   │     ⡠⠃                                                               ⠈⢆
   │   ⢀⠜                                                                   ⠑⢄
   │  ⡔⠁                                                                     ⠈⠢⡀
 20┤⡠⠊                                                                         ⠈
   │
   │
   │
  0┤
   └┬──────────────────┬──────────────────┬──────────────────┬──────────────────
  12:00              12:15              12:30              12:45
    2006-06-20 12:00:00 to 12:59:00, UTC
";
    assert_eq!(text(office().metric(&["plot", "palm.cpu"])), expected);
}

#[test]
fn the_heading_tells_close_values_apart() {
    let served = Served::start();
    served.put("k", (0..10).map(|n| (NOON + n, 1e10 + f64::from(n as u32 % 2))));
    let text = small(&served, "8", &["k"]);
    let heading = " last 10000000001, min 10000000000, max 10000000001\n";
    assert!(text.contains(heading), "{text}");
}

#[test]
fn a_narrow_plot_tells_the_range_of_time_and_the_newest_value() {
    let text = text(office().metric(&["plot", "palm.cpu", "--width", "34"]));
    assert!(text.starts_with("━ palm.cpu         last 24, min 20\n"), "{text}");
    assert!(text.ends_with("\n   2006-06-20 12:00:00 to 12:59:00\n"), "{text}");
}

#[test]
fn without_colours_each_series_has_a_panel() {
    let expected = "\
━ palm.cpu                           last 24, min 20, max 80
100┤
   │          ⢀⡠⠒⠒⠉⠒⠒⠤⣀                   ⢀⡠⠔⠒⠊⠑⠒⠤⣀
 50┤    ⢀⣀⡠⠔⠊⠉⠁        ⠉⠑⠢⢄          ⣀⣀⠔⠊⠉⠁        ⠉⠉⠒⠤⣀⡀
   │⣀⠤⠤⠒⠁                                               ⠈⠑⠢⠤
  0┤
━ palm.mem                     last 54.75, min 40, max 54.75
 60┤
   │                                      ⢀⣀⣀⣀⣀⡠⠤⠤⠤⠤⠒⠒⠒⠒⠒⠊⠉⠉
 50┤                  ⣀⣀⣀⣀⣀⡠⠤⠤⠤⠤⠒⠒⠒⠒⠒⠉⠉⠉⠉⠉⠁
 40┤⣀⣀⣀⠤⠤⠤⠤⠤⠔⠒⠒⠒⠒⠉⠉⠉⠉⠉
   └┬─────────────┬─────────────┬─────────────┬─────────────
  12:00         12:15         12:30         12:45
    2006-06-20 12:00:00 to 12:59:00, UTC
";
    assert_eq!(small(&office(), "14", &["palm.*"]), expected);
}

#[test]
fn an_axis_can_be_logarithmic_and_have_a_heading() {
    let expected = "\
Latency, ms
━ latency                       last 10000, min 1, max 10000
10000┤                                              ⢀⣀⣀⠤⠔⠒⠒⠉
     │                                      ⢀⣀⣀⠤⠔⠒⠒⠉⠁
 1000┤                              ⢀⣀⣀⠤⠔⠒⠒⠉⠁
  100┤                       ⢀⣀⠤⠤⠤⠒⠉⠁
     │               ⢀⣀⠤⠤⠔⠒⠉⠉⠁
   10┤       ⢀⣀⠤⠤⠔⠒⠉⠉⠁
    1┤⣀⠤⠤⠔⠒⠉⠉⠁
     └┬───────────────┬───────────────┬───────────────┬─────
    12:00           12:02           12:04           12:06
      2006-06-20 12:00:00 to 12:06:40, UTC, logarithmic
";
    let served = Served::start();
    served.put("latency", (0..41).map(|n| (NOON + n * 10, 10_f64.powf(n as f64 / 10.0))));
    let options = ["latency", "--log", "--title", "Latency", "--label", "ms"];
    assert_eq!(small(&served, "12", &options), expected);
    served.put("latency", [(NOON + 410, 0.0)]);
    let text = text(served.metric(&[&["plot"], &options[..]].concat()));
    assert!(text.contains("UTC, logarithmic, without values up to 0\n"), "{text}");
}

#[test]
fn a_counter_that_was_reset_has_a_rate() {
    let expected = "\
per second
━ bytes                             last 250, min 0, max 250
300┤                            ⢀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀
200┤                            ⡜
   │                            ⡇
100┤⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠲⡀⢸
  0┤                          ⠱⡎
   └────────────────┬───────────────┬────────────────┬──────
                  12:02           12:04            12:06
    2006-06-20 12:00:10 to 12:06:40, UTC
";
    let served = Served::start();
    let count = |n: i64| if n < 20 { n * 1_000 } else { (n - 20) * 2_500 };
    served.put("bytes", (0..41).map(|n| (NOON + n * 10, count(n) as f64)));
    assert_eq!(small(&served, "10", &["bytes", "--rate"]), expected);
    let label = small(&served, "10", &["bytes", "--rate", "--label", "bytes"]);
    assert!(label.starts_with("bytes per second\n━ bytes"), "{label}");
}

#[test]
fn what_is_outside_of_a_fixed_axis_is_cut_off() {
    let expected = "\
━ palm.cpu                           last 24, min 20, max 80
70┤           ⡠⠃    ⢇                      ⡜    ⠘⢄
  │          ⡔⠁     ⠈⢢                    ⡜      ⠈⢢
60┤        ⢀⠎         ⠱⡀                ⢀⠎         ⠱⡀
50┤       ⡠⠃           ⠘⢄              ⡠⠃           ⠘⢄
  │      ⡔⠁             ⠈⢢            ⡔⠁             ⠈⢆
40┤     ⡜                 ⠁         ⢀⠎                ⠈⢆
  └┬─────────────┬─────────────┬──────────────┬─────────────
 12:00         12:15         12:30          12:45
   2006-06-20 12:00:00 to 12:59:00, UTC
";
    let ends = ["palm.cpu", "--min", "40", "--max", "70"];
    assert_eq!(small(&office(), "10", &ends), expected);
    let empty = small(&office(), "10", &["palm.cpu", "--min", "200"]);
    assert!(empty.contains("200┤") && !empty.contains('⠁'), "{empty}");
}

#[test]
fn a_plot_of_many_series_becomes_higher_in_a_pipe_and_fits_a_terminal() {
    let served = Served::start();
    for number in 10..30 {
        served.put(&format!("series.{number}"), (0..60).map(|n| (NOON + n, n as f64)));
    }
    let piped = text(served.metric(&["plot", "*"]));
    assert_eq!(piped.lines().count(), 20 * 4 + 3);
    assert_eq!(piped.matches("last 59, min 0, max 59").count(), 20);
    let mut terminal = Terminal::start(&served, (24, 80), &["plot", "*"]);
    let last = "2006-06-20 12:00:00 to 12:00:59, UTC";
    terminal.wait_for(last);
    let shown = terminal.text();
    let names = shown.lines().filter(|line| line.starts_with("series.") && line.contains('│'));
    assert_eq!(names.count(), 20, "{shown}");
    let mut terminal = Terminal::start(&served, (11, 40), &["plot", "*"]);
    terminal.wait_for(last);
    assert!(terminal.text().contains("\n… and 14 more series\n"), "{}", terminal.text());
}

#[test]
fn ticks_are_labelled_with_what_the_clock_shows() {
    let served = Served::start();
    // The clock of Berlin is set back from 3:00 to 2:00.
    let change = 1_792_890_000;
    served.put("k", (-72..=72).map(|n| (change + n * 100, n as f64)));
    let plot = ["plot", "k", "--height", "8", "--width", "70"];
    let mut command = served.command(&plot);
    let text = text(command.env("TZ", "Europe/Berlin").output().unwrap());
    let labels = text.lines().nth(6).unwrap().split_whitespace();
    assert_eq!(labels.collect::<Vec<_>>(), ["01:00", "02:00", "02:00", "03:00", "04:00"]);
    // Both ends show the same time.
    let (since, until) = ((change - 2_700).to_string(), (change + 900).to_string());
    let command =
        &mut served.command(&[&plot[..], &["--since", &since, "--until", &until]].concat());
    let output = command.env("TZ", "Europe/Berlin").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let caption = "2026-10-25 02:15:00 to 02:15:00, Europe/Berlin (UTC+02 to UTC+01)";
    assert_eq!(text.lines().last().unwrap().trim(), caption);
}

#[test]
fn timestamps_can_count_milliseconds() {
    let served = Served::start();
    served.put("k", (0..100).map(|n| (NOON * 1_000 + n * 5, n as f64)));
    let text = text(served.metric(&["plot", "k", "--unit", "ms", "--height", "8"]));
    let [labels, caption] = [6, 7].map(|row| text.lines().nth(row).unwrap());
    let labels: Vec<_> = labels.split_whitespace().collect();
    assert_eq!(labels, ["12:00:00.000", "12:00:00.200", "12:00:00.400"]);
    assert_eq!(caption.trim(), "2006-06-20 12:00:00.000 to 12:00:00.495, UTC");
}

#[test]
fn a_time_zone_that_is_unknown_is_reported() {
    let served = office();
    let plot = |zone| served.command(&["plot", "palm.cpu"]).env("TZ", zone).output().unwrap();
    let (code, said) = message(plot("Foo/Bar"));
    assert_eq!(code, Some(2));
    assert!(said.starts_with("metric: TZ is 'Foo/Bar', which is no time zone"), "{said}");
    assert!(text(plot("Asia/Tokyo")).contains("21:00:00 to 21:59:00, Asia/Tokyo"));
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
fn in_a_terminal_colours_tell_six_series_apart() {
    let served = Served::start();
    let put = |number: i64| served.put(&format!("k{number}"), [(NOON, 1.0), (NOON + 60, 2.0)]);
    (0..6).for_each(put);
    let last = "2006-06-20 12:00:00 to 12:01:00, UTC";
    let start = |environment| {
        let mut terminal = Terminal::start_with(&served, (24, 80), &["plot", "*"], environment);
        terminal.wait_for(last);
        (terminal.text(), terminal.is_coloured())
    };
    let (text, coloured) = start(&[]);
    assert!(text.starts_with("━ k0   ━ k1   ━ k2   ━ k3   ━ k4   ━ k5\n") && coloured, "{text}");
    assert!(start(&[("NO_COLOR", "1")]).0.starts_with("━ k0 "));
    put(6);
    let (text, coloured) = start(&[]);
    assert!(text.contains("\n━ k6 ") && coloured, "{text}");
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
