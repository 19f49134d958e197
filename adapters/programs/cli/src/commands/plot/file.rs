//! The file that a plot is drawn to.

use std::path::PathBuf;

use super::chart::Chart;
use super::picture::{self, Size, Theme};
use crate::failure::Failure;
use crate::output::draft;

/// A file to draw to.
#[derive(Clone, Debug)]
pub(super) struct Output {
    path: PathBuf,
    form: Form,
}

#[derive(Clone, Copy, Debug)]
enum Form {
    Svg,
    Png,
}

impl Output {
    pub(super) fn write(&self, chart: &Chart, size: Size, theme: &Theme) -> Result<(), Failure> {
        let file = match self.form {
            Form::Svg => picture::svg(chart, size, theme)?,
            Form::Png => picture::png(chart, size, theme)?,
        };
        draft::write(&self.path, &file)
    }
}

/// Parses the name of a file.
pub(super) fn output(text: &str) -> Result<Output, String> {
    let path = PathBuf::from(text);
    let end = path.extension().map(|end| end.to_ascii_lowercase());
    let form = match end.as_ref().and_then(|end| end.to_str()) {
        Some("svg") => Form::Svg,
        Some("png") => Form::Png,
        _ => return Err("its name must end in .svg or .png".to_owned()),
    };
    Ok(Output { path, form })
}

/// Parses the size of a picture.
pub(super) fn size(text: &str) -> Result<Size, String> {
    let pixels = |text: &str| text.parse().ok().filter(|pixels| (400..=4_000).contains(pixels));
    let size = text.split_once('x').and_then(|(width, height)| pixels(width).zip(pixels(height)));
    size.ok_or("it must be WIDTHxHEIGHT, such as 1200x600, each 400 to 4000".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

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
