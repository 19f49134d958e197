//! The texts of pickles of protocol 0, which are written as Python's literals.

/// Decodes a text in quotes, `'a\'b\x7f'`.
pub(super) fn quoted(literal: &[u8]) -> Option<Vec<u8>> {
    let (quote, rest) = literal.split_first()?;
    let mut rest = rest.strip_suffix(&[*quote]).filter(|_| matches!(quote, b'\'' | b'"'))?;
    let mut text = Vec::with_capacity(rest.len());
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'\\' {
            text.push(first);
            continue;
        }
        let (&escape, after) = rest.split_first()?;
        rest = after;
        match escape {
            b'\\' | b'\'' | b'"' => text.push(escape),
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'x' => {
                let (digits, after) = rest.split_at_checked(2)?;
                text.push(u8::try_from(hexadecimal(digits)?).ok()?);
                rest = after;
            }
            // Python leaves a backslash alone that escapes nothing.
            _ => text.extend_from_slice(&[b'\\', escape]),
        }
    }
    Some(text)
}

/// Decodes Latin-1 with `\u` and `\U` for other characters, to UTF-8.
pub(super) fn unicode(literal: &[u8]) -> Option<Vec<u8>> {
    let (mut text, mut rest) = (String::with_capacity(literal.len()), literal);
    while let Some((&first, after)) = rest.split_first() {
        let digits = match after.first() {
            Some(b'u') if first == b'\\' => 4,
            Some(b'U') if first == b'\\' => 8,
            _ => {
                text.push(char::from(first));
                rest = after;
                continue;
            }
        };
        let (number, after) = after.get(1..)?.split_at_checked(digits)?;
        text.push(char::from_u32(hexadecimal(number)?)?);
        rest = after;
    }
    Some(text.into_bytes())
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |number, &digit| {
        Some(number.checked_mul(16)? + char::from(digit).to_digit(16)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_decoded_as_python_wrote_them() {
        for (literal, expected) in [
            (&b"''"[..], Some(&b""[..])),
            (b"'palm.cpu'", Some(b"palm.cpu")),
            (b"\"it's\"", Some(b"it's")),
            (br"'a\\b\'c\n\x7f'", Some(b"a\\b'c\n\x7f")),
            (b"'a", None),
            (b"'", None),
            (b"a", None),
            (b"", None),
            (br"'\x7'", None),
            (br"'a\'", None),
            (br"'\q'", Some(br"\q")),
            (b"'it's'", Some(b"it's")),
        ] {
            assert_eq!(quoted(literal).as_deref(), expected, "{}", literal.escape_ascii());
        }
        for (literal, expected) in [
            (&b"palm.cpu"[..], Some("palm.cpu")),
            (b"\xe9", Some("\u{e9}")),
            (br"\u043a\U0001f600\n", Some("\u{43a}\u{1f600}\\n")),
            (br"\u043", None),
            (br"\ud800", None),
            (br"\UFFFFFFFF", None),
        ] {
            let expected = expected.map(|text| text.as_bytes().to_vec());
            assert_eq!(unicode(literal), expected, "{}", literal.escape_ascii());
        }
    }
}
