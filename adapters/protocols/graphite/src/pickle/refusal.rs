//! Why a frame is refused.

use std::fmt;

/// Why a frame is no pickle of samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The frame claims to be longer than frames may be.
    LongFrame(u32),
    /// This opcode makes no list of samples.
    Opcode(u8),
    /// An argument of an opcode is too long.
    LongArgument,
    /// A text is not written as Python writes it.
    Text,
    /// A value is missing that an opcode takes.
    NoValue,
    /// A mark is missing that an opcode goes back to.
    NoMark,
    /// There is something else than one list with samples in it.
    NoList,
    /// A number of the memo under which there is nothing, or that is far beyond those in use.
    Memo(usize),
    /// There are more values at once than a list of samples needs.
    TooMany,
    /// The frame ends before the pickle does.
    Short,
    /// All frames together take too much memory.
    NoRoom,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LongFrame(length) => write!(f, "it claims a length of {length} bytes"),
            Self::Opcode(code) => match name(*code) {
                Some(name) => write!(f, "opcode {name} is refused"),
                None => write!(f, "opcode {code:#04x} is refused"),
            },
            Self::LongArgument => f.write_str("the argument of an opcode is too long"),
            Self::Text => f.write_str("a text or a number is malformed"),
            Self::NoValue => f.write_str("a value is missing"),
            Self::NoMark => f.write_str("a mark is missing"),
            Self::NoList => f.write_str("it is not one list of samples"),
            Self::Memo(number) => write!(f, "nothing is at {number} in the memo"),
            Self::TooMany => f.write_str("too many values at once"),
            Self::Short => f.write_str("it ends before the pickle does"),
            Self::NoRoom => f.write_str("all frames together take too much memory"),
        }
    }
}

/// Returns the name of an opcode that could run code, or that a list of samples never has.
fn name(code: u8) -> Option<&'static str> {
    Some(match code {
        b'c' => "GLOBAL",
        0x93 => "STACK_GLOBAL",
        b'R' => "REDUCE",
        b'b' => "BUILD",
        b'i' => "INST",
        b'o' => "OBJ",
        0x81 => "NEWOBJ",
        0x92 => "NEWOBJ_EX",
        0x82 => "EXT1",
        0x83 => "EXT2",
        0x84 => "EXT4",
        b'P' => "PERSID",
        b'Q' => "BINPERSID",
        b'}' => "EMPTY_DICT",
        b'd' => "DICT",
        b's' => "SETITEM",
        b'u' => "SETITEMS",
        0x8b => "LONG4",
        b'B' => "BINBYTES",
        b'C' => "SHORT_BINBYTES",
        0x8d => "BINUNICODE8",
        0x8e => "BINBYTES8",
        b'0' => "POP",
        b'1' => "POP_MARK",
        b'2' => "DUP",
        _ => return None,
    })
}
