//! Writes pictures as SVG.

use std::fmt::{self, Display, Write};

use super::Size;
use super::canvas::{Anchor, Canvas, DOT, Pixel, STROKE, Text};
use super::theme::{Colour, Theme};

/// A picture as SVG.
pub(super) struct Svg(String);

impl Svg {
    pub(super) fn new((width, height): Size, title: &str, theme: &Theme) -> Self {
        let mut svg = Self(String::new());
        svg.write(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\" \
             font-family=\"DejaVu Sans,Verdana,sans-serif\">\n<title>{}</title>\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"{}\"/>\n",
            Escaped(title),
            Hex(theme.background),
        ));
        svg
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.0.push_str("</svg>\n");
        self.0.into_bytes()
    }

    fn write(&mut self, text: fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = self.0.write_fmt(text);
    }

    fn run(&mut self, run: &[Pixel], colour: Colour) {
        if let [(x, y)] = *run {
            let [x, y, radius] = [x, y, DOT / 2.0].map(Short);
            let colour = Hex(colour);
            return self.write(format_args!(
                "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"{colour}\" stroke=\"none\"/>\n"
            ));
        }
        self.0.push_str("<polyline points=\"");
        for (number, &(x, y)) in run.iter().enumerate() {
            let space = if number > 0 { " " } else { "" };
            self.write(format_args!("{space}{},{}", Short(x), Short(y)));
        }
        self.0.push_str("\"/>\n");
    }
}

impl Canvas for Svg {
    fn fill(&mut self, [from, to]: [Pixel; 2], colour: Colour) {
        let [x, y, width, height] = [from.0, from.1, to.0 - from.0, to.1 - from.1].map(Short);
        let colour = Hex(colour);
        self.write(format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{colour}\"/>\n"
        ));
    }

    fn curve(&mut self, name: &str, runs: &[Vec<Pixel>], colour: Colour) {
        self.write(format_args!(
            "<g fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"round\" \
             stroke-linecap=\"round\">\n<title>{}</title>\n",
            Hex(colour),
            Short(STROKE),
            Escaped(name)
        ));
        for run in runs {
            self.run(run, colour);
        }
        self.0.push_str("</g>\n");
    }

    fn text(&mut self, text: &Text<'_>, colour: Colour) {
        let ((x, y), colour) = (text.at, Hex(colour));
        let [x, y, size] = [x, y, text.size].map(Short);
        let anchor = match text.anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        self.write(format_args!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" fill=\"{colour}\"{anchor}>{}</text>\n",
            Escaped(text.text)
        ));
    }
}

/// A number with at most one decimal.
struct Short(f32);

impl Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.1}", self.0);
        let text = text.strip_suffix(".0").unwrap_or(&text);
        f.write_str(if text == "-0" { "0" } else { text })
    }
}

struct Hex(Colour);

impl Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([red, green, blue]) = self;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

/// A text as the content of an element.
struct Escaped<'t>(&'t str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            character => f.write_char(character),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_text_is_escaped() {
        for (number, text) in [(12.903_226, "12.9"), (0.0, "0"), (-0.01, "0"), (7.0, "7")] {
            assert_eq!(Short(number).to_string(), text);
        }
        assert_eq!(Escaped("a<b>&\"c\"").to_string(), "a&lt;b&gt;&amp;\"c\"");
        assert_eq!(Hex([0, 171, 255]).to_string(), "#00abff");
    }
}
