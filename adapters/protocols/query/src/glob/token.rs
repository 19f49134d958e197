//! The tokens of a pattern, read where they stand.

use super::PatternError;
use super::states::{LONG, States};

/// What stands at an offset of a pattern, and where the next token stands.
pub(super) enum Token<'a> {
    One(One<'a>, usize),
    Star { deep: bool, to: usize },
    Open,
    Bar,
    Close,
    End,
}

/// What one character of a key has to be.
#[derive(Clone, Copy)]
pub(super) enum One<'a> {
    Literal(char),
    NotDot,
    Any,
    Set { body: &'a str, negated: bool },
}

/// Reads the token at an offset of a pattern that was checked.
pub(super) fn token<'a>(text: &'a str, at: usize, groups: &States<LONG>) -> Token<'a> {
    let rest = text.get(at..).unwrap_or_default();
    match rest.as_bytes() {
        [] => Token::End,
        [b'{', ..] => Token::Open,
        [b',', ..] if groups.has(at) => Token::Bar,
        [b'}', ..] => Token::Close,
        [b'*', b'*', ..] => Token::Star { deep: true, to: at + 2 },
        [b'*', ..] => Token::Star { deep: false, to: at + 1 },
        [b'?', ..] => Token::One(One::NotDot, at + 1),
        [b'[', ..] => match set(rest) {
            Some((body, negated, length)) => Token::One(One::Set { body, negated }, at + length),
            None => Token::End,
        },
        _ => match escaped(rest) {
            Some((character, length)) => Token::One(One::Literal(character), at + length),
            None => Token::End,
        },
    }
}

/// Returns where the token behind the one at `at` stands, or what is wrong with that one.
pub(super) fn checked(text: &str, at: usize) -> Result<usize, PatternError> {
    let rest = text.get(at..).unwrap_or_default();
    match rest.as_bytes() {
        [b']', ..] => Err(PatternError::NotOpen),
        [b'[', ..] => {
            let (body, _, length) = set(rest).ok_or(PatternError::NotClosed)?;
            if body.is_empty() {
                return Err(PatternError::EmptySet);
            }
            let is_reversed = ranges(body).any(|(low, high)| low > high);
            if is_reversed { Err(PatternError::Reversed) } else { Ok(at + length) }
        }
        _ => match escaped(rest) {
            Some((_, length)) => Ok(at + length),
            None => Err(PatternError::NothingEscaped),
        },
    }
}

/// Reads a set: what is between its brackets, whether it is negated, and the length of it all.
fn set(text: &str) -> Option<(&str, bool, usize)> {
    let (negated, begin) = if text.starts_with("[!") { (true, 2) } else { (false, 1) };
    let mut end = begin;
    loop {
        match text.as_bytes().get(end)? {
            b']' => return Some((text.get(begin..end)?, negated, end + 1)),
            _ => end += escaped(text.get(end..)?)?.1,
        }
    }
}

/// Reads a character, which may stand behind a `\`. Returns it with the length of its text.
fn escaped(text: &str) -> Option<(char, usize)> {
    let (escape, text) = text.strip_prefix('\\').map_or((0, text), |text| (1, text));
    let character = text.chars().next()?;
    Some((character, escape + character.len_utf8()))
}

/// Reads the ranges of a set: `a-c` is one, and each other character is one of its own.
fn ranges(mut body: &str) -> impl Iterator<Item = (char, char)> {
    core::iter::from_fn(move || {
        let low = take(&mut body)?;
        let high = body.strip_prefix('-').and_then(|mut rest| Some((take(&mut rest)?, rest)));
        if let Some((_, rest)) = high {
            body = rest;
        }
        Some((low, high.map_or(low, |(high, _)| high)))
    })
}

fn take(body: &mut &str) -> Option<char> {
    let (character, length) = escaped(body)?;
    *body = body.get(length..)?;
    Some(character)
}

impl One<'_> {
    pub(super) fn has(self, character: char) -> bool {
        match self {
            Self::Literal(literal) => literal == character,
            Self::NotDot => character != '.',
            Self::Any => true,
            Self::Set { body, negated } => {
                character != '.'
                    && ranges(body).any(|(low, high)| low <= character && character <= high)
                        != negated
            }
        }
    }

    /// Returns a lower bound of the characters that it has and that are greater than the given one;
    /// `None` if there are none.
    pub(super) fn after(self, character: char) -> Option<char> {
        let next = successor(character)?;
        match self {
            Self::Literal(literal) => Some(literal).filter(|literal| *literal >= next),
            Self::Any => Some(next),
            // Whether the next one is in the set does not matter for a lower bound.
            Self::NotDot | Self::Set { negated: true, .. } => Some(not_dot(next)),
            Self::Set { body, .. } => {
                let greater = ranges(body).filter(|(_, high)| *high >= next);
                greater.map(|(low, _)| not_dot(low.max(next))).min()
            }
        }
    }
}

/// Returns the smallest character of a key that is greater than the given one.
fn successor(character: char) -> Option<char> {
    let next = match character {
        '\u{d7ff}' => '\u{e000}',
        _ => char::from_u32(character as u32 + 1)?,
    };
    Some(next.max('!'))
}

fn not_dot(character: char) -> char {
    if character == '.' { '/' } else { character }
}
