//! What pictures are drawn on.

use super::theme::Colour;

/// A position in pixels, from the upper left corner.
pub(super) type Pixel = (f32, f32);

/// A picture being drawn, as SVG or as pixels.
pub(super) trait Canvas {
    /// Fills a rectangle of whole pixels, between its upper left and its lower right corner.
    fn fill(&mut self, corners: [Pixel; 2], colour: Colour);

    /// Draws the line of a series, 1.5 pixels wide. A run of one point is a dot.
    fn curve(&mut self, name: &str, runs: &[Vec<Pixel>], colour: Colour);

    fn text(&mut self, text: &Text<'_>, colour: Colour);
}

/// A line of text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<'t> {
    pub(super) text: &'t str,
    /// The position of the anchor on the line that the letters stand on.
    pub(super) at: Pixel,
    pub(super) anchor: Anchor,
    /// The size of the font in pixels.
    pub(super) size: f32,
}

/// The part of a text that its position names.
#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    /// Returns the share of a text's width that is left of the anchor.
    pub(super) const fn share(self) -> f32 {
        match self {
            Self::Start => 0.0,
            Self::Middle => 0.5,
            Self::End => 1.0,
        }
    }
}

pub(super) const STROKE: f32 = 1.5;
pub(super) const DOT: f32 = 5.0;
