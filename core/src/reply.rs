//! Replies: their fixed texts and their sample lines, written and read.
//!
//! ```text
//! reply = ok / error
//! ok    = "ok" LF *( key SP value SP timestamp LF ) LF
//! error = "error" LF "wrong command" LF LF
//! ```

use nom::Parser;
use nom::combinator::all_consuming;

use crate::key::Key;
use crate::limits::MIN_OUTPUT;
use crate::output::{Output, OutputFull};
use crate::sample::{Sample, key_and_sample, write_line};

/// The complete reply to a put that was stored.
pub(crate) const STORED: &[u8] = b"ok\n\n";

/// The complete reply to a wrong command and to a refused put.
pub const WRONG_COMMAND: &[u8] = b"error\nwrong command\n\n";

const _: () = assert!(
    WRONG_COMMAND.len() <= MIN_OUTPUT && STORED.len() <= MIN_OUTPUT,
    "the smallest output must hold every reply of fixed text"
);

/// How a reply with samples starts.
pub(crate) const OK: &[u8] = b"ok\n";

/// How a reply with samples ends.
pub(crate) const END: &[u8] = b"\n";

/// Writes a sample line with its line feed; returns its length.
///
/// # Errors
///
/// [`OutputFull`] if the output is shorter than that, which
/// [`Limits::sample_line`](crate::Limits::sample_line) bytes never are for a key within the limits.
pub fn write_sample(key: Key<'_>, sample: Sample, output: &mut [u8]) -> Result<usize, OutputFull> {
    let mut output = Output::new(output);
    write_line(&mut output, b"", (key, sample), 0)?;
    Ok(output.written())
}

/// Parses a sample line without its line end. Its key may have up to
/// [`LONGEST_KEY`](crate::LONGEST_KEY) bytes.
#[must_use]
pub fn parse_sample(line: &[u8]) -> Option<(Key<'_>, Sample)> {
    let (_, sample) = all_consuming(key_and_sample).parse(line).ok()?;
    Some(sample)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{LONGEST_KEY, Limits, MAX_KEY, MAX_SAMPLE_LINE};

    #[test]
    fn a_sample_line_that_is_written_reads_as_the_same() {
        let key = Key::new("palm.cpu").unwrap();
        let sample = Sample::new(30.0, -7).unwrap();
        let mut line = [0; 64];
        let length = write_sample(key, sample, &mut line).unwrap();
        assert_eq!(&line[..length], b"palm.cpu 30.0 -7\n");
        assert_eq!(parse_sample(&line[..length - 1]), Some((key, sample)));
        assert_eq!(write_sample(key, sample, &mut line[..length - 1]), Err(OutputFull));
    }

    #[test]
    fn the_longest_sample_line_fits_its_bound_exactly() {
        let name = [b'k'; LONGEST_KEY];
        let sample = Sample::new(-f64::MIN_POSITIVE, i64::MIN).unwrap();
        for limits in [1, MAX_KEY, LONGEST_KEY].map(Limits::desktop) {
            let key = Key::from_bytes(&name[..limits.key()]).unwrap();
            let mut line = [0; Limits::WIDEST.sample_line()];
            assert_eq!(write_sample(key, sample, &mut line), Ok(limits.sample_line()));
        }
        assert_eq!(Limits::DESKTOP.sample_line(), MAX_SAMPLE_LINE);
    }
}
