use std::fs::{self, File};
use std::io::BufReader;
use std::path::PathBuf;
use std::process::Output;

use rustix::process::Signal;

use crate::NOON;
use crate::served::Served;
use crate::terminal::Terminal;

/// Starts a server with two humps and a gap between them, a line, and a single point.
fn office() -> Served {
    let served = Served::start();
    let hump = |n: i64| f64::from((n % 30 - 15).unsigned_abs() as u32).mul_add(-4.0, 80.0);
    served.put(
        "palm.cpu",
        (0..60).filter(|n| !(25..35).contains(n)).map(|n| (NOON + n * 60, hump(n))),
    );
    served.put("palm.mem", (0..60).map(|n| (NOON + n * 60, 40.0 + n as f64 / 4.0)));
    served.put("ключ.温度<&>", [(NOON, 21.5)]);
    served
}

fn text(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn message(output: Output) -> (Option<i32>, String) {
    assert!(output.stdout.is_empty());
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// Returns the path of a file for one test.
fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

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
fn a_live_plot_is_redrawn_until_ctrl_c() {
    let served = office();
    let once = || text(served.metric(&["plot", "palm.cpu", "--width", "80", "--height", "23"]));
    let every = ["plot", "palm.cpu", "--every", "0.05"];
    let mut terminal = Terminal::start_with(&served, (24, 80), &every, &[("NO_COLOR", "1")]);
    terminal.wait_for_all(&once());
    // The humps are gone.
    served.put("palm.cpu", (0..60).map(|n| (NOON + n * 60, 50.0)));
    terminal.wait_for_all(&once());
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
    // The plot stays, and below it is still a line for the prompt.
    terminal.wait_for("to 12:59:00, UTC\ncannot connect to SERVER: Connection refused (os error ");
    assert!(terminal.text().starts_with("━ palm.cpu\n80┤") && terminal.text().ends_with('\n'));
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
    let every = ["plot", "palm.cpu", "--every", "3600"];
    let mut terminal = Terminal::start(&served, (24, 80), &every);
    let last = "2006-06-20 12:00:00 to 12:59:00, UTC";
    terminal.wait_for(last);
    terminal.resize((12, 80));
    terminal.wait("a plot of 11 lines", |terminal| {
        let text = terminal.text();
        let lines: Vec<_> = text.lines().collect();
        lines.len() == 11 && lines[0] == "━ palm.cpu" && lines[10].trim() == last
    });
    terminal.signal(Signal::INT);
    assert_eq!(terminal.end().code(), Some(0));
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

#[test]
fn an_svg_has_lines_and_labels() {
    let (served, path) = (office(), file("office.svg"));
    let plot = ["plot", "*", "--out", path.to_str().unwrap(), "--size", "800x500"];
    assert!(text(served.metric(&plot)).is_empty());
    let svg = fs::read_to_string(path).unwrap();
    assert!(svg.starts_with("<svg width=\"800\" height=\"500\""), "{svg}");
    let words: Vec<_> = svg.lines().filter(|line| !line.starts_with('<')).collect();
    let expected = [
        "palm.cpu",
        "palm.mem",
        "ключ.温度&lt;&amp;&gt;",
        "2006-06-20 12:00:00 to 12:59:00, UTC",
        "20",
        "30",
        "40",
        "50",
        "60",
        "70",
        "80",
        "12:00",
        "12:10",
        "12:20",
        "12:30",
        "12:40",
        "12:50",
    ];
    assert_eq!(words, expected);
    let lines = svg.lines().filter(|line| line.contains("stroke-width=\"2\""));
    // The first series before and after its gap, and the second series.
    let points: Vec<_> = lines.map(|line| line.matches(',').count()).collect();
    assert_eq!(points, [25, 25, 60]);
    assert_eq!(svg.matches("<circle").count(), 1);
}

#[test]
fn a_legend_leaves_room_for_the_plot() {
    let (served, path) = (Served::start(), file("legend.svg"));
    let long = "office.".repeat(8);
    for number in 10..24 {
        served.put(&format!("{long}{number}"), [(NOON, 20.0), (NOON + 60, 60.0)]);
    }
    let plot = ["plot", "*", "--out", path.to_str().unwrap(), "--size", "400x400"];
    assert!(text(served.metric(&plot)).is_empty());
    let svg = fs::read_to_string(path).unwrap();
    let words: Vec<_> = svg.lines().filter(|line| !line.starts_with('<')).collect();
    let names = (10..14).map(|number| format!("office.office.office.…ice.office.office.{number}"));
    assert_eq!(words[..4], names.collect::<Vec<_>>());
    assert_eq!(words[4], "and 10 more");
    // Each series is drawn, and spans more than a third of the height.
    let lines = svg.lines().filter(|line| line.contains("stroke-width=\"2\""));
    let points = lines.map(|line| line.split('"').find(|part| part.contains(',')).unwrap());
    let heights = points.map(|points| {
        let ys = points.split_whitespace().map(|point| point.split_once(',').unwrap().1);
        let ys: Vec<i32> = ys.map(|y| y.parse().unwrap()).collect();
        ys[0] - ys[1]
    });
    let heights: Vec<_> = heights.collect();
    assert!(heights.len() == 14 && heights.iter().all(|&height| height > 400 / 3), "{heights:?}");
}

#[test]
fn a_picture_replaces_the_old_file_when_complete() {
    let (served, [path, before]) = (office(), ["old.svg", "before.svg"].map(file));
    let _ = fs::remove_file(&before);
    fs::write(&path, "before").unwrap();
    fs::hard_link(&path, &before).unwrap();
    served.metric(&["plot", "palm.cpu", "--out", path.to_str().unwrap()]);
    assert!(fs::read_to_string(path).unwrap().starts_with("<svg"));
    // The old file itself was not written to.
    assert_eq!(fs::read_to_string(before).unwrap(), "before");
}

#[test]
fn a_png_has_its_size_and_its_colours() {
    let png = png(&office(), "palm.*", "office.png");
    // Each line is longer than its piece in the legend, and there is text.
    let count = |colour: [u8; 3]| png.chunks(3).filter(|pixel| *pixel == colour).count();
    assert!(count(FIRST) > 500 && count([255, 127, 14]) > 500);
    assert!(count([255, 255, 255]) > WIDTH * HEIGHT * 3 / 4);
    assert!(png.chunks(3).any(|pixel| pixel.iter().all(|&part| part < 60)));
}

#[test]
fn a_png_has_no_line_away_from_its_samples() {
    let served = Served::start();
    served.put("zigzag", (0..999).map(|n| (NOON + n, if n % 2 == 0 { 40.0 } else { 60.0 })));
    let png = png(&served, "zigzag", "zigzag.png");
    let rows =
        png.chunks(3 * WIDTH).map(|row| row.chunks(3).filter(|pixel| *pixel == FIRST).count());
    let rows: Vec<_> = rows.collect();
    // From the top: the piece in the legend, nothing, the whole height of the axes, nothing.
    assert!(
        rows[..40].iter().all(|&count| count < 30) && rows[..40].iter().any(|&count| count > 0)
    );
    assert_eq!(rows[40..50], [0; 10]);
    assert!(rows[60..HEIGHT - 70].iter().all(|&count| count > 100), "{rows:?}");
    assert_eq!(rows[HEIGHT - 55..], [0; 55]);
}

const FIRST: [u8; 3] = [31, 119, 180];
const WIDTH: usize = 640;
const HEIGHT: usize = 480;

/// Plots to a PNG file. Returns its pixels.
fn png(served: &Served, keys: &str, name: &str) -> Vec<u8> {
    let path = file(name);
    let plot = ["plot", keys, "--out", path.to_str().unwrap(), "--size", "640x480"];
    assert!(text(served.metric(&plot)).is_empty());
    let decoder = png::Decoder::new(BufReader::new(File::open(path).unwrap()));
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((info.width, info.height, info.color_type), (640, 480, png::ColorType::Rgb));
    pixels
}

#[test]
fn the_program_prints_the_licence_of_its_font() {
    let mut served = Served::start();
    served.stop();
    let license = text(served.metric(&["plot", "--font-license"]));
    assert!(license.starts_with("Fonts are (c) Bitstream"), "{license}");
    assert!(license.contains("DejaVu changes are in public domain"), "{license}");
}

#[test]
fn a_failed_plot_is_reported_in_one_line() {
    let served = office();
    for number in 0..21 {
        served.put(&format!("many.{number}"), [(NOON, 1.0)]);
    }
    let missing = file("missing/x.svg");
    let missing = missing.to_str().unwrap();
    let no_file = format!("cannot write {missing}: No such file or directory (os error 2)");
    for (arguments, code, expected) in [
        (&["nothing", "no*"][..], 1, "no samples of nothing, no*"),
        (&["palm.cpu", "--until", "5"], 1, "no samples of palm.cpu between --since and --until"),
        (&["many.*"], 1, "more than 20 series match many.*; a plot shows at most 20"),
        (&["palm.cpu", "--since", "6", "--until", "5"], 2, "--since is after --until; see --help"),
        (&["palm.cpu", "--out", missing], 1, &no_file),
    ] {
        let (was, said) = message(served.metric(&[&["plot"], arguments].concat()));
        assert_eq!((was, said), (Some(code), format!("metric: {expected}\n")));
    }
}

#[test]
fn wrong_usage_has_its_own_exit_code() {
    let served = office();
    for arguments in [
        &["plot"][..],
        &["plot", "a b"],
        &["plot", "a", "--out", "x.gif"],
        &["plot", "a", "--size", "500x500"],
        &["plot", "a", "--out", "x.svg", "--size", "5x5"],
        &["plot", "a", "--out", "x.svg", "--width", "50"],
        &["plot", "a", "--width", "5"],
        &["plot", "a", "--last", "0"],
        &["plot", "a", "--since", "yesterday"],
        &["watch"],
        &["watch", "a", "--every", "0"],
        &["watch", "a", "--last", "1"],
    ] {
        let (code, said) = message(served.metric(arguments));
        assert_eq!((code, said.lines().count()), (Some(2), 1), "{arguments:?}: {said}");
    }
}
