//! The font of pictures.

use std::fmt::Write;

use ab_glyph::{Font as _, FontRef, Glyph, PxScale, PxScaleFont, ScaleFont as _, point};

use super::cannot;
use super::canvas::{Pixel, Text};
use crate::failure::Failure;

/// The licence of the font, which must accompany each copy of it, and so of the program.
pub(in crate::commands::plot) const FONT_LICENSE: &[u8] =
    include_bytes!("../../../../FONT-LICENSE");

/// DejaVu Sans.
pub(super) struct Font(FontRef<'static>);

impl Font {
    pub(super) fn new() -> Result<Self, Failure> {
        let font = FontRef::try_from_slice(dejavu::sans::regular());
        font.map(Self).map_err(|_| cannot("its font is invalid"))
    }

    /// Returns the width of a text in pixels.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        self.place(text, size, (0.0, 0.0)).1
    }

    /// Returns the glyphs of a text, each with its place.
    pub(super) fn glyphs(&self, text: &Text<'_>) -> Vec<Glyph> {
        let left = text.anchor.share() * self.width(text.text, text.size);
        self.place(text.text, text.size, (text.at.0 - left, text.at.1)).0
    }

    pub(super) const fn font(&self) -> &FontRef<'static> {
        &self.0
    }

    /// Places glyphs from `x` on. Returns the x coordinate of their end, too.
    fn place(&self, text: &str, size: f32, (mut x, y): Pixel) -> (Vec<Glyph>, f32) {
        let font = self.scaled(size);
        let mut glyphs = Vec::<Glyph>::new();
        for character in text.chars() {
            let id = font.glyph_id(character);
            x += glyphs.last().map_or(0.0, |last| font.kern(last.id, id));
            glyphs.push(id.with_scale_and_position(font.scale(), point(x, y)));
            x += font.h_advance(id);
        }
        (glyphs, x)
    }

    /// Returns the font with letters that are `size` pixels to the em, as in SVG.
    fn scaled(&self, size: f32) -> PxScaleFont<&FontRef<'static>> {
        let em = self.0.units_per_em().unwrap_or(1.0);
        self.0.as_scaled(PxScale::from(size * self.0.height_unscaled() / em))
    }

    /// Escapes the characters for which the font has no glyph, so that no two of them look alike.
    pub(super) fn escaped(&self, text: &str) -> String {
        let mut escaped = String::new();
        for character in text.chars() {
            // The glyph with number 0 is a box.
            let shown = self.0.glyph_id(character).0 != 0;
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
