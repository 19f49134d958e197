//! Draws a plot as a picture.

mod canvas;
mod font;
mod legend;
mod outline;
mod pixels;
mod png;
mod svg;
mod theme;

use std::fmt::Display;

use super::axis::Tick;
use super::chart::{Chart, Panel, Room};
use super::series::MAX_SERIES;
use crate::failure::Failure;
use crate::output::text;
use canvas::{Anchor, Canvas, Pixel, Text};
use font::Font;
use legend::Legend;
use pixels::Pixels;
use svg::Svg;

pub(super) use font::FONT_LICENSE;
pub(super) use theme::{DARK, LIGHT, Theme};

/// A width and a height in pixels.
pub(super) type Size = (u32, u32);

/// The sizes of text in pixels, and the height of a line of it.
const TEXT: f32 = 13.0;
const HEADING: f32 = 17.0;
const LINE: f32 = 21.0;
const MARGIN: f32 = 16.0;
/// The space between an axis and its labels.
const GAP: f32 = 7.0;

pub(super) fn room((width, height): Size) -> Room {
    let pixels = |length: u32, each: u32| (length / each) as usize;
    Room {
        characters: pixels(width.saturating_sub(100), 9),
        lines: pixels(height, 20),
        together: MAX_SERIES,
        least: 0,
    }
}

pub(super) fn svg(chart: &Chart, size: Size, theme: &Theme) -> Result<Vec<u8>, Failure> {
    let font = Font::new()?;
    let mut svg = Svg::new(size, &title(chart), theme);
    Picture { chart, size: extent(size), theme, font: &font }.draw(&mut svg);
    Ok(svg.finish())
}

pub(super) fn png(chart: &Chart, size: Size, theme: &Theme) -> Result<Vec<u8>, Failure> {
    let font = Font::new()?;
    let chart = legible(chart, &font);
    let mut pixels = Pixels::new(size, theme, &font);
    Picture { chart: &chart, size: extent(size), theme, font: &font }.draw(&mut pixels);
    pixels.png()
}

fn cannot(error: impl Display) -> Failure {
    Failure::failed(format_args!("cannot draw the picture: {error}"))
}

fn extent((width, height): Size) -> Pixel {
    (width as f32, height as f32)
}

/// Returns what is shown, for programs that read pictures aloud.
fn title(chart: &Chart) -> String {
    let lines = chart.panels.iter().flat_map(|panel| &panel.lines);
    let names: Vec<_> = lines.map(|line| line.name.as_str()).collect();
    let what = chart.heading.clone().unwrap_or_else(|| names.join(", "));
    format!("{what}: {}", chart.caption)
}

/// Returns the chart with names that the font can show.
fn legible(chart: &Chart, font: &Font) -> Chart {
    let mut chart = chart.clone();
    chart.heading = chart.heading.map(|heading| font.escaped(&heading));
    for line in chart.panels.iter_mut().flat_map(|panel| &mut panel.lines) {
        line.name = font.escaped(&line.name);
    }
    chart
}

struct Picture<'p> {
    chart: &'p Chart,
    size: Pixel,
    theme: &'p Theme,
    font: &'p Font,
}

/// The area between the axes.
#[derive(Clone, Copy, Debug)]
struct Area {
    left: f32,
    right: f32,
    top: f32,
    bottom: f32,
}

impl Area {
    /// Returns the middle of the pixel at a point.
    fn at(self, (x, y): (f64, f64)) -> Pixel {
        let x = (self.right - self.left).mul_add(x as f32, self.left);
        (x + 0.5, (self.top - self.bottom).mul_add(y as f32, self.bottom) + 0.5)
    }

    /// Returns the corners of a line one pixel wide across the area, at the height of a value.
    fn across(self, value: f64) -> [Pixel; 2] {
        let y = self.at((0.0, value)).1.floor();
        [(self.left, y), (self.right + 1.0, y + 1.0)]
    }

    /// Returns the corners of a line one pixel wide from `top` to `bottom`, at a time.
    fn down(self, time: f64, top: f32, bottom: f32) -> [Pixel; 2] {
        let x = self.at((time, 0.0)).0.floor();
        [(x, top), (x + 1.0, bottom)]
    }
}

impl Picture<'_> {
    fn draw(&self, canvas: &mut impl Canvas) {
        let mut top = MARGIN;
        if let Some(heading) = &self.chart.heading {
            self.text(canvas, heading, (MARGIN, top + HEADING), (Anchor::Start, HEADING));
            top += HEADING + MARGIN;
        }
        for panel in &self.chart.panels {
            let legend = Legend::new(panel, self.size, self.font);
            legend.draw(canvas, top, self.theme);
            let area = self.area(top + legend.height(), panel);
            self.draw_values(canvas, area, &panel.values.ticks);
            self.draw_times(canvas, area);
            self.draw_lines(canvas, area, panel);
        }
    }

    /// Returns the area that labels leave, in whole pixels.
    fn area(&self, top: f32, panel: &Panel) -> Area {
        let labels = panel.values.ticks.iter().map(|tick| self.font.width(&tick.label, TEXT));
        let left = MARGIN + labels.reduce(f32::max).unwrap_or_default() + GAP;
        let (right, bottom) = (self.size.0 - 2.0 * MARGIN, self.size.1 - MARGIN - 2.0 * LINE);
        let [left, right, top, bottom] = [left, right, top + MARGIN / 2.0, bottom].map(f32::round);
        Area { left, right, top, bottom }
    }

    fn draw_values(&self, canvas: &mut impl Canvas, area: Area, ticks: &[Tick]) {
        for tick in ticks {
            let line = area.across(tick.at);
            canvas.fill(line, self.theme.grid);
            let at = (area.left - GAP, line[0].1 + TEXT * 0.4);
            self.text(canvas, &tick.label, at, (Anchor::End, TEXT));
        }
        canvas.fill(area.down(0.0, area.top, area.bottom), self.theme.axis);
    }

    /// Draws the axis of time and the caption. Labels that would touch the one before are left out.
    fn draw_times(&self, canvas: &mut impl Canvas, area: Area) {
        let mut free = f32::MIN;
        for tick in &self.chart.times.ticks {
            let x = area.at((tick.at, 0.0)).0;
            let half = self.font.width(&tick.label, TEXT) / 2.0;
            if x - half >= free && x + half <= self.size.0 {
                free = x + half + 2.0 * GAP;
                canvas.fill(area.down(tick.at, area.top, area.bottom), self.theme.grid);
                canvas.fill(area.down(tick.at, area.bottom, area.bottom + 5.0), self.theme.axis);
                self.text(canvas, &tick.label, (x, area.bottom + LINE), (Anchor::Middle, TEXT));
            }
        }
        canvas.fill(area.across(0.0), self.theme.axis);
        let columns = ((area.right - area.left) / TEXT * 1.8) as usize;
        let caption = text::shortened(&self.chart.caption, columns);
        let middle = (area.left + area.right) / 2.0;
        self.text(canvas, &caption, (middle, area.bottom + 2.0 * LINE), (Anchor::Middle, TEXT));
    }

    fn draw_lines(&self, canvas: &mut impl Canvas, area: Area, panel: &Panel) {
        for (line, colour) in panel.lines.iter().zip(self.theme.lines) {
            let runs = line.runs.iter();
            let runs: Vec<Vec<_>> =
                runs.map(|run| run.iter().map(|&point| area.at(point)).collect()).collect();
            canvas.curve(&line.name, &runs, colour);
        }
    }

    fn text(&self, canvas: &mut impl Canvas, text: &str, at: Pixel, (anchor, size): (Anchor, f32)) {
        canvas.text(&Text { text, at, anchor, size }, self.theme.text);
    }
}
