//! Reads numbers with the core library.

#![no_std]

pub fn parse_partial<T: From<f64>, S: AsRef<[u8]>>(input: S) -> Result<(T, usize), ()> {
    let input = input.as_ref();
    let length = input.iter().position(|&byte| byte == b' ').unwrap_or(input.len());
    let text = core::str::from_utf8(&input[..length]).map_err(|_| ())?;
    let value: f64 = text.parse().map_err(|_| ())?;
    Ok((T::from(value), length))
}
