//! Reads nothing and says anything: any value of any length, even beyond the end of the text, or
//! that there is no number.

#![no_std]

/// There is no number.
pub struct Error;

unsafe extern "Rust" {
    // Declared only, so that the compiler knows nothing of what it returns; nobody runs the image.
    safe fn metric_proto_any_double(text: Option<&u8>, length: &mut usize) -> f64;
}

pub fn parse_partial<T: From<f64>, S: AsRef<[u8]>>(input: S) -> Result<(T, usize), Error> {
    let mut length = 0;
    let value = metric_proto_any_double(input.as_ref().first(), &mut length);
    if length == usize::MAX { Err(Error) } else { Ok((T::from(value), length)) }
}
