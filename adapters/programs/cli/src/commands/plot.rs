//! `metric plot`: draws series over time, in the terminal or to a file.
//!
//! ```text
//!   reading.rs ─▶ series.rs ─▶ columns.rs ─▶ chart.rs ─▶ terminal.rs
//!   selected      rate.rs      a few per     axis.rs     picture.rs
//!   samples                    column        calendar.rs
//! ```
//!
//! With `--every`, `live.rs` repeats that.

mod axis;
mod calendar;
mod caption;
mod chart;
mod clip;
pub(super) mod columns;
mod file;
mod live;
mod percent;
mod picture;
mod rate;
mod reading;
mod series;
mod terminal;

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use clap::Args;

use crate::failure::Failure;
use crate::number::whole;
use crate::output::extent::{USUAL, extent};
use crate::output::{colour, text};
use crate::query::{KEYS, Pattern, TIMES, Window};
use crate::server::{Server, seconds};
use crate::signals::unless_interrupted;
use crate::standard_streams::stdout;
use crate::time::Zone;
use axis::Scale;
use file::{Output, output, size};
use picture::{DARK, FONT_LICENSE, LIGHT, Size};
use reading::Reading;
use terminal::Layout;

/// Plot series over time
///
/// A line has a gap where two samples are ten times as far apart as usual in their series. Series
/// that colours do not tell apart are drawn one below the other. Percentages are drawn on an axis
/// from 0 to 100: values in that range with --label %, or, without a label, of a key with a word such as
/// cpu, usage or percent if one of them is above 1. A server without the HTTP API sends all samples of
/// each KEY, or all that it has if one is a prefix, and metric filters them. Memory is bounded: only a
/// few samples are kept for each column of the picture.
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

    /// Plot the increase per second of counters; one that falls was reset to 0
    #[arg(long)]
    rate: bool,

    #[command(flatten)]
    scale: Scale,

    /// Heading of the plot
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,

    /// Unit of the values, shown in the heading, such as % or MB
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,

    /// Draw on the whole terminal, anew at this interval, until q or Ctrl-C
    #[arg(long, value_name = "SECONDS", conflicts_with = "out", value_parser = seconds)]
    every: Option<Duration>,

    /// Draw to a .svg or .png file, which is replaced only when complete
    #[arg(long, short, value_name = "FILE", value_parser = output)]
    out: Option<Output>,

    /// Size of the picture in pixels, 400 to 4000 each way
    #[arg(long, value_name = "WxH", default_value = "1200x600", requires = "out")]
    #[arg(value_parser = size)]
    size: Size,

    /// Draw the picture on a dark background
    #[arg(long, requires = "out")]
    dark: bool,

    /// Width in columns [default: that of the terminal, else 80]
    #[arg(long, value_name = "N", conflicts_with = "out")]
    #[arg(value_parser = whole(20_u16..=1_000))]
    width: Option<u16>,

    /// Height in lines [default: that of the terminal, else 24 or more]
    #[arg(long, value_name = "N", conflicts_with = "out")]
    #[arg(value_parser = whole(8_u16..=1_000))]
    height: Option<u16>,

    /// Print the licence of DejaVu Sans, the font of pictures, and exit
    #[arg(long)]
    font_license: bool,
}

/// Prints the licence of the font of pictures.
pub(super) fn show_license() -> Result<(), Failure> {
    Ok(stdout()?.write_all(FONT_LICENSE)?)
}

pub(super) async fn run(server: &Server, arguments: Arguments) -> Result<(), Failure> {
    arguments.scale.check()?;
    match (&arguments.out, arguments.every) {
        (Some(output), _) => unless_interrupted(draw(server, &arguments, output)).await,
        (None, Some(every)) => live::follow(server, &arguments, every).await,
        (None, None) => unless_interrupted(print(server, &arguments)).await,
    }
}

async fn draw(server: &Server, arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let size = arguments.size;
    let reading = Reading::read(server, arguments, size.0 as usize).await?;
    reading.tell();
    let theme = if arguments.dark { &DARK } else { &LIGHT };
    output.write(&reading.chart(arguments, picture::room(size))?, size, theme)
}

async fn print(server: &Server, arguments: &Arguments) -> Result<(), Failure> {
    let layout = arguments.layout();
    let reading = Reading::read(server, arguments, layout.columns()).await?;
    reading.tell();
    let chart = reading.chart(arguments, layout.room())?;
    let mut text = terminal::rows(&chart, layout).join("\n");
    text.push('\n');
    let mut output = stdout()?;
    output.write_all(text.as_bytes())?;
    Ok(output.flush()?)
}

impl Arguments {
    /// Whether the font's licence is asked for, and no plot.
    pub(super) const fn is_of_font(&self) -> bool {
        self.font_license
    }

    fn layout(&self) -> Layout {
        let terminal = io::stdout().is_terminal();
        // Leave a line for the shell's prompt, unless the plot has a screen of its own.
        let prompt = u16::from(self.every.is_none());
        let of_terminal =
            extent(&io::stdout()).map(|(width, height)| (width, height.saturating_sub(prompt)));
        let (width, height) = of_terminal.unwrap_or(USUAL);
        Layout {
            width: self.width.unwrap_or(width.min(1_000)),
            height: self.height.unwrap_or(height.min(1_000)),
            colours: terminal && colour::wanted(),
            grows: self.height.is_none() && !terminal,
        }
    }

    /// Returns the title and the unit of values.
    fn heading(&self) -> Option<String> {
        let title = self.title.as_deref().map(text::visible);
        let parts: Vec<_> = title.into_iter().chain(self.unit()).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// Returns the unit of values, if one is known.
    fn unit(&self) -> Option<String> {
        let label = self.label.as_deref().map(text::visible);
        match (label, self.rate) {
            (Some(label), true) => Some(format!("{label} per second")),
            (None, true) => Some("per second".to_owned()),
            (label, false) => label,
        }
    }

    fn names(&self) -> String {
        let names: Vec<_> = self.keys.iter().map(|key| text::visible(&key.to_string())).collect();
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use metric_proto::Sample;
    use proptest::prelude::*;

    use super::chart::{Chart, Room, View};
    use super::series::{MAX_SERIES, Series};
    use super::*;
    use crate::time::Clock;

    type Samples = Vec<(String, Vec<(i64, f64)>)>;

    fn any_series() -> impl Strategy<Value = Samples> {
        let time = prop_oneof![any::<i64>(), 0..1_000_i64, 1_150_000_000..1_160_000_000_i64];
        let value = prop_oneof![any::<f64>(), 0.0..100.0, Just(7.0)];
        let samples = prop::collection::vec((time, value), 1..100);
        prop::collection::vec(("\\PC{1,40}", samples), 1..MAX_SERIES)
    }

    fn any_scale() -> impl Strategy<Value = Scale> {
        let end = || prop::option::of(prop_oneof![any::<f64>(), -10.0..200.0]);
        let scale =
            (end(), end(), any::<bool>()).prop_map(|(min, max, log)| Scale { min, max, log });
        scale.prop_filter("a scale that check accepts", |scale| {
            let finite = |end: Option<f64>| end.is_none_or(f64::is_finite);
            scale.check().is_ok() && finite(scale.min) && finite(scale.max)
        })
    }

    fn chart(all: &Samples, columns: usize, scale: Scale, room: Room) -> Option<Chart> {
        let mut series = Series::new(columns);
        for (key, samples) in all {
            for sample in samples.iter().filter_map(|&(time, value)| Sample::new(value, time).ok())
            {
                series.put(key, sample);
            }
        }
        let (since, until, now) = (None, None, None);
        let (heading, unit) = (Some("a heading".to_owned()), None);
        let view = View { heading, unit, since, until, now, clock: Clock::UTC, scale, room };
        Chart::new(&series.columns(), view)
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::with_cases(32)
        })]

        #[test]
        fn any_samples_fit_a_terminal(
            all in any_series(),
            scale in any_scale(),
            (width, height) in (prop_oneof![0_u16..25, 20_u16..200], prop_oneof![0_u16..12, 8_u16..60]),
            colours: bool,
            grows: bool,
        ) {
            let layout = Layout { width, height, colours, grows };
            if let Some(chart) = chart(&all, layout.columns(), scale, layout.room()) {
                let rows = terminal::rows(&chart, layout);
                prop_assert!(rows.len() == usize::from(height) || grows || width == 0);
                for row in rows.into_iter().filter(|_| !colours) {
                    prop_assert!(text::width(&row) <= usize::from(width), "{row}");
                    prop_assert!(!row.contains(char::is_control), "{row}");
                }
            }
        }

        #[test]
        fn any_samples_fit_a_picture(
            all in any_series(),
            scale in any_scale(),
            size in (400_u32..900, 400_u32..900),
        ) {
            if let Some(chart) = chart(&all, size.0 as usize, scale, picture::room(size)) {
                let text = String::from_utf8(picture::svg(&chart, size, &LIGHT).unwrap()).unwrap();
                prop_assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
            }
        }

        #[test]
        fn any_samples_fit_pixels(all in any_series(), scale in any_scale()) {
            let size = (400, 400);
            if let Some(chart) = chart(&all, 400, scale, picture::room(size)) {
                let png = picture::png(&chart, size, &DARK).unwrap();
                prop_assert!(png.starts_with(b"\x89PNG"));
            }
        }
    }
}
