//! Outlines of glyphs as pixels.

use ab_glyph_rasterizer::{Point, Rasterizer, point};
use ttf_parser::{Face, OutlineBuilder};

use super::font::Glyph;

/// Calls `cover` with each pixel that a glyph touches and the part of it that it covers, from 0 to 1. A blank
/// touches none.
pub(super) fn draw(face: &Face<'_>, glyph: &Glyph, mut cover: impl FnMut(f32, f32, f32)) {
    let Some(bounds) = face.glyph_bounding_box(glyph.id) else { return };
    let [left, right] = [bounds.x_min, bounds.x_max].map(|x| f32::from(x) * glyph.scale);
    let [top, bottom] = [bounds.y_max, bounds.y_min].map(|y| -f32::from(y) * glyph.scale);
    let corner = point((glyph.at.0 + left).floor(), (glyph.at.1 + top).floor());
    let end = point((glyph.at.0 + right).ceil(), (glyph.at.1 + bottom).ceil());
    let size = end - corner;
    let mut pen = Pen {
        pixels: Rasterizer::new(size.x as usize, size.y as usize),
        scale: glyph.scale,
        origin: point(glyph.at.0, glyph.at.1) - corner,
        start: Point::default(),
        last: Point::default(),
    };
    face.outline_glyph(glyph.id, &mut pen);
    pen.pixels.for_each_pixel_2d(|x, y, coverage| {
        cover(corner.x + x as f32, corner.y + y as f32, coverage.min(1.0));
    });
}

/// Follows an outline, whose unit is that of the font and whose y axis points up.
struct Pen {
    pixels: Rasterizer,
    scale: f32,
    origin: Point,
    start: Point,
    last: Point,
}

impl Pen {
    fn at(&self, x: f32, y: f32) -> Point {
        self.origin + point(x * self.scale, -y * self.scale)
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.start = self.at(x, y);
        self.last = self.start;
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let to = self.at(x, y);
        self.pixels.draw_line(self.last, to);
        self.last = to;
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let to = self.at(x, y);
        self.pixels.draw_quad(self.last, self.at(x1, y1), to);
        self.last = to;
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let to = self.at(x, y);
        self.pixels.draw_cubic(self.last, self.at(x1, y1), self.at(x2, y2), to);
        self.last = to;
    }

    fn close(&mut self) {
        self.pixels.draw_line(self.last, self.start);
        self.last = self.start;
    }
}
