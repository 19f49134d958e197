//! Names of any text, for those who know only names of letters, digits, `_` and, of metrics, `:`.

use std::fmt::Write;

/// How names are written that are not plain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escaping {
    /// As they are, in quotes.
    Utf8,
    /// With `_` in the place of other characters.
    Underscores,
    /// With `_dot_` in the place of dots, and `__` in that of other characters.
    Dots,
    /// As `U__` and the numbers of other characters, which can be read back.
    Values,
}

impl Escaping {
    /// Returns what a reader of text prefers, as its header `Accept` says.
    pub(crate) fn of(accept: &str) -> Self {
        let parts =
            |kind: &str| kind.split(';').map(str::trim).map(str::to_owned).collect::<Vec<_>>();
        let texts = accept
            .split(',')
            .map(parts)
            .filter(|parts| parts[0].eq_ignore_ascii_case("text/plain"));
        let best = texts.max_by(|one, other| quality(one).total_cmp(&quality(other)));
        let escaping = |part: &String| part.strip_prefix("escaping=").map(str::to_owned);
        match best.and_then(|parts| parts.iter().find_map(escaping)).as_deref() {
            Some("allow-utf-8") => Self::Utf8,
            Some("dots") => Self::Dots,
            Some("values") => Self::Values,
            _ => Self::Underscores,
        }
    }

    /// Returns the content type of a text.
    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Utf8 => "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
            Self::Underscores => "text/plain; version=0.0.4; charset=utf-8; escaping=underscores",
            Self::Dots => "text/plain; version=1.0.0; charset=utf-8; escaping=dots",
            Self::Values => "text/plain; version=1.0.0; charset=utf-8; escaping=values",
        }
    }

    /// Returns a name in this form, which is a plain one unless it is [`Utf8`](Self::Utf8).
    pub(crate) fn name(self, of: Named, name: &str) -> String {
        let mut escaped = String::new();
        match self {
            Self::Utf8 => return name.to_owned(),
            Self::Underscores | Self::Values if of.is_plain(name) => return name.to_owned(),
            Self::Values => escaped.push_str("U__"),
            Self::Underscores | Self::Dots => {}
        }
        for (at, character) in name.chars().enumerate() {
            self.put(&mut escaped, character, of.is_plain_at(at, character));
        }
        escaped
    }

    fn put(self, name: &mut String, character: char, is_plain: bool) {
        match (self, character) {
            (Self::Dots, '.') => name.push_str("_dot_"),
            (Self::Dots | Self::Values, '_') => name.push_str("__"),
            _ if is_plain => name.push(character),
            (Self::Dots, _) => name.push_str("__"),
            // Writing to a string does not fail.
            (Self::Values, _) => drop(write!(name, "_{:x}_", u32::from(character))),
            _ => name.push('_'),
        }
    }
}

/// What a name is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    Metric,
    /// Its plain names have no `:`.
    Label,
}

impl Named {
    /// Whether a name needs no quotes.
    pub(crate) fn is_plain(self, name: &str) -> bool {
        let mut all = name.chars().enumerate();
        !name.is_empty() && all.all(|(at, character)| self.is_plain_at(at, character))
    }

    fn is_plain_at(self, at: usize, character: char) -> bool {
        character.is_ascii_alphabetic()
            || character == '_'
            || character == ':' && self == Self::Metric
            || at > 0 && character.is_ascii_digit()
    }
}

/// Returns the quality of an element of `Accept`.
fn quality(parts: &[String]) -> f32 {
    let quality = parts.iter().find_map(|part| part.strip_prefix("q="));
    quality.map_or(1.0, |quality| quality.parse().unwrap_or(0.0))
}

/// Returns the name that was written as [`Escaping::Values`]; any other one as it is.
pub(crate) fn unescape(name: &str) -> String {
    let Some(rest) = name.strip_prefix("U__") else { return name.to_owned() };
    unescaped(rest).unwrap_or_else(|| name.to_owned())
}

fn unescaped(mut rest: &str) -> Option<String> {
    let mut name = String::new();
    while let Some((plain, special)) = rest.split_once('_') {
        name.push_str(plain);
        if let Some(after) = special.strip_prefix('_') {
            name.push('_');
            rest = after;
        } else {
            let (number, after) = special.split_once('_')?;
            name.push(char::from_u32(u32::from_str_radix(number, 16).ok()?)?);
            rest = after;
        }
    }
    Some(name + rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_written_as_prometheus_does() {
        use Escaping::{Dots, Underscores, Utf8, Values};
        // The cases of `TestEscapeName` of Prometheus' common library.
        let cases = [
            (
                "no:escaping_required",
                ["no:escaping_required", "no:escaping__required", "no:escaping_required"],
            ),
            (
                "mysystem.prod.west.cpu.load",
                [
                    "mysystem_prod_west_cpu_load",
                    "mysystem_dot_prod_dot_west_dot_cpu_dot_load",
                    "U__mysystem_2e_prod_2e_west_2e_cpu_2e_load",
                ],
            ),
            (
                "http.status:sum",
                ["http_status:sum", "http_dot_status:sum", "U__http_2e_status:sum"],
            ),
            ("label with 😱", ["label_with__", "label__with____", "U__label_20_with_20__1f631_"]),
            ("花火", ["__", "____", "U___82b1__706b_"]),
            ("0x", ["_x", "__x", "U___30_x"]),
        ];
        for (name, expected) in cases {
            let names =
                [Underscores, Dots, Values].map(|escaping| escaping.name(Named::Metric, name));
            assert_eq!(names, expected, "{name}");
            assert_eq!(Utf8.name(Named::Metric, name), name);
        }
    }

    #[test]
    fn a_reader_of_text_gets_the_form_that_it_prefers() {
        for (accept, expected) in [
            ("", Escaping::Underscores),
            ("*/*", Escaping::Underscores),
            ("text/plain; version=0.0.4; q=0.5", Escaping::Underscores),
            (
                "application/openmetrics-text;escaping=dots;q=0.9,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2",
                Escaping::Utf8,
            ),
            ("text/plain;escaping=values", Escaping::Values),
            ("text/plain;escaping=values;q=0.1, text/plain;escaping=dots;q=0.2", Escaping::Dots),
        ] {
            assert_eq!(Escaping::of(accept), expected, "{accept}");
        }
    }

    proptest! {
        #[test]
        fn names_as_values_read_back(name in "[a_.:0\\PC]{0,9}") {
            prop_assume!(!name.starts_with("U__"));
            for of in [Named::Metric, Named::Label] {
                prop_assert_eq!(unescape(&Escaping::Values.name(of, &name)), name.as_str());
            }
        }
    }
}
