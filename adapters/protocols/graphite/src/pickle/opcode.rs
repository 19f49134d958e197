//! The opcodes of pickles that make lists of samples. Others are refused: among them are all that
//! name code.

use super::refusal::Refusal;
use super::text::{quoted, unicode};

/// The longest opcode that is read, its argument included. A text that is longer is no path.
pub(crate) const LONGEST_OPCODE: usize = 4096;

/// What an opcode says.
#[derive(Debug, PartialEq)]
pub(super) enum Opcode<'a> {
    /// Nothing that matters here.
    Nothing,
    Stop,
    Mark,
    /// A text as it is.
    Text(&'a [u8]),
    /// A text that had to be decoded.
    Decoded(Vec<u8>),
    /// A text that is too long to be a path, and so many bytes of which follow.
    LongText(usize),
    /// Integers are rounded as floats are, since each sample's value is a double.
    Number(f64),
    /// A value that is no part of a sample.
    Other,
    Pair,
    /// A tuple of the values behind the last mark.
    Tuple,
    /// A tuple of so many values, which is no sample.
    OddTuple(usize),
    EmptyList,
    /// A list of the values behind the last mark.
    List,
    Append,
    /// Appends the values behind the last mark.
    Appends,
    Put(usize),
    /// Puts under the next free number.
    Memoize,
    Get(usize),
}

/// Reads the opcode at the front; returns its length with it, or `None` if more input is needed.
pub(super) fn opcode(input: &[u8]) -> Result<Option<(Opcode<'_>, usize)>, Refusal> {
    let Some((&code, rest)) = input.split_first() else { return Ok(None) };
    let (opcode, length) = match read(code, Arguments { rest })? {
        Some((opcode, Arguments { rest })) => (Some(opcode), input.len() - rest.len()),
        // It is longer than the input.
        None => (None, input.len() + 1),
    };
    if length > LONGEST_OPCODE {
        return Err(Refusal::LongArgument);
    }
    Ok(opcode.map(|opcode| (opcode, length)))
}

type Read<'a> = Result<Option<(Opcode<'a>, Arguments<'a>)>, Refusal>;

fn read(code: u8, arguments: Arguments<'_>) -> Read<'_> {
    let plain = |opcode| Ok(Some((opcode, arguments)));
    match code {
        b'.' => plain(Opcode::Stop),
        b'(' => plain(Opcode::Mark),
        b']' => plain(Opcode::EmptyList),
        b'l' => plain(Opcode::List),
        b'a' => plain(Opcode::Append),
        b'e' => plain(Opcode::Appends),
        b't' => plain(Opcode::Tuple),
        b')' => plain(Opcode::OddTuple(0)),
        0x85 => plain(Opcode::OddTuple(1)),
        0x86 => plain(Opcode::Pair),
        0x87 => plain(Opcode::OddTuple(3)),
        0x94 => plain(Opcode::Memoize),
        b'N' => plain(Opcode::Other),
        0x88 => plain(Opcode::Number(1.0)),
        0x89 => plain(Opcode::Number(0.0)),
        // The protocol's number, and the size of a part that says nothing new.
        0x80 => Ok(arguments.bytes::<1>().map(|(_, rest)| (Opcode::Nothing, rest))),
        0x95 => Ok(arguments.bytes::<8>().map(|(_, rest)| (Opcode::Nothing, rest))),
        b'U' | 0x8c => Ok(arguments.length::<1>().and_then(text)),
        b'T' | b'X' => Ok(arguments.length::<4>().and_then(text)),
        b'S' => decoded(arguments, quoted),
        b'V' => decoded(arguments, unicode),
        b'K' => Ok(integer::<1>(arguments)),
        b'M' => Ok(integer::<2>(arguments)),
        b'J' => Ok(arguments.bytes().map(|(bytes, rest)| number(i32::from_le_bytes(bytes), rest))),
        b'G' => Ok(arguments.bytes().map(|(bytes, rest)| number(f64::from_be_bytes(bytes), rest))),
        0x8a => Ok(arguments.length::<1>().and_then(long)),
        b'I' | b'L' | b'F' => number_as_text(arguments),
        b'q' => Ok(memo::<1>(arguments, Opcode::Put)),
        b'r' => Ok(memo::<4>(arguments, Opcode::Put)),
        b'h' => Ok(memo::<1>(arguments, Opcode::Get)),
        b'j' => Ok(memo::<4>(arguments, Opcode::Get)),
        b'p' => memo_as_text(arguments, Opcode::Put),
        b'g' => memo_as_text(arguments, Opcode::Get),
        code => Err(Refusal::Opcode(code)),
    }
}

fn text<'a>((length, rest): (usize, Arguments<'a>)) -> Option<(Opcode<'a>, Arguments<'a>)> {
    if length > LONGEST_OPCODE - 5 {
        return Some((Opcode::LongText(length), rest));
    }
    let (text, rest) = rest.take(length)?;
    Some((Opcode::Text(text), rest))
}

fn decoded<'a>(arguments: Arguments<'a>, decode: fn(&[u8]) -> Option<Vec<u8>>) -> Read<'a> {
    let Some((line, rest)) = arguments.line() else { return Ok(None) };
    let text = decode(line).ok_or(Refusal::Text)?;
    Ok(Some((Opcode::Decoded(text), rest)))
}

fn number<'a>(number: impl Into<f64>, rest: Arguments<'a>) -> (Opcode<'a>, Arguments<'a>) {
    (Opcode::Number(number.into()), rest)
}

fn integer<const N: usize>(arguments: Arguments<'_>) -> Option<(Opcode<'_>, Arguments<'_>)> {
    let (integer, rest) = arguments.length::<N>()?;
    Some((Opcode::Number(integer as f64), rest))
}

/// Reads an integer of any length in two's complement.
fn long<'a>((length, rest): (usize, Arguments<'a>)) -> Option<(Opcode<'a>, Arguments<'a>)> {
    let (bytes, rest) = rest.take(length)?;
    let is_negative = bytes.last().is_some_and(|&byte| byte >= 0x80);
    let mut all = [if is_negative { 0xff } else { 0 }; 16];
    let number = match all.get_mut(..length) {
        Some(low) => {
            low.copy_from_slice(bytes);
            i128::from_le_bytes(all) as f64
        }
        // It may have no more digits than shorter ones, but nobody measures so much.
        None => f64::INFINITY,
    };
    Some((Opcode::Number(number), rest))
}

fn number_as_text(arguments: Arguments<'_>) -> Read<'_> {
    let Some((line, rest)) = arguments.line() else { return Ok(None) };
    let text = str::from_utf8(line.strip_suffix(b"L").unwrap_or(line)).ok();
    let parsed = text.and_then(|text| text.parse::<f64>().ok()).ok_or(Refusal::Text)?;
    Ok(Some(number(parsed, rest)))
}

fn memo<'a, const N: usize>(
    arguments: Arguments<'a>,
    opcode: fn(usize) -> Opcode<'a>,
) -> Option<(Opcode<'a>, Arguments<'a>)> {
    let (number, rest) = arguments.length::<N>()?;
    Some((opcode(number), rest))
}

fn memo_as_text<'a>(arguments: Arguments<'a>, opcode: fn(usize) -> Opcode<'a>) -> Read<'a> {
    let Some((line, rest)) = arguments.line() else { return Ok(None) };
    let number = str::from_utf8(line).ok().and_then(|text| text.parse().ok());
    Ok(Some((opcode(number.ok_or(Refusal::Text)?), rest)))
}

/// What follows an opcode.
#[derive(Clone, Copy)]
struct Arguments<'a> {
    rest: &'a [u8],
}

impl<'a> Arguments<'a> {
    fn take(self, count: usize) -> Option<(&'a [u8], Self)> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        Some((taken, Self { rest }))
    }

    fn bytes<const N: usize>(self) -> Option<([u8; N], Self)> {
        let (taken, rest) = self.rest.split_first_chunk()?;
        Some((*taken, Self { rest }))
    }

    /// Reads an unsigned number of up to four bytes, the lowest first.
    fn length<const N: usize>(self) -> Option<(usize, Self)> {
        let (bytes, rest) = self.bytes::<N>()?;
        let number = bytes.iter().rev().fold(0, |number, &byte| number << 8 | usize::from(byte));
        Some((number, rest))
    }

    /// Reads up to the next line feed.
    fn line(self) -> Option<(&'a [u8], Self)> {
        let (line, rest) = self.take(memchr::memchr(b'\n', self.rest)?)?;
        Some((line, rest.take(1)?.1))
    }
}
