//! Patterns of keys: `site*.{cpu,disk.*}`.
//!
//! A pattern is simulated as an automaton whose states are the offsets of its text. All states move
//! at once, character by character, so no pattern takes more steps than its length times that of
//! the key. There is no table: each step reads the token at its offset again.

mod seek;
mod states;
mod token;

use core::fmt;

use self::states::{LONG, SHORT, States, is_long};
use self::token::{One, Token, token};

/// A pattern of keys.
///
/// `*` matches any characters but dots, `**` any characters, `?` one that is not a dot, `[a-c]` and
/// `[!abc]` one of a set or not of it and never a dot, `{a,b.*}` one of the alternatives, and `\`
/// takes the character behind it as it is.
///
/// It holds its text as `T`: a `&str` borrows it, a `String` owns it.
///
/// ```
/// use metric_query::Glob;
///
/// let glob = Glob::new("palm.{cpu,disk.*}")?;
/// assert!(glob.matches("palm.disk.sda"));
/// assert!(!glob.matches("palm.disk.sda.reads"));
/// # Ok::<(), metric_query::InvalidPattern>(())
/// ```
#[derive(Clone, Debug)]
pub struct Glob<T> {
    text: T,
    /// The offsets of the characters `{`, `,` and `}` that stand for groups.
    groups: States<LONG>,
    /// The length of the text before the first character that stands for anything else.
    prefix: usize,
}

/// The longest pattern in bytes: as long as the longest key. One that ends with `.**`, and so selects all
/// below what another does, may be longer by that.
pub const MAX_PATTERN: usize = 1_000;

const BELOW: &str = ".**";

impl<T: AsRef<str>> Glob<T> {
    /// Checks a pattern.
    ///
    /// # Errors
    ///
    /// [`InvalidPattern`] says what is wrong, and where.
    pub fn new(text: T) -> Result<Self, InvalidPattern> {
        let groups = groups(text.as_ref())?;
        let special = |byte| matches!(byte, b'*' | b'?' | b'[' | b'{' | b'\\');
        let prefix = text.as_ref().bytes().position(special).unwrap_or(text.as_ref().len());
        Ok(Self { text, groups, prefix })
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.text.as_ref()
    }

    /// Returns the characters with which every key begins that it matches.
    #[must_use]
    pub fn literal_prefix(&self) -> &str {
        self.as_str().get(..self.prefix).unwrap_or_default()
    }

    /// Whether it matches a key.
    #[must_use]
    pub fn matches(&self, key: &str) -> bool {
        self.run(key).0
    }

    /// Whether it matches a key, and in how many steps that was found.
    fn run(&self, key: &str) -> (bool, usize) {
        match key.strip_prefix(self.literal_prefix()) {
            None => (false, 0),
            Some(rest) if is_long(self.as_str().len()) => self.run_behind_prefix::<LONG>(rest),
            Some(rest) => self.run_behind_prefix::<SHORT>(rest),
        }
    }

    fn run_behind_prefix<const WORDS: usize>(&self, rest: &str) -> (bool, usize) {
        let mut states = States::<WORDS>::one(self.prefix);
        let mut steps = 0;
        for character in rest.chars() {
            let mut next = States::NONE;
            steps += self.each(&mut states, |one, to| {
                if one.is_some_and(|one| one.has(character)) {
                    next.insert(to);
                }
            });
            if next.is_empty() {
                return (false, steps);
            }
            states = next;
        }
        let mut ends = false;
        steps += self.each(&mut states, |one, _| ends |= one.is_none());
        (ends, steps)
    }

    /// Calls `visit` for each way on from these states: what the next character has to be, and the
    /// state behind it; `None` for the end of the key. Returns the number of states.
    ///
    /// Where a state leads without a character, the other one is inserted. It is always further on,
    /// so one pass in ascending order finds all.
    fn each<const WORDS: usize>(
        &self,
        states: &mut States<WORDS>,
        mut visit: impl FnMut(Option<One<'_>>, usize),
    ) -> usize {
        let text = self.as_str();
        let (mut next, mut steps) = (states.next(0), 0);
        while let Some(at) = next {
            steps += 1;
            match token(text, at, &self.groups) {
                Token::One(one, to) => visit(Some(one), to),
                Token::Star { deep, to } => {
                    states.insert(to);
                    visit(Some(if deep { One::Any } else { One::NotDot }), at);
                }
                Token::Open => steps += self.open(states, at),
                // An alternative has ended: on to the end of its group, from bar to bar.
                Token::Bar => states.insert_some(self.groups.next(at + 1)),
                Token::Close => states.insert(at + 1),
                Token::End => visit(None, at),
            }
            next = states.next(at + 1);
        }
        steps
    }

    /// Inserts the beginnings of all alternatives of the group at `at`. Returns their number.
    fn open<const WORDS: usize>(&self, states: &mut States<WORDS>, mut at: usize) -> usize {
        let mut alternatives = 0;
        loop {
            states.insert(at + 1);
            alternatives += 1;
            match self.groups.next(at + 1) {
                Some(bar) if self.as_str().as_bytes().get(bar) == Some(&b',') => at = bar,
                _ => return alternatives,
            }
        }
    }
}

/// Returns the offsets of the characters that stand for groups, or what is wrong.
fn groups(text: &str) -> Result<States<LONG>, InvalidPattern> {
    let wrong = |error, at| Err(InvalidPattern { error, at });
    if text.strip_suffix(BELOW).unwrap_or(text).len() > MAX_PATTERN {
        return wrong(PatternError::TooLong, MAX_PATTERN);
    }
    let mut groups = States::NONE;
    let (mut at, mut open) = (0, None);
    while let Some(byte) = text.as_bytes().get(at) {
        let is_group = match (byte, open) {
            (b'{', Some(_)) => return wrong(PatternError::Nested, at),
            (b'}', None) => return wrong(PatternError::NotOpen, at),
            (b'{' | b'}', _) | (b',', Some(_)) => true,
            _ => false,
        };
        if is_group {
            groups.insert(at);
            open = if *byte == b'}' { None } else { open.or(Some(at)) };
            at += 1;
        } else {
            at = token::checked(text, at).map_err(|error| InvalidPattern { error, at })?;
        }
    }
    match open {
        Some(at) => wrong(PatternError::NotClosed, at),
        None => Ok(groups),
    }
}

/// Text that is not a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidPattern {
    /// What is wrong.
    pub error: PatternError,
    /// The offset of the byte where it is wrong.
    pub at: usize,
}

/// What is wrong with a pattern.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternError {
    /// It is longer than [`MAX_PATTERN`].
    TooLong,
    /// A group is in a group.
    Nested,
    /// A group or a set ends that has not begun.
    NotOpen,
    /// A group or a set has no end.
    NotClosed,
    /// A set has no characters.
    EmptySet,
    /// The range of a set ends before it begins.
    Reversed,
    /// Nothing stands behind a `\`.
    NothingEscaped,
}

impl fmt::Display for InvalidPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.error {
            PatternError::TooLong => "a pattern takes up to 1000 bytes",
            PatternError::Nested => "a group cannot be in another group",
            PatternError::NotOpen => "nothing is closed here; write `\\` before the character",
            PatternError::NotClosed => "`]` or `}` is missing; or write `\\` before the character",
            PatternError::EmptySet => "a set needs a character",
            PatternError::Reversed => "a range of characters ends before it begins",
            PatternError::NothingEscaped => "nothing follows the `\\`",
        })?;
        write!(f, " (byte {})", self.at)
    }
}

impl core::error::Error for InvalidPattern {}

#[cfg(test)]
mod tests;
