//! The grammar of targets, one function for each rule.

use std::fmt;

use nom::branch::alt;
use nom::bytes::complete::{tag, tag_no_case, take_while, take_while1};
use nom::character::complete::{anychar, char, digit1, none_of, one_of};
use nom::combinator::{eof, not, opt, peek, recognize, value};
use nom::error::{ErrorKind, ParseError};
use nom::multi::{many0_count, many1_count};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

use super::target::{Call, Expression, Literal, Span};

/// The longest target in bytes.
pub const MAX_TARGET: usize = 16 * 1024;

/// How deep calls may be in each other, pipes counted.
pub const MAX_DEPTH: usize = 32;

/// Reads a target.
///
/// # Errors
///
/// [`InvalidTarget`] says what was expected, and where.
pub fn parse_target(text: &str) -> Result<Expression, InvalidTarget> {
    if text.len() > MAX_TARGET {
        return Err(InvalidTarget { expected: "at most 16384 bytes", at: MAX_TARGET });
    }
    let rules = Rules { text, depth: 0 };
    let whole = |input| {
        let (rest, target) = rules.expression(input)?;
        let end = alt((eof, wrong("the end of the target")));
        terminated(take_while(char::is_whitespace), end).parse(rest).map(|_| ("", target))
    };
    match whole(text) {
        Ok((_, target)) => Ok(target),
        Err(nom::Err::Error(wrong) | nom::Err::Failure(wrong)) => {
            let at = text.len() - wrong.rest;
            // Where a group does not end, a path ends before it.
            let is_open = text.get(at..).is_some_and(|rest| rest.starts_with('{'));
            let expected = if is_open { "a `}` for the `{`" } else { wrong.expected };
            Err(InvalidTarget { expected, at })
        }
        Err(nom::Err::Incomplete(_)) => unreachable!("complete parsers need no more"),
    }
}

/// The rules inside so many calls.
#[derive(Clone, Copy)]
struct Rules<'a> {
    text: &'a str,
    depth: usize,
}

type Parsed<'a, T> = IResult<&'a str, T, Wrong>;

impl<'a> Rules<'a> {
    /// A call or a path, and the calls into which it is piped.
    fn expression(self, input: &'a str) -> Parsed<'a, Expression> {
        let input = input.trim_start();
        let path =
            |input| path(input).map(|(rest, path)| (rest, Expression::Path(path.to_owned())));
        let call = |input| self.call(input).map(|(rest, call)| (rest, Expression::Call(call)));
        let (mut rest, mut piped) = alt((call, path, wrong("a path or a call"))).parse(input)?;
        while let Ok((after, _)) = token('|').parse(rest) {
            let (behind, mut call) = fail(self.call(after), after, "a call")?;
            self.deeper(piped.depth(), behind)?;
            call.arguments.insert(0, piped);
            (rest, piped) = (behind, Expression::Call(call));
        }
        Ok((rest, piped))
    }

    fn call(self, input: &'a str) -> Parsed<'a, Call> {
        let start = self.at(input.trim_start());
        let (input, name) = terminated(name, token('(')).parse(input)?;
        let inside = self.deeper(0, input)?;
        let (input, (arguments, keywords)) = inside.arguments(input)?;
        let (rest, _) = fail(token(')').parse(input), input, "`,` or `)`")?;
        let span = Span { start, end: self.at(rest) };
        Ok((rest, Call { name: name.to_owned(), arguments, keywords, span }))
    }

    fn arguments(self, mut input: &'a str) -> Parsed<'a, (Vec<Expression>, Vec<Keyword>)> {
        let (mut arguments, mut keywords) = (Vec::new(), Vec::new());
        if token(')').parse(input).is_ok() {
            return Ok((input, (arguments, keywords)));
        }
        loop {
            match terminated(name, token('=')).parse(input) {
                Ok((rest, name)) => {
                    let (rest, argument) = self.argument(rest)?;
                    keywords.push((name.to_owned(), argument));
                    input = rest;
                }
                Err(_) if !keywords.is_empty() => return fail(Err(REFUSED), input, "`name=`"),
                Err(_) => {
                    let (rest, argument) = self.argument(input)?;
                    arguments.push(argument);
                    input = rest;
                }
            }
            match token(',').parse(input) {
                Ok((rest, _)) => input = rest,
                Err(_) => return Ok((input, (arguments, keywords))),
            }
        }
    }

    fn argument(self, input: &'a str) -> Parsed<'a, Expression> {
        let input = input.trim_start();
        let literal = literal.map(Expression::Literal);
        let expression = |input| self.expression(input);
        let parsed = alt((literal, expression)).parse(input);
        fail(parsed, input, "an argument")
    }

    /// Returns the rules inside one more call, if there may be one around so many others.
    fn deeper(self, around: usize, input: &'a str) -> Result<Self, nom::Err<Wrong>> {
        if self.depth + around >= MAX_DEPTH {
            let expected = "at most 32 calls in each other";
            return Err(nom::Err::Failure(Wrong { expected, rest: input.len() }));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }

    /// Returns the offset of the rest.
    fn at(self, rest: &str) -> usize {
        self.text.len() - rest.len()
    }
}

type Keyword = (String, Expression);

/// Returns whether a path is one within the parentheses of a call, too, and not a literal or a keyword.
pub(crate) fn reads_as_path(path: &str) -> bool {
    let inside = format!("{path})");
    // A number that is too large is no path, either.
    let is_none = matches!(literal(&inside), Err(nom::Err::Error(_)));
    is_none && terminated(name, token('=')).parse(&*inside).is_err()
}

/// A path: any characters but those that mean something in a target. Those stand behind a `\`, and
/// commas also between braces.
fn path(input: &str) -> Parsed<'_, &str> {
    let plain = |separator| {
        let escaped = preceded(char('\\'), none_of("\n\r")).map(|_| ());
        let other = take_while1(move |one| separator == Some(one) || is_plain(one)).map(|_| ());
        alt((escaped, other))
    };
    let group = delimited(char('{'), many0_count(plain(Some(','))), char('}')).map(|_| ());
    recognize(many1_count(alt((group, plain(None))))).parse(input)
}

fn is_plain(one: char) -> bool {
    !(one.is_whitespace() || one.is_control() || "(){},'\"\\|".contains(one))
}

/// The name of a function or an argument.
fn name(input: &str) -> Parsed<'_, &str> {
    let input = input.trim_start();
    let first = |one: char| one.is_ascii_alphabetic() || one == '_';
    let (_, _) = peek(take_while1(first)).parse(input)?;
    take_while1(|one: char| one.is_ascii_alphanumeric() || one == '_').parse(input)
}

fn literal(input: &str) -> Parsed<'_, Literal> {
    let word = alt((
        value(Literal::Boolean(true), tag_no_case("true")),
        value(Literal::Boolean(false), tag_no_case("false")),
        value(Literal::None, tag_no_case("none")),
        value(Literal::Infinity, tag_no_case("inf")),
    ));
    alt((terminated(alt((number, word)), end_of_argument), quoted)).parse(input)
}

/// A number: `1`, `-1.5`, `2e-3`.
fn number(input: &str) -> Parsed<'_, Literal> {
    let sign = || opt(char('-'));
    let fraction = opt((char('.'), digit1));
    let exponent = opt((one_of("eE"), sign(), digit1));
    let (rest, text) = recognize((sign(), digit1, fraction, exponent)).parse(input)?;
    let float = || text.parse().ok().filter(|number: &f64| number.is_finite());
    match (text.parse(), float()) {
        (Ok(number), _) => Ok((rest, Literal::Integer(number))),
        (_, Some(number)) => Ok((rest, Literal::Float(number))),
        _ => fail(Err(REFUSED), input, "a smaller number"),
    }
}

/// What stands behind a literal that is no path.
fn end_of_argument(input: &str) -> Parsed<'_, ()> {
    let space = take_while(char::is_whitespace);
    peek(preceded(space, alt((eof, tag(","), tag(")"))))).map(|_| ()).parse(input)
}

/// Text between quotes. A `\` stays in it, and keeps a quote behind it from ending the text.
fn quoted(input: &str) -> Parsed<'_, Literal> {
    let (input, quote) = one_of("'\"").parse(input)?;
    let escaped = preceded(char('\\'), anychar);
    let other = preceded(not(one_of("\n\r")), anychar);
    let one = preceded(not(char(quote)), alt((escaped, other)));
    let (rest, text) = recognize(many0_count(one)).parse(input)?;
    let (rest, _) = fail(char(quote).parse(rest), rest, "the end of the text in quotes")?;
    Ok((rest, Literal::Text(text.to_owned())))
}

/// A character with white space before it.
fn token<'a>(one: char) -> impl Parser<&'a str, Output = char, Error = Wrong> {
    preceded(take_while(char::is_whitespace), char(one))
}

/// Always fails.
fn wrong<'a, T>(expected: &'static str) -> impl Fn(&'a str) -> Parsed<'a, T> {
    move |input: &str| Err(nom::Err::Error(Wrong { expected, rest: input.trim_start().len() }))
}

/// Turns an error into one that no other rule can mend.
fn fail<'a, T>(parsed: Parsed<'a, T>, input: &str, expected: &'static str) -> Parsed<'a, T> {
    parsed.map_err(|error| match error {
        nom::Err::Error(_) => nom::Err::Failure(Wrong { expected, rest: input.trim_start().len() }),
        other => other,
    })
}

const REFUSED: nom::Err<Wrong> = nom::Err::Error(Wrong { expected: "", rest: 0 });

/// What was expected before the last `rest` bytes.
#[derive(Clone, Copy, Debug)]
struct Wrong {
    expected: &'static str,
    rest: usize,
}

impl ParseError<&str> for Wrong {
    fn from_error_kind(input: &str, _: ErrorKind) -> Self {
        Self { expected: "something else", rest: input.len() }
    }

    fn append(_: &str, _: ErrorKind, other: Self) -> Self {
        other
    }
}

/// Text that is not a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidTarget {
    /// What was expected.
    pub expected: &'static str,
    /// The offset of the byte where it was expected.
    pub at: usize,
}

impl fmt::Display for InvalidTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {} at byte {}", self.expected, self.at)
    }
}

impl std::error::Error for InvalidTarget {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(path: &str) -> Expression {
        Expression::Path(path.into())
    }

    fn call(name: &str, arguments: Vec<Expression>) -> Expression {
        let span = Span::default();
        Expression::Call(Call { name: name.into(), arguments, keywords: Vec::new(), span })
    }

    fn text(text: &str) -> Expression {
        Expression::Literal(Literal::Text(text.into()))
    }

    #[test]
    fn a_target_is_a_path_or_a_call_and_pipes_are_calls() {
        use Literal::{Boolean, Float, Infinity, Integer, None};
        let literal = |literal| call("f", vec![Expression::Literal(literal)]);
        let cases = [
            ("a.b", path("a.b")),
            (" a.b ", path("a.b")),
            ("a.*.{b,c.d}[0-9]?", path("a.*.{b,c.d}[0-9]?")),
            ("cpu;host=a;zone=b", path("cpu;host=a;zone=b")),
            (r"a\,b.c\(d\)", path(r"a\,b.c\(d\)")),
            ("1.2", path("1.2")),
            ("ключ.é", path("ключ.é")),
            ("f()", call("f", vec![])),
            ("f ( a , b )", call("f", vec![path("a"), path("b")])),
            ("f(1)", literal(Integer(1))),
            ("f(-1.5)", literal(Float(-1.5))),
            ("f(1e3)", literal(Float(1000.0))),
            ("f(TRUE)", literal(Boolean(true))),
            ("f(none)", literal(None)),
            ("f(inf)", literal(Infinity)),
            ("f(99999999999999999999)", literal(Float(1e20))),
            ("f(1.a)", call("f", vec![path("1.a")])),
            ("f(truely)", call("f", vec![path("truely")])),
            ("f('a\"b')", call("f", vec![text("a\"b")])),
            (r#"f("a\"b\1")"#, call("f", vec![text(r#"a\"b\1"#)])),
            ("a|f()|g('x')", call("g", vec![call("f", vec![path("a")]), text("x")])),
            ("f(a | g(), b)", call("f", vec![call("g", vec![path("a")]), path("b")])),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_target(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn an_argument_may_have_a_name() {
        let Ok(Expression::Call(call)) = parse_target("f(a, by=2, other = 'x')") else { panic!() };
        let named = |name: &str, literal| (name.to_owned(), Expression::Literal(literal));
        let expected =
            [named("by", Literal::Integer(2)), named("other", Literal::Text("x".to_owned()))];
        assert_eq!(call.arguments, [path("a")]);
        assert_eq!(call.keywords, expected);
        assert_eq!((call.span.start, call.span.end), (0, 23));
    }

    #[test]
    fn what_is_no_target_is_told_with_its_place() {
        let deep = "f(".repeat(MAX_DEPTH + 1);
        let pipes = format!("a{}", "|f()".repeat(MAX_DEPTH + 1));
        let nested = format!("{}a{}|g()", "f(".repeat(MAX_DEPTH), ")".repeat(MAX_DEPTH));
        let long = "a".repeat(MAX_TARGET + 1);
        let cases = [
            ("", "a path or a call", 0),
            ("   ", "a path or a call", 3),
            ("a b", "the end of the target", 2),
            ("f(a", "`,` or `)`", 3),
            ("f(a))", "the end of the target", 4),
            ("f(a,)", "an argument", 4),
            ("f('a)", "the end of the text in quotes", 5),
            ("f(x=1, a)", "`name=`", 7),
            ("a|b", "a call", 2),
            ("f(1e999)", "a smaller number", 2),
            ("{a", "a `}` for the `{`", 0),
            ("palm.{cpu", "a `}` for the `{`", 5),
            ("f(palm.{cpu)", "a `}` for the `{`", 7),
            (&*deep, "at most 32 calls in each other", 66),
            (&*pipes, "at most 32 calls in each other", 133),
            (&*nested, "at most 32 calls in each other", 101),
            (&*long, "at most 16384 bytes", MAX_TARGET),
        ];
        for (text, expected, at) in cases {
            assert_eq!(parse_target(text), Err(InvalidTarget { expected, at }), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_target_that_is_written_reads_back(text in "([a-f.*{},'\"|()=1-3 \\\\-]|true|none|inf|1e){0,30}") {
            if let Ok(target) = parse_target(&text) {
                let written = target.to_string();
                prop_assert_eq!(parse_target(&written), Ok(target), "{}", written);
            }
        }

        #[test]
        fn no_text_is_too_strange_to_read(text in "\\PC{0,60}") {
            if let Err(wrong) = parse_target(&text) {
                prop_assert!(wrong.at <= text.len());
            }
        }
    }
}
