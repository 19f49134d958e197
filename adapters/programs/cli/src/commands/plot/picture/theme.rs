//! The colours of pictures.

use crate::commands::plot::series::MAX_SERIES;

/// Red, green and blue.
pub(in crate::commands::plot) type Colour = [u8; 3];

/// The colours of one picture.
#[derive(Debug)]
pub(in crate::commands::plot) struct Theme {
    pub(super) background: Colour,
    pub(super) text: Colour,
    pub(super) axis: Colour,
    pub(super) grid: Colour,
    pub(super) lines: [Colour; MAX_SERIES],
}

pub(in crate::commands::plot) const LIGHT: Theme = Theme {
    background: [255, 255, 255],
    text: [38, 42, 48],
    axis: [128, 134, 142],
    grid: [228, 231, 235],
    lines: both(STRONG, PALE),
};

pub(in crate::commands::plot) const DARK: Theme = Theme {
    background: [24, 26, 31],
    text: [214, 218, 224],
    axis: [116, 122, 132],
    grid: [47, 51, 59],
    // Strong colours are too dark here.
    lines: both(PALE, STRONG),
};

const fn both(first: [Colour; 10], then: [Colour; 10]) -> [Colour; MAX_SERIES] {
    let mut lines = [[0; 3]; MAX_SERIES];
    let (front, back) = lines.split_at_mut(10);
    front.copy_from_slice(&first);
    back.copy_from_slice(&then);
    lines
}

/// Tableau's palette, which most plotting tools use.
const STRONG: [Colour; 10] = [
    [31, 119, 180],
    [255, 127, 14],
    [44, 160, 44],
    [214, 39, 40],
    [148, 103, 189],
    [140, 86, 75],
    [227, 119, 194],
    [127, 127, 127],
    [188, 189, 34],
    [23, 190, 207],
];

/// The pale half of that palette.
const PALE: [Colour; 10] = [
    [174, 199, 232],
    [255, 187, 120],
    [152, 223, 138],
    [255, 152, 150],
    [197, 176, 213],
    [196, 156, 148],
    [247, 182, 210],
    [199, 199, 199],
    [219, 219, 141],
    [158, 218, 229],
];
