//! Draws pictures as pixels.

use std::f32::consts::SQRT_2;
use std::ops::Range;

use super::canvas::{Canvas, DOT, Pixel, STROKE, Text};
use super::font::{Font, Glyph};
use super::outline::draw;
use super::png::png;
use super::theme::{Colour, Theme};
use super::{Size, cannot};
use crate::failure::Failure;

/// A picture as pixels.
pub(super) struct Pixels<'f> {
    size: (usize, usize),
    colours: Vec<Colour>,
    font: &'f Font,
}

impl<'f> Pixels<'f> {
    pub(super) fn new((width, height): Size, theme: &Theme, font: &'f Font) -> Self {
        let size = (width as usize, height as usize);
        Self { size, colours: vec![theme.background; size.0 * size.1], font }
    }

    pub(super) fn png(&self) -> Result<Vec<u8>, Failure> {
        let (width, height) = self.size;
        png((width as u32, height as u32), &self.colours).map_err(cannot)
    }

    /// Mixes a colour into a pixel. Those outside are left out.
    fn mix(&mut self, (x, y): (usize, usize), colour: Colour, coverage: f32) {
        let index = y * self.size.0 + x;
        let Some(pixel) = self.colours.get_mut(index).filter(|_| x < self.size.0) else { return };
        for (own, new) in pixel.iter_mut().zip(colour) {
            let (old, new) = (f32::from(*own), f32::from(new));
            *own = (new - old).mul_add(coverage, old).round() as u8;
        }
    }

    fn glyph(&mut self, glyph: &Glyph, colour: Colour) {
        draw(self.font.face(), glyph, |x, y, coverage| {
            if x >= 0.0 && y >= 0.0 {
                self.mix((x as usize, y as usize), colour, coverage);
            }
        });
    }
}

impl Canvas for Pixels<'_> {
    fn fill(&mut self, [from, to]: [Pixel; 2], colour: Colour) {
        for y in from.1 as usize..to.1 as usize {
            for x in from.0 as usize..to.0 as usize {
                self.mix((x, y), colour, 1.0);
            }
        }
    }

    fn curve(&mut self, _: &str, runs: &[Vec<Pixel>], colour: Colour) {
        let mut stroke = Stroke { size: self.size, coverage: vec![0; self.colours.len()] };
        for run in runs {
            match **run {
                [point] => stroke.add([point, point], DOT / 2.0),
                _ => run.windows(2).for_each(|ends| stroke.add([ends[0], ends[1]], STROKE / 2.0)),
            }
        }
        let covered = stroke.coverage.iter().enumerate().filter(|(_, coverage)| **coverage > 0);
        for (index, coverage) in covered {
            let pixel = (index % self.size.0, index / self.size.0);
            self.mix(pixel, colour, f32::from(*coverage) / 255.0);
        }
    }

    fn text(&mut self, text: &Text<'_>, colour: Colour) {
        for glyph in self.font.glyphs(text) {
            self.glyph(&glyph, colour);
        }
    }
}

/// The part of each pixel that a line covers, of 255.
///
/// Where segments overlap, the larger coverage counts, so that many points close together do not
/// make a line thicker.
struct Stroke {
    size: (usize, usize),
    coverage: Vec<u8>,
}

impl Stroke {
    /// Adds a segment with round ends.
    fn add(&mut self, ends: [Pixel; 2], radius: f32) {
        let [(x1, y1), (x2, y2)] = ends;
        let (width, height) = (x2 - x1, y2 - y1);
        // Follow the longer way, so that few pixels are looked at that the segment does not cover.
        if width.abs() >= height.abs() {
            for x in around([x1, x2], radius, self.size.0) {
                let middle = y1 + height * part(x, x1, width);
                for y in around([middle; 2], radius * SQRT_2, self.size.1) {
                    self.cover((x, y), ends, radius);
                }
            }
        } else {
            for y in around([y1, y2], radius, self.size.1) {
                let middle = x1 + width * part(y, y1, height);
                for x in around([middle; 2], radius * SQRT_2, self.size.0) {
                    self.cover((x, y), ends, radius);
                }
            }
        }
    }

    fn cover(&mut self, (x, y): (usize, usize), ends: [Pixel; 2], radius: f32) {
        let centre = (x as f32 + 0.5, y as f32 + 0.5);
        let part = (radius + 0.5 - distance(centre, ends)).clamp(0.0, 1.0);
        if let Some(coverage) = self.coverage.get_mut(y * self.size.0 + x) {
            *coverage = (*coverage).max((part * 255.0) as u8);
        }
    }
}

/// Returns the pixels between two coordinates, and those about a radius away.
fn around([one, other]: [f32; 2], radius: f32, length: usize) -> Range<usize> {
    let low = (one.min(other) - radius - 1.0).floor().max(0.0) as usize;
    let high = (one.max(other) + radius + 1.0).ceil().max(0.0) as usize;
    low..high.min(length)
}

/// Returns the share of a way at which a pixel lies, from 0 to 1.
fn part(pixel: usize, start: f32, way: f32) -> f32 {
    if way == 0.0 { 0.0 } else { ((pixel as f32 + 0.5 - start) / way).clamp(0.0, 1.0) }
}

/// Returns the distance of a point from a segment.
fn distance((x, y): Pixel, [(x1, y1), (x2, y2)]: [Pixel; 2]) -> f32 {
    let (width, height) = (x2 - x1, y2 - y1);
    let square = width * width + height * height;
    let along = (x - x1) * width + (y - y1) * height;
    let part = if square > 0.0 { (along / square).clamp(0.0, 1.0) } else { 0.0 };
    (x - x1 - part * width).hypot(y - y1 - part * height)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_covers_a_pixel_and_a_half() {
        let covered = |ends: [Pixel; 2]| {
            let mut stroke = Stroke { size: (40, 40), coverage: vec![0; 1_600] };
            stroke.add(ends, STROKE / 2.0);
            let sum: f32 = stroke.coverage.iter().map(|&part| f32::from(part) / 255.0).sum();
            sum / (ends[0].0 - ends[1].0).hypot(ends[0].1 - ends[1].1)
        };
        // The round ends are a little more.
        for ends in [
            [(2.0, 20.5), (38.0, 20.5)],
            [(2.0, 20.0), (38.0, 20.0)],
            [(20.5, 2.0), (20.5, 38.0)],
            [(2.0, 2.0), (38.0, 38.0)],
            [(38.0, 2.0), (2.0, 9.0)],
        ] {
            let width = covered(ends);
            assert!((1.45..1.65).contains(&width), "{ends:?}: {width}");
        }
    }

    #[test]
    fn points_close_together_do_not_make_a_line_thicker() {
        let stroke = |points: usize| {
            let mut stroke = Stroke { size: (40, 4), coverage: vec![0; 160] };
            let x = |number| 2.0 + 36.0 * number as f32 / points as f32;
            for number in 0..points {
                stroke.add([(x(number), 2.0), (x(number + 1), 2.0)], STROKE / 2.0);
            }
            stroke.coverage
        };
        assert_eq!(stroke(1), stroke(9));
        let dense = stroke(1_000);
        assert!(dense.iter().zip(stroke(1)).all(|(many, one)| many.abs_diff(one) <= 1));
    }
}
