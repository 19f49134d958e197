//! Draws a plot as a picture, with plotters.

use std::fmt::Display;
use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::prelude::{
    BLACK, BitMapBackend, ChartBuilder, Circle, DrawingArea, DrawingAreaErrorKind, DrawingBackend,
    IntoDrawingArea, IntoFont, PathElement, RGBColor, SVGBackend, Text, TextStyle, WHITE,
};
use plotters::style::{Color, FontStyle, register_font};

use super::axis::Tick;
use super::chart::{Chart, Line, Room};
use super::series::MAX_SERIES;
use crate::failure::Failure;
use crate::output::text;

/// Tableau's palette, which most plotting tools use: ten strong colours and ten light ones.
const COLOURS: [RGBColor; MAX_SERIES] = [
    RGBColor(31, 119, 180),
    RGBColor(255, 127, 14),
    RGBColor(44, 160, 44),
    RGBColor(214, 39, 40),
    RGBColor(148, 103, 189),
    RGBColor(140, 86, 75),
    RGBColor(227, 119, 194),
    RGBColor(127, 127, 127),
    RGBColor(188, 189, 34),
    RGBColor(23, 190, 207),
    RGBColor(174, 199, 232),
    RGBColor(255, 187, 120),
    RGBColor(152, 223, 138),
    RGBColor(255, 152, 150),
    RGBColor(197, 176, 213),
    RGBColor(196, 156, 148),
    RGBColor(247, 182, 210),
    RGBColor(199, 199, 199),
    RGBColor(219, 219, 141),
    RGBColor(158, 218, 229),
];

const FONT: &str = "sans-serif";
/// The licence of the font, which must accompany each copy of it, and so of the program.
pub(super) const FONT_LICENSE: &[u8] = include_bytes!("../../../FONT-LICENSE");
/// The height of text in pixels. Plotters spaces letters unevenly at odd heights.
const TEXT: i32 = 16;
const MARGIN: i32 = 15;
const ROW: i32 = 22;
/// The length of a line in the legend.
const SWATCH: i32 = 22;
const THICKNESS: u32 = 2;

/// A width and a height in pixels.
pub(super) type Size = (u32, u32);

pub(super) fn room((width, height): Size) -> Room {
    let pixels = |length: u32, each: u32| (length / each) as usize;
    Room {
        characters: pixels(width.saturating_sub(100), 9),
        values: pixels(height, 60).clamp(1, 12),
    }
}

pub(super) fn svg(chart: &Chart, size: Size) -> Result<Vec<u8>, Failure> {
    let mut text = String::new();
    draw(&SVGBackend::with_string(&mut text, size).into_drawing_area(), chart)?;
    Ok(text.into_bytes())
}

pub(super) fn png(chart: &Chart, (width, height): Size) -> Result<Vec<u8>, Failure> {
    let mut pixels = vec![0; width as usize * height as usize * 3];
    let backend = BitMapBackend::with_buffer(&mut pixels, (width, height));
    // This backend draws spikes where thick lines join at a sharp angle, so draw segments.
    draw(&backend.into_drawing_area(), &chart.in_segments())?;
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&pixels));
    written.map_err(cannot)?;
    Ok(file)
}

fn cannot(error: impl Display) -> Failure {
    Failure::failed(format_args!("cannot draw the picture: {error}"))
}

type Drawn<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

fn draw<B: DrawingBackend>(area: &DrawingArea<B, Shift>, chart: &Chart) -> Result<(), Failure> {
    register_font(FONT, FontStyle::Normal, dejavu::sans::regular())
        .map_err(|_| cannot("its font is invalid"))?;
    let drawn = || {
        area.fill(&WHITE)?;
        let legend = legend(area, chart)?;
        let (above, below) = area.split_vertically(top(legend.rows));
        draw_legend(&above, &legend)?;
        draw_chart(&below, chart)?;
        area.present()
    };
    drawn().map_err(cannot)
}

fn style() -> TextStyle<'static> {
    (FONT, TEXT).into_font().color(&BLACK)
}

/// The names of series, in rows from left to right.
struct Legend {
    entries: Vec<Entry>,
    rows: i32,
    /// The number of series that do not fit, which the last row shows.
    more: usize,
}

/// A name in the legend, and the position of its line.
struct Entry {
    name: String,
    colour: RGBColor,
    x: i32,
    row: i32,
}

impl Legend {
    /// Drops the entries that do not fit in `most` rows.
    fn fit(mut self, most: i32) -> Self {
        if self.rows > most {
            let all = self.entries.len();
            self.entries.retain(|entry| entry.row < most - 1);
            (self.rows, self.more) = (most, all - self.entries.len());
        }
        self
    }
}

/// Returns the y coordinate of a row of the legend.
const fn top(row: i32) -> i32 {
    MARGIN + row * ROW
}

/// Lays out the legend in at most a third of the picture's height.
fn legend<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    chart: &Chart,
) -> Result<Legend, DrawingAreaErrorKind<B::ErrorType>> {
    let (width, height) = area.dim_in_pixel();
    let right = width as i32 - MARGIN;
    let (mut x, mut row) = (MARGIN, 0);
    let mut entries = Vec::new();
    for (line, colour) in chart.lines.iter().zip(COLOURS) {
        // On average a letter is half as wide as the text is high.
        let name = text::shortened(&line.name, ((right - MARGIN - SWATCH) / TEXT) as usize * 2);
        let width = SWATCH + 6 + area.estimate_text_size(&name, &style())?.0 as i32;
        if x > MARGIN && x + width > right {
            (x, row) = (MARGIN, row + 1);
        }
        entries.push(Entry { name, colour, x, row });
        x += width + SWATCH;
    }
    Ok(Legend { entries, rows: row + 1, more: 0 }.fit((height as i32 / 3 - MARGIN) / ROW))
}

fn draw_legend<B: DrawingBackend>(area: &DrawingArea<B, Shift>, legend: &Legend) -> Drawn<B> {
    for Entry { name, colour, x, row } in &legend.entries {
        let (y, middle) = (top(*row), top(*row) + TEXT / 2);
        let swatch = vec![(*x, middle), (x + SWATCH, middle)];
        area.draw(&PathElement::new(swatch, colour.stroke_width(3)))?;
        area.draw(&Text::new(name.as_str(), (x + SWATCH + 6, y), style()))?;
    }
    if legend.more > 0 {
        let more = format!("and {} more", legend.more);
        area.draw(&Text::new(more, (MARGIN, top(legend.rows - 1)), style()))?;
    }
    Ok(())
}

fn draw_chart<B: DrawingBackend>(area: &DrawingArea<B, Shift>, chart: &Chart) -> Drawn<B> {
    let mut widest = 0;
    for tick in &chart.values.ticks {
        widest = widest.max(area.estimate_text_size(&tick.label, &style())?.0);
    }
    let left = widest + MARGIN as u32;
    let right = 3 * MARGIN;
    let length = area.dim_in_pixel().0 as i32 - MARGIN - left as i32 - right;
    let times = apart(&chart.times.ticks, |label| {
        let width = area.estimate_text_size(label, &style())?.0;
        Ok(f64::from(width + 8) / f64::from(length.max(1)))
    })?;
    let mut context = ChartBuilder::on(area)
        .margin(MARGIN)
        .margin_right(right)
        .x_label_area_size(3 * TEXT)
        .y_label_area_size(left)
        .build_cartesian_2d(Ticks(&times), Ticks(&chart.values.ticks))?;
    let mut mesh = context.configure_mesh();
    mesh.max_light_lines(0).bold_line_style(BLACK.mix(0.12)).label_style(style());
    let caption = text::shortened(&chart.caption, (length / 7).max(40) as usize);
    mesh.x_desc(caption).axis_desc_style(style()).draw()?;
    for (line, colour) in chart.lines.iter().zip(COLOURS) {
        context.draw_series(paths(line, colour))?;
        context.draw_series(dots(line, colour))?;
    }
    Ok(())
}

/// Returns the ticks whose labels do not touch the one before. `width` returns the width of a label
/// as a share of the axis.
fn apart<E>(ticks: &[Tick], width: impl Fn(&str) -> Result<f64, E>) -> Result<Vec<Tick>, E> {
    let mut free = f64::MIN;
    let mut apart = Vec::new();
    for tick in ticks {
        let half = width(&tick.label)? / 2.0;
        if tick.at - half >= free {
            free = tick.at + half;
            apart.push(tick.clone());
        }
    }
    Ok(apart)
}

fn paths(line: &Line, colour: RGBColor) -> impl Iterator<Item = PathElement<(f64, f64)>> {
    let paths = line.pieces.iter().filter(|piece| piece.len() > 1);
    paths.map(move |piece| PathElement::new(piece.clone(), colour.stroke_width(THICKNESS)))
}

/// Returns the single points as dots, since a line of one point is invisible.
fn dots(line: &Line, colour: RGBColor) -> impl Iterator<Item = Circle<(f64, f64), i32>> {
    let alone = line.pieces.iter().filter(|piece| piece.len() == 1).flatten();
    alone.map(move |&point| Circle::new(point, 2, colour.filled()))
}

/// An axis from 0 to 1, for plotters.
struct Ticks<'a>(&'a [Tick]);

impl Ranged for Ticks<'_> {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, share: &f64, (start, end): (i32, i32)) -> i32 {
        start + (share * f64::from(end - start)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.0.iter().map(|tick| tick.at).collect()
    }

    fn range(&self) -> Range<f64> {
        0.0..1.0
    }
}

impl ValueFormatter<f64> for Ticks<'_> {
    fn format_ext(&self, share: &f64) -> String {
        let tick = self.0.iter().find(|tick| tick.at == *share);
        tick.map(|tick| tick.label.clone()).unwrap_or_default()
    }
}
