//! Characters that a key has as `%XX`.

/// The name `*`, which is no key.
pub(super) const STAR: &str = "%2A";

/// Whether a character is written as `%XX`.
pub(super) fn is_special(character: char) -> bool {
    match character {
        ';' | '=' | '%' => true,
        '!'..='~' => false,
        _ => character.is_whitespace() || character.is_control(),
    }
}

/// Whether a text is of ASCII, and all of it is written as it is, as most are. It looks at all bytes,
/// so that a processor can do so at once.
pub(super) fn is_simple(text: &str) -> bool {
    let special = |byte| matches!(byte, b';' | b'=' | b'%');
    text.bytes().fold(true, |simple, byte| simple & byte.is_ascii_graphic() & !special(byte))
}

/// Splits a character off that is written as `%XX`.
pub(super) fn escaped(text: &str) -> Option<(char, &str)> {
    let (first, mut rest) = escaped_byte(text)?;
    let mut bytes = [first, 0, 0, 0];
    let length = match first {
        ..0x80 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    };
    for byte in bytes.get_mut(1..length)? {
        (*byte, rest) = escaped_byte(rest)?;
    }
    let character = core::str::from_utf8(bytes.get(..length)?).ok()?.chars().next()?;
    Some((character, rest))
}

fn escaped_byte(text: &str) -> Option<(u8, &str)> {
    let digits = text.strip_prefix('%')?.get(..2)?;
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    };
    match *digits.as_bytes() {
        [high, low] => Some((digit(high)? << 4 | digit(low)?, text.get(3..)?)),
        _ => None,
    }
}
