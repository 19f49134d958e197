//! Recognises input that is no text by its first bytes, so that it is refused in one line.

use std::io::{self, Cursor, Read};

/// An input that fails at its beginning if it is no text.
pub(super) struct Text<R> {
    /// The bytes that were read to recognise the input; `None` before the first reading.
    front: Option<Cursor<Vec<u8>>>,
    input: R,
    /// Whether the input ended while it was recognised. A terminal would wait if it were read again.
    ended: bool,
}

/// The first bytes of files that are no text, and what to do about them.
const SIGNATURES: [(&[u8], &str); 10] = [
    (b"\x1f\x8b", "it is compressed with gzip; name it .gz, or decompress it"),
    (b"\x28\xb5\x2f\xfd", "it is compressed with zstd; decompress it"),
    (b"\xfd7zXZ\0", "it is compressed with xz; decompress it"),
    (b"BZh91AY&SY", "it is compressed with bzip2; decompress it"),
    (b"PK\x03\x04", "it is a ZIP archive, as .xlsx and .ods files are; save or extract it as CSV"),
    (b"\xd0\xcf\x11\xe0", "it is an Excel file; save it as CSV"),
    (b"\xff\xfe\0\0", UTF_32),
    (b"\0\0\xfe\xff", UTF_32),
    (b"\xff\xfe", UTF_16),
    (b"\xfe\xff", UTF_16),
];

const UTF_16: &str = "it is UTF-16; `iconv -f UTF-16 -t UTF-8` converts it";
const UTF_32: &str = "it is UTF-32; `iconv -f UTF-32 -t UTF-8` converts it";
const UTF_16_LE: &str = "it is UTF-16 or binary; `iconv -f UTF-16LE -t UTF-8` converts the former";
const UTF_16_BE: &str = "it is UTF-16 or binary; `iconv -f UTF-16BE -t UTF-8` converts the former";
const UTF_32_LE: &str = "it is UTF-32 or binary; `iconv -f UTF-32LE -t UTF-8` converts the former";
const UTF_32_BE: &str = "it is UTF-32 or binary; `iconv -f UTF-32BE -t UTF-8` converts the former";

/// Returns what the input is if it is no text, or `None` if its first bytes do not tell yet.
/// `ended` is whether there are no more.
fn recognise(front: &[u8], ended: bool) -> Option<Result<(), &'static str>> {
    let is_open = |(signature, _): &(&[u8], _)| signature.starts_with(front) && *signature != front;
    let known = SIGNATURES.iter().find(|(signature, _)| front.starts_with(signature));
    match front {
        _ if !ended && SIGNATURES.iter().any(is_open) => None,
        _ if let Some((_, what)) = known => Some(Err(what)),
        // Plain characters have one byte that is not zero.
        [0, 0, ..] if front.len() < 4 && !ended => None,
        [0, 0, 0, _] => Some(Err(UTF_32_BE)),
        [0, ..] => Some(Err(UTF_16_BE)),
        [_, 0] | [_, 0, 0] if !ended => None,
        [_, 0, 0, 0] => Some(Err(UTF_32_LE)),
        [_, 0, ..] => Some(Err(UTF_16_LE)),
        [b'\n'] => Some(Ok(())),
        [] | [_] if !ended => None,
        _ => Some(Ok(())),
    }
}

impl<R: Read> Text<R> {
    pub(super) const fn new(input: R) -> Self {
        Self { front: None, input, ended: false }
    }

    /// Reads until it is clear what the input is. That is before the end of its first line, so that
    /// a line is never held back.
    fn recognise(&mut self) -> io::Result<Vec<u8>> {
        let (mut front, mut byte) = (Vec::new(), [0]);
        loop {
            if let Some(recognised) = recognise(&front, self.ended) {
                return recognised.map(|()| front).map_err(io::Error::other);
            }
            match self.input.read(&mut byte) {
                Ok(0) => self.ended = true,
                Ok(_) => front.extend(byte),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl<R: Read> Read for Text<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.front.is_none() {
            self.front = Some(Cursor::new(self.recognise()?));
        }
        match self.front.as_mut().map_or(Ok(0), |front| front.read(buffer))? {
            0 if !self.ended => self.input.read(buffer),
            count => Ok(count),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Vec<u8>, String> {
        let mut all = Vec::new();
        let read = Text::new(bytes).read_to_end(&mut all);
        read.map(|_| all).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_no_text_is_named() {
        for (signature, what) in SIGNATURES {
            assert_eq!(read(&[signature, b" more"].concat()), Err(what.to_owned()));
            assert_eq!(read(signature), Err(what.to_owned()));
        }
        for (text, what) in [
            (&b"\0k\0,"[..], UTF_16_BE),
            (b"k\0,\0", UTF_16_LE),
            (b"k\0", UTF_16_LE),
            (b"\0\0\0k\0\0\0,", UTF_32_BE),
            (b"k\0\0\0,\0\0\0", UTF_32_LE),
        ] {
            assert_eq!(read(text), Err(what.to_owned()), "{text:?}");
        }
    }

    #[test]
    fn text_is_unchanged() {
        for text in ["", "k", "k 1 2\n", "(k 1 2\n", "BZh91AY&S 1 2\n", "PK 1 2", "\u{feff}k 1 2\n"]
        {
            assert_eq!(read(text.as_bytes()).as_deref(), Ok(text.as_bytes()));
        }
        assert_eq!(read(b"k\xff\xfe").as_deref(), Ok(&b"k\xff\xfe"[..]));
    }

    #[test]
    fn an_input_that_pauses_after_a_line_is_not_held_back() {
        for line in ["\n", "k\n", "(\n", "PK\n", "BZh91AY&S\n"] {
            let paused = io::Error::from(io::ErrorKind::WouldBlock);
            let mut text = Text::new(line.as_bytes().chain(Paused(Some(paused))));
            let mut read = vec![0; line.len()];
            text.read_exact(&mut read).unwrap();
            assert_eq!(read, line.as_bytes());
        }
    }

    /// An input that is not ready.
    struct Paused(Option<io::Error>);

    impl Read for Paused {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(self.0.take().unwrap())
        }
    }
}
