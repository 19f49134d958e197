//! Selectors of series, as `match[]` has them: `up{job="node",instance=~"a.*"}`.

use std::fmt;

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::character::complete::{char, multispace0, one_of};
use nom::combinator::{all_consuming, cut, map, map_opt, opt, recognize, value};
use nom::error::ErrorKind;
use nom::multi::{fold_many0, separated_list1};
use nom::sequence::{delimited, pair, preceded, terminated};
use nom::{IResult, Parser};

use crate::matcher::{InvalidMatcher, Matcher, Matchers, Operator};
use crate::write::NAME;

/// The longest selector in bytes, and the most matchers in it.
pub(crate) const LONGEST: usize = 16 * 1024;
pub(crate) const MATCHERS: usize = 64;

/// Reads a selector.
///
/// # Errors
///
/// [`InvalidSelector`] says what is wrong. As in Prometheus, a selector that matches a series without
/// labels is one: it would select everything.
pub fn parse_selector(text: &str) -> Result<Matchers, InvalidSelector> {
    if text.len() > LONGEST {
        return Err(InvalidSelector::TooLong);
    }
    let (_, parts) = all_consuming(padded(selector)).parse(text).map_err(|error| match error {
        nom::Err::Error((at, _)) | nom::Err::Failure((at, _)) => {
            InvalidSelector::Unexpected { at: text.len() - at.len() }
        }
        nom::Err::Incomplete(_) => InvalidSelector::Unexpected { at: text.len() },
    })?;
    if parts.len() > MATCHERS {
        return Err(InvalidSelector::TooLong);
    }
    if parts.iter().filter(|(label, ..)| label == NAME).count() > 1
        && !text.trim_start().starts_with('{')
    {
        return Err(InvalidSelector::NameTwice);
    }
    let all = parts.iter().map(|(label, operator, value)| Matcher::new(label, *operator, value));
    let matchers = Matchers::new(all.collect::<Result<_, _>>()?);
    if matchers.match_empty() { Err(InvalidSelector::MatchesAll) } else { Ok(matchers) }
}

type Part = (String, Operator, String);
type Rest<'a, T> = IResult<&'a str, T, (&'a str, ErrorKind)>;

/// `name`, `name{…}` or `{…}`
fn selector(input: &str) -> Rest<'_, Vec<Part>> {
    let (rest, name) = opt(metric_name).parse(input)?;
    let (rest, braces) = opt(padded(braces)).parse(rest)?;
    match (name, braces) {
        (None, None) => Err(nom::Err::Error((rest, ErrorKind::Char))),
        (name, braces) => {
            let name = name.map(|name| (NAME.to_owned(), Operator::Equal, name.to_owned()));
            Ok((rest, name.into_iter().chain(braces.unwrap_or_default()).collect()))
        }
    }
}

/// `{matcher, matcher,}`
fn braces(input: &str) -> Rest<'_, Vec<Part>> {
    let list = separated_list1(padded(char(',')), matcher);
    let list = opt(terminated(list, opt(padded(char(',')))));
    let (rest, list) =
        preceded(char('{'), cut(terminated(padded(list), char('}')))).parse(input)?;
    Ok((rest, list.unwrap_or_default()))
}

/// `label="value"`, or a name in quotes
fn matcher(input: &str) -> Rest<'_, Part> {
    let label = alt((quoted, map(label_name, str::to_owned)));
    let with_value = (label, padded(operator), quoted);
    let name_alone = map(quoted, |name| (NAME.to_owned(), Operator::Equal, name));
    alt((with_value, name_alone)).parse(input)
}

fn operator(input: &str) -> Rest<'_, Operator> {
    alt((
        value(Operator::Matches, tag("=~")),
        value(Operator::MatchesNot, tag("!~")),
        value(Operator::NotEqual, tag("!=")),
        value(Operator::Equal, tag("=")),
    ))
    .parse(input)
}

fn metric_name(input: &str) -> Rest<'_, &str> {
    let begins =
        take_while1(|character: char| character.is_ascii_alphabetic() || "_:".contains(character));
    let goes_on =
        take_while(|character: char| character.is_ascii_alphanumeric() || "_:".contains(character));
    recognize(pair(begins, goes_on)).parse(input)
}

fn label_name(input: &str) -> Rest<'_, &str> {
    let begins = take_while1(|character: char| character.is_ascii_alphabetic() || character == '_');
    let goes_on =
        take_while(|character: char| character.is_ascii_alphanumeric() || character == '_');
    recognize(pair(begins, goes_on)).parse(input)
}

/// Text in double or single quotes with escapes, or in back quotes without.
fn quoted(input: &str) -> Rest<'_, String> {
    let (rest, quote) = one_of("\"'`").parse(input)?;
    if quote == '`' {
        let raw = take_while(|character| character != '`');
        return terminated(map(raw, str::to_owned), char('`')).parse(rest);
    }
    let plain = map(
        take_while1(move |character| !matches!(character, '\\' | '\n') && character != quote),
        Text::Plain,
    );
    let escaped = map(preceded(char('\\'), escape), Text::Bytes);
    let bytes = fold_many0(alt((plain, escaped)), Vec::new, |mut bytes, text| {
        match text {
            Text::Plain(plain) => bytes.extend_from_slice(plain.as_bytes()),
            Text::Bytes(escaped) => bytes.extend(escaped),
        }
        bytes
    });
    map_opt(terminated(bytes, char(quote)), |bytes| String::from_utf8(bytes).ok()).parse(rest)
}

enum Text<'a> {
    Plain(&'a str),
    Bytes(Vec<u8>),
}

/// What stands behind a backslash, as in Go.
fn escape(input: &str) -> Rest<'_, Vec<u8>> {
    let (rest, kind) = one_of("abfnrtv\\\"'xuU01234567").parse(input)?;
    let byte = |byte: u8| Ok((rest, vec![byte]));
    match kind {
        'a' => byte(7),
        'b' => byte(8),
        'f' => byte(12),
        'n' => byte(b'\n'),
        'r' => byte(b'\r'),
        't' => byte(b'\t'),
        'v' => byte(11),
        'x' => map_opt(digits(2, 16), |number| u8::try_from(number).ok().map(|byte| vec![byte]))
            .parse(rest),
        'u' => map_opt(digits(4, 16), utf8).parse(rest),
        'U' => map_opt(digits(8, 16), utf8).parse(rest),
        '0'..='7' => {
            map_opt(digits(3, 8), |number| u8::try_from(number).ok().map(|byte| vec![byte]))
                .parse(input)
        }
        _ => Ok((rest, vec![kind as u8])),
    }
}

fn utf8(number: u32) -> Option<Vec<u8>> {
    char::from_u32(number).map(|character| character.to_string().into_bytes())
}

/// Reads exactly so many digits.
fn digits<'a>(
    count: usize,
    radix: u32,
) -> impl Parser<&'a str, Output = u32, Error = (&'a str, ErrorKind)> {
    map_opt(nom::bytes::complete::take(count), move |digits: &str| {
        let are_digits = digits.chars().all(|digit| digit.is_digit(radix));
        are_digits.then(|| u32::from_str_radix(digits, radix).ok())?
    })
}

fn padded<'a, O>(
    inner: impl Parser<&'a str, Output = O, Error = (&'a str, ErrorKind)>,
) -> impl Parser<&'a str, Output = O, Error = (&'a str, ErrorKind)> {
    delimited(multispace0, inner, multispace0)
}

/// Text that is not a selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidSelector {
    /// It is longer than 16 KiB, or has more than 64 matchers.
    TooLong,
    /// It is wrong at this byte.
    Unexpected {
        /// The offset of the byte.
        at: usize,
    },
    /// The name stands before the braces and in them.
    NameTwice,
    /// It selects everything, as none of its matchers excludes an empty value.
    MatchesAll,
    /// A matcher is wrong.
    Matcher(InvalidMatcher),
}

impl From<InvalidMatcher> for InvalidSelector {
    fn from(error: InvalidMatcher) -> Self {
        Self::Matcher(error)
    }
}

impl fmt::Display for InvalidSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => {
                write!(f, "a selector takes up to {LONGEST} bytes and {MATCHERS} matchers")
            }
            Self::Unexpected { at } => {
                write!(f, "not a selector such as up{{job=\"node\"}} (byte {at})")
            }
            Self::NameTwice => f.write_str("the name is told twice"),
            Self::MatchesAll => f.write_str("at least one matcher must not match an empty value"),
            Self::Matcher(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for InvalidSelector {}

#[cfg(test)]
mod tests {
    use super::*;
    use metric_query::Select;

    #[test]
    fn a_selector_selects_what_prometheus_would() {
        let cases = [
            ("up", "up", true),
            ("up", "up;job=a", true),
            ("up", "upx", false),
            (" up { job = \"a\" , } ", "up;job=a", true),
            ("up{}", "up", true),
            ("{__name__=\"up\"}", "up;a=b", true),
            ("{\"a.b c\"}", "a.b%20c;x=y", true),
            ("{\"a.b\",job!=\"x\"}", "a.b;job=y", true),
            ("{\"my.label\"=~'a|b',\"n\"}", "n;my.label=b", true),
            ("node:up:sum", "node:up:sum", true),
            ("up{a=\"\\x41\\u00e9\\101\\n\\\"\"}", "up;a=Aé%41", false),
            ("up{a=\"\\x41\\u00e9\\101\"}", "up;a=AéA", true),
            ("up{a=\"\\xc3\\xa9\"}", "up;a=é", true),
            ("up{a=`\\n`}", "up;a=\\n", true),
            ("{a!~\"x.*\",b=\"1\"}", "n;b=1", true),
        ];
        for (selector, key, expected) in cases {
            let matchers = parse_selector(selector);
            assert_eq!(matchers.map(|matchers| matchers.selects(key)), Ok(expected), "{selector}");
        }
    }

    #[test]
    fn what_is_no_selector_is_refused() {
        let unexpected = |at| InvalidSelector::Unexpected { at };
        let cases = [
            ("", unexpected(0)),
            ("1up", unexpected(0)),
            ("up{", unexpected(3)),
            ("up{job}", unexpected(3)),
            ("up{job=a}", unexpected(3)),
            ("up{job=\"a}", unexpected(3)),
            ("up{job=\"\\q\"}", unexpected(3)),
            ("up{job=\"\\xff\"}", unexpected(3)),
            ("up[5m]", unexpected(2)),
            ("up offset 5m", unexpected(3)),
            ("rate(up)", unexpected(4)),
            ("up,down", unexpected(2)),
            ("up{,}", unexpected(3)),
            ("{}", InvalidSelector::MatchesAll),
            ("{a=\"\"}", InvalidSelector::MatchesAll),
            ("{a=~\".*\"}", InvalidSelector::MatchesAll),
            ("up{__name__=\"x\"}", InvalidSelector::NameTwice),
            ("up{\"x\"}", InvalidSelector::NameTwice),
        ];
        for (selector, error) in cases {
            assert_eq!(parse_selector(selector).err(), Some(error), "{selector}");
        }
        assert!(matches!(parse_selector("{a=~\"(\"}"), Err(InvalidSelector::Matcher(_))));
        assert_eq!(parse_selector(&"a".repeat(LONGEST + 1)).err(), Some(InvalidSelector::TooLong));
    }
}
