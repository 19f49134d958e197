//! The font of pictures.

use std::fmt::Write;

use ttf_parser::{Face, GlyphId};

use super::cannot;
use super::canvas::{Pixel, Text};
use crate::failure::Failure;

/// The licence of the font, which must accompany each copy of it, and so of the program.
pub(in crate::commands::plot) const FONT_LICENSE: &[u8] =
    include_bytes!("../../../../FONT-LICENSE");

/// The number of the box that stands for what a font has no glyph for.
const MISSING: GlyphId = GlyphId(0);

/// DejaVu Sans.
pub(super) struct Font(Face<'static>);

/// A glyph with its place.
pub(super) struct Glyph {
    pub(super) id: GlyphId,
    /// The start of its base line.
    pub(super) at: Pixel,
    /// How many pixels a unit of the font is.
    pub(super) scale: f32,
}

impl Font {
    pub(super) fn new() -> Result<Self, Failure> {
        let face = Face::parse(dejavu::sans::regular(), 0);
        face.map(Self).map_err(|_| cannot("its font is invalid"))
    }

    /// Returns the width of a text in pixels.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        self.place(text, size, (0.0, 0.0)).1
    }

    /// Returns the glyphs of a text.
    pub(super) fn glyphs(&self, text: &Text<'_>) -> Vec<Glyph> {
        let left = text.anchor.share() * self.width(text.text, text.size);
        self.place(text.text, text.size, (text.at.0 - left, text.at.1)).0
    }

    pub(super) const fn face(&self) -> &Face<'static> {
        &self.0
    }

    /// Places glyphs from `x` on, `size` pixels to the em, as in SVG. Returns the x coordinate of their end,
    /// too.
    fn place(&self, text: &str, size: f32, (mut x, y): Pixel) -> (Vec<Glyph>, f32) {
        let scale = size / f32::from(self.0.units_per_em());
        let mut glyphs = Vec::<Glyph>::new();
        for id in text.chars().map(|character| self.glyph(character)) {
            x += glyphs.last().map_or(0.0, |last| self.kerning(last.id, id) * scale);
            glyphs.push(Glyph { id, at: (x, y), scale });
            x += f32::from(self.0.glyph_hor_advance(id).unwrap_or_default()) * scale;
        }
        (glyphs, x)
    }

    /// Returns a character's glyph, which is a box if the font has none.
    fn glyph(&self, character: char) -> GlyphId {
        self.0.glyph_index(character).unwrap_or(MISSING)
    }

    /// Returns what two neighbours are closer by, which is negative, in units of the font.
    fn kerning(&self, one: GlyphId, next: GlyphId) -> f32 {
        let tables = self.0.tables().kern.into_iter().flat_map(|kern| kern.subtables);
        let mut level = tables.filter(|table| table.horizontal && !table.variable);
        level.find_map(|table| table.glyphs_kerning(one, next)).map_or(0.0, f32::from)
    }

    /// Escapes the characters for which the font has no glyph, so that no two of them look alike.
    pub(super) fn escaped(&self, text: &str) -> String {
        let mut escaped = String::new();
        for character in text.chars() {
            let shown = self.glyph(character) != MISSING;
            // Writing to a string does not fail.
            let _ = if shown {
                escaped.write_char(character)
            } else {
                write!(escaped, "{}", character.escape_unicode())
            };
        }
        escaped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_font_cannot_show_is_escaped() {
        let font = Font::new().unwrap();
        for shown in ["palm.cpu", "ключ", "θερμό", "café", "a…b", "°C µs €"] {
            assert_eq!(font.escaped(shown), shown);
        }
        assert_eq!(font.escaped("温度.cpu"), "\\u{6e29}\\u{5ea6}.cpu");
        assert_ne!(font.escaped("温度"), font.escaped("湿度"));
    }

    #[test]
    fn letters_are_kerned() {
        let font = Font::new().unwrap();
        let width = |text| font.width(text, 13.0);
        assert!(width("AV") < width("A") + width("V"));
        assert!((width("11") - 2.0 * width("1")).abs() < 0.01);
    }
}
