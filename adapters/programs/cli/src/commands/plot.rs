//! `metric plot`: draws series over time, in the terminal or to a file.
//!
//! ```text
//!   query.rs ─▶ series.rs ─▶ columns.rs ─▶ chart.rs ─▶ terminal.rs
//!   selected                  a few per    axis.rs     picture.rs
//!   samples                   column       calendar.rs
//! ```
//!
//! With `--every`, `live.rs` repeats that.

mod axis;
mod calendar;
mod chart;
mod columns;
mod live;
mod picture;
mod series;
mod terminal;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use metric_proto::Key;

use crate::failure::Failure;
use crate::output::{colour, draft, text};
use crate::query::{Bounds, KEYS, Pattern, TIMES, Window};
use crate::server::{Server, seconds};
use crate::signals::unless_interrupted;
use crate::time::Zone;
use chart::{Chart, Room};
use picture::{FONT_LICENSE, Size};
use series::{MAX_SERIES, Series};
use terminal::Layout;

/// Plot series over time
///
/// A line has a gap where two samples are ten times as far apart as usual in their series. The
/// server sends all samples of each KEY, or all that it has if one is a prefix. Memory is bounded:
/// only a few samples are kept for each column of the picture.
#[derive(Args, Debug)]
#[command(after_help = TIMES)]
pub(crate) struct Arguments {
    #[arg(value_name = "KEY", required_unless_present = "font_license", help = KEYS)]
    keys: Vec<Pattern>,

    #[command(flatten)]
    window: Window,

    /// Time format
    #[arg(long, value_name = "ZONE", value_enum, default_value_t)]
    time: Zone,

    /// Redraw the whole terminal at this interval, until Ctrl-C
    #[arg(long, value_name = "SECONDS", conflicts_with = "out", value_parser = seconds)]
    every: Option<Duration>,

    /// Draw to a .svg or .png file, which is replaced only when complete
    #[arg(long, short, value_name = "FILE", value_parser = output)]
    out: Option<Output>,

    /// Size of the picture in pixels, 400 to 4000 each way
    #[arg(long, value_name = "WxH", default_value = "1200x600", requires = "out")]
    #[arg(value_parser = size)]
    size: Size,

    /// Width in columns [default: that of the terminal, else 80]
    #[arg(long, value_name = "N", conflicts_with = "out")]
    #[arg(value_parser = clap::value_parser!(u16).range(20..=1_000))]
    width: Option<u16>,

    /// Height in lines [default: that of the terminal, else 24]
    #[arg(long, value_name = "N", conflicts_with = "out")]
    #[arg(value_parser = clap::value_parser!(u16).range(8..=1_000))]
    height: Option<u16>,

    /// Print the licence of DejaVu Sans, the font of pictures, and exit
    #[arg(long)]
    font_license: bool,
}

pub(super) async fn run(
    server: Result<Server, Failure>,
    arguments: Arguments,
) -> Result<(), Failure> {
    if arguments.font_license {
        return Ok(io::stdout().write_all(FONT_LICENSE)?);
    }
    let server = &server?;
    arguments.window.check(server.unit)?;
    match (&arguments.out, arguments.every) {
        (Some(output), _) => unless_interrupted(draw(server, &arguments, output)).await,
        (None, Some(every)) => live::follow(server, &arguments, every).await,
        (None, None) => unless_interrupted(print(server, &arguments)).await,
    }
}

async fn draw(server: &Server, arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let size = arguments.size;
    let chart = read(server, arguments, size.0 as usize, picture::room(size)).await?;
    output.write(&chart, size)
}

async fn print(server: &Server, arguments: &Arguments) -> Result<(), Failure> {
    let layout = arguments.layout();
    let chart = read_for(server, arguments, layout).await?;
    let mut text = Vec::new();
    terminal::write(&mut text, &chart, layout)?;
    let mut output = io::stdout();
    output.write_all(&text)?;
    Ok(output.flush()?)
}

impl Arguments {
    fn layout(&self) -> Layout {
        let terminal = io::stdout().is_terminal();
        let size = terminal.then(|| crossterm::terminal::size().ok()).flatten();
        // A terminal of unknown size reports zero.
        let size = size.filter(|&(width, height)| width > 0 && height > 0);
        // Leave a line for the shell's prompt.
        let (width, height) =
            size.map_or((80, 24), |(width, height)| (width, height.saturating_sub(1)));
        Layout {
            width: self.width.unwrap_or(width.clamp(20, 1_000)),
            height: self.height.unwrap_or(height.clamp(8, 1_000)),
            colours: terminal && colour::wanted(),
        }
    }

    fn names(&self) -> String {
        let names: Vec<_> = self.keys.iter().map(|key| text::key(&key.to_string())).collect();
        names.join(", ")
    }
}

/// The reason for which there is no chart.
#[derive(Debug)]
enum Lack {
    /// No sample is selected yet.
    Samples(Failure),
    /// More series are selected than a plot can show.
    Room(Failure),
    /// Reading from the server failed.
    Reading(Failure),
}

impl From<Lack> for Failure {
    fn from(lack: Lack) -> Self {
        match lack {
            Lack::Samples(failure) | Lack::Room(failure) | Lack::Reading(failure) => failure,
        }
    }
}

/// Reads the samples and makes a chart for the terminal.
async fn read_for(server: &Server, arguments: &Arguments, layout: Layout) -> Result<Chart, Lack> {
    read(server, arguments, layout.columns(), layout.room()).await
}

/// Reads the samples and makes a chart of `columns`.
async fn read(
    server: &Server,
    arguments: &Arguments,
    columns: usize,
    room: Room,
) -> Result<Chart, Lack> {
    let Arguments { keys, window, time, .. } = arguments;
    let clock = server.clock(*time).map_err(Lack::Room)?;
    let mut client = server.connect().await.map_err(Lack::Reading)?;
    let (mut series, mut fits) = (Series::new(columns), true);
    let take = |key: Key<'_>, sample| {
        fits = series.put(key.as_str(), sample);
        if fits { Ok(()) } else { Err(too_many(arguments)) }
    };
    let bounds = window.bounds(server.unit);
    let read = bounds.each_sample(&mut client, keys, take).await;
    read.map_err(if fits { Lack::Reading } else { Lack::Room })?;
    let chart = Chart::new(&series.columns(), (bounds.since, bounds.until), room, clock);
    chart.ok_or_else(|| Lack::Samples(none(arguments, &bounds)))
}

fn too_many(arguments: &Arguments) -> Failure {
    Failure::failed(format_args!(
        "more than {MAX_SERIES} series match {}; a plot shows at most {MAX_SERIES}",
        arguments.names()
    ))
}

fn none(arguments: &Arguments, bounds: &Bounds) -> Failure {
    let when = if bounds.is_bounded() { " between --since and --until" } else { "" };
    Failure::failed(format_args!("no samples of {}{when}", arguments.names()))
}

/// A file to draw to.
#[derive(Clone, Debug)]
struct Output {
    path: PathBuf,
    form: Form,
}

#[derive(Clone, Copy, Debug)]
enum Form {
    Svg,
    Png,
}

impl Output {
    fn write(&self, chart: &Chart, size: Size) -> Result<(), Failure> {
        let file = match self.form {
            Form::Svg => picture::svg(chart, size)?,
            Form::Png => picture::png(chart, size)?,
        };
        draft::write(&self.path, &file)
    }
}

fn output(text: &str) -> Result<Output, String> {
    let path = PathBuf::from(text);
    let end = path.extension().map(|end| end.to_ascii_lowercase());
    let form = match end.as_ref().and_then(|end| end.to_str()) {
        Some("svg") => Form::Svg,
        Some("png") => Form::Png,
        _ => return Err("its name must end in .svg or .png".to_owned()),
    };
    Ok(Output { path, form })
}

fn size(text: &str) -> Result<Size, String> {
    let pixels = |text: &str| text.parse().ok().filter(|pixels| (400..=4_000).contains(pixels));
    let size = text.split_once('x').and_then(|(width, height)| pixels(width).zip(pixels(height)));
    size.ok_or("it must be WIDTHxHEIGHT, such as 1200x600, each 400 to 4000".to_owned())
}

#[cfg(test)]
mod tests {
    use metric_proto::Sample;
    use proptest::prelude::*;

    use super::*;

    fn any_series() -> impl Strategy<Value = Vec<(String, Vec<(i64, f64)>)>> {
        let time = prop_oneof![any::<i64>(), 0..1_000_i64, 1_150_000_000..1_160_000_000_i64];
        let value = prop_oneof![any::<f64>(), 0.0..100.0, Just(7.0)];
        let samples = prop::collection::vec((time, value), 1..100);
        prop::collection::vec(("\\PC{1,40}", samples), 1..MAX_SERIES)
    }

    fn chart(all: &[(String, Vec<(i64, f64)>)], columns: usize, room: Room) -> Option<Chart> {
        let mut series = Series::new(columns);
        for (key, samples) in all {
            for sample in samples.iter().filter_map(|&(time, value)| Sample::new(value, time).ok())
            {
                series.put(key, sample);
            }
        }
        Chart::new(&series.columns(), (None, None), room, crate::time::Clock::UTC)
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::with_cases(32)
        })]

        #[test]
        fn any_samples_fit_a_terminal(
            all in any_series(),
            (width, height) in (20_u16..200, 8_u16..60),
            colours: bool,
        ) {
            let layout = Layout { width, height, colours };
            let mut output = Vec::new();
            if let Some(chart) = chart(&all, layout.columns(), layout.room()) {
                terminal::write(&mut output, &chart, layout).unwrap();
                let text = String::from_utf8(output).unwrap();
                prop_assert_eq!(text.lines().count(), usize::from(height));
                if !colours {
                    prop_assert!(text.lines().all(|line| text::width(line) <= usize::from(width)));
                    prop_assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text}");
                }
            }
        }

        #[test]
        fn any_samples_fit_a_picture(all in any_series(), size in (400_u32..900, 400_u32..900)) {
            if let Some(chart) = chart(&all, size.0 as usize, picture::room(size)) {
                let text = String::from_utf8(picture::svg(&chart, size).unwrap()).unwrap();
                prop_assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
                let more = text.contains("\nand ");
                let short = |key: &str| key.len() < 10 && !key.contains('&');
                for (key, _) in all.iter().filter(|(key, _)| !more && short(key)) {
                    prop_assert!(text.contains(&text::key(key)) || key.contains(['<', '>', '"', '\'']));
                }
            }
        }
    }

    #[test]
    fn an_invalid_size_or_file_name_is_refused() {
        assert_eq!(size("1200x600"), Ok((1200, 600)));
        for text in ["", "x", "1200", "1200x", "0x0", "399x600", "1200x4001", "1200X600", "-1x5"] {
            assert!(size(text).is_err(), "{text:?}");
        }
        for text in ["", "a", "a.gif", "svg", ".svg"] {
            assert!(output(text).is_err(), "{text:?}");
        }
        assert!(output("a.SVG").is_ok() && output("a.Png").is_ok());
    }
}
