//! Reads numbers with minimal-lexical, in its form that is small and slow.

#![no_std]

pub fn parse_partial<T: From<f64>, S: AsRef<[u8]>>(input: S) -> Result<(T, usize), ()> {
    let text = input.as_ref();
    let (negative, rest) = sign(text);
    let (whole, rest) = digits(rest);
    let (fraction, rest) = match rest {
        [b'.', rest @ ..] => digits(rest),
        _ => (&rest[..0], rest),
    };
    let (exponent, rest) = match rest {
        [b'e' | b'E', rest @ ..] => exponent(rest)?,
        _ => (0, rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(());
    }
    let zeros = whole.iter().take_while(|&&digit| digit == b'0').count();
    let ends = fraction.iter().rev().take_while(|&&digit| digit == b'0').count();
    let fraction = &fraction[..fraction.len() - ends];
    let value: f64 =
        minimal_lexical::parse_float(whole[zeros..].iter(), fraction.iter(), exponent);
    Ok((T::from(if negative { -value } else { value }), text.len() - rest.len()))
}

fn sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().take_while(|byte| byte.is_ascii_digit()).count())
}

fn exponent(text: &[u8]) -> Result<(i32, &[u8]), ()> {
    let (negative, rest) = sign(text);
    let (digits, rest) = digits(rest);
    if digits.is_empty() {
        return Err(());
    }
    let number = digits.iter().fold(0i32, |number, digit| {
        number.saturating_mul(10).saturating_add(i32::from(digit - b'0'))
    });
    Ok((if negative { -number } else { number }, rest))
}
