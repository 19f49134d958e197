//! Every bound of the protocol, each with the reason for its number.

/// The longest key in bytes of UTF-8, unless a server says otherwise.
///
/// 255 is the longest name that file systems and the domain name system know, so a host name fits
/// with room to spare.
pub const MAX_KEY: usize = 255;

/// The longest key that any server takes, and so the longest [`Key`](crate::Key).
///
/// A key made of a name and its labels takes some hundred bytes, and up to 500 with those that
/// Kubernetes adds.
pub const LONGEST_KEY: usize = 1_000;

/// The longest request line on a desktop, in bytes before its line end, if keys take up to
/// [`MAX_KEY`].
///
/// The longest request that this crate writes takes 305 bytes then; the rest is for numbers with
/// more digits than needed, which other clients may send.
pub const MAX_LINE: usize = 640;

/// The longest text of a value that is written: a sign, 17 digits, a point and `e-308`, or a sign,
/// `0.0000` and 17 digits.
pub const MAX_VALUE: usize = 24;

/// The longest text of a timestamp that is written: `i64::MIN`.
pub const MAX_TIMESTAMP: usize = 20;

/// The longest sample line of a reply with keys of up to [`MAX_KEY`] bytes, line feed included.
pub const MAX_SAMPLE_LINE: usize = sample_line(MAX_KEY);

const fn sample_line(key: usize) -> usize {
    key + 1 + MAX_VALUE + 1 + MAX_TIMESTAMP + 1
}

/// The smallest output that [`ServerConnection::process`](crate::ServerConnection::process) can
/// always go on with, if keys take up to [`MAX_KEY`] bytes: a sample line and the line feed that ends
/// the reply.
pub const MIN_OUTPUT: usize = MAX_SAMPLE_LINE + 1;

/// The longest request that is written for a key of up to [`MAX_KEY`] bytes, line feed included: a
/// put.
pub const MAX_REQUEST: usize = "put ".len() + MAX_SAMPLE_LINE;

/// What stands in a put beside its key, value and timestamp: the command and three spaces.
const PUT_OVERHEAD: usize = "put   ".len();

/// The line end that a peer may send and that the line's bound does not count.
const LINE_END: usize = "\r\n".len();

/// The bounds of one server: how long a request may be.
///
/// They belong to whoever holds the memory. A line over its bound, or a request with a key over
/// its bound, is answered as a wrong command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    line: u16,
    key: u16,
}

impl Limits {
    /// The bounds of a desktop: [`MAX_LINE`] and [`MAX_KEY`].
    pub const DESKTOP: Self = Self::desktop(MAX_KEY);

    /// The widest bounds of a desktop: keys of [`LONGEST_KEY`] bytes, and the lines for them.
    pub const WIDEST: Self = Self::desktop(LONGEST_KEY);

    /// The bounds of a desktop whose keys take up to `key` bytes. Beside its key every line has the
    /// same room, so longer keys come with longer lines.
    ///
    /// # Panics
    ///
    /// If a key could be empty or over [`LONGEST_KEY`].
    #[must_use]
    pub const fn desktop(key: usize) -> Self {
        assert!(key <= LONGEST_KEY, "a key takes 1 to LONGEST_KEY bytes");
        Self::new(MAX_LINE - MAX_KEY + key, key)
    }

    /// Bounds of `line` bytes, its line end not counted, and of `key` bytes.
    ///
    /// # Panics
    ///
    /// If a key could be empty or over [`LONGEST_KEY`], a line over 65,535 bytes, or the line too
    /// short for the longest put of such a key. In a constant this is an error of compilation.
    #[must_use]
    pub const fn new(line: usize, key: usize) -> Self {
        assert!(0 < key && key <= LONGEST_KEY, "a key takes 1 to LONGEST_KEY bytes");
        assert!(line <= u16::MAX as usize, "a line takes at most 65,535 bytes");
        assert!(
            line >= PUT_OVERHEAD + key + MAX_VALUE + MAX_TIMESTAMP,
            "the line is too short for a put of the longest key"
        );
        Self { line: line as u16, key: key as u16 }
    }

    /// The longest line in bytes, its line end not counted.
    #[must_use]
    pub const fn line(self) -> usize {
        self.line as usize
    }

    /// The longest key in bytes.
    #[must_use]
    pub const fn key(self) -> usize {
        self.key as usize
    }

    /// Whether a line is over these bounds, or its key is, whatever else is wrong with it. It is
    /// given without its line end.
    #[must_use]
    pub fn are_exceeded(self, line: &[u8]) -> bool {
        let key = line.strip_prefix(b"put ").or_else(|| line.strip_prefix(b"get "));
        let length = |key: &[u8]| key.iter().position(|&byte| byte == b' ').unwrap_or(key.len());
        line.len() > self.line() || key.is_some_and(|key| length(key) > self.key())
    }

    /// The longest sample line of a reply, line feed included.
    #[must_use]
    pub const fn sample_line(self) -> usize {
        sample_line(self.key())
    }

    /// The smallest output buffer with which a server of these bounds can always go on: a sample
    /// line and the line feed that ends the reply.
    #[must_use]
    pub const fn min_output(self) -> usize {
        self.sample_line() + 1
    }

    /// The smallest input buffer that can hold every line with its line end.
    #[must_use]
    pub const fn min_input(self) -> usize {
        self.line() + LINE_END
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DESKTOP
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_a_desktop_has_the_same_room_beside_its_key() {
        let lines = [1, MAX_KEY, 256, LONGEST_KEY].map(|key| Limits::desktop(key).line());
        assert_eq!(lines, [386, MAX_LINE, 641, 1_385]);
        assert_eq!(Limits::DESKTOP.sample_line(), MAX_SAMPLE_LINE);
        assert_eq!(Limits::DESKTOP.min_output(), MIN_OUTPUT);
    }

    #[test]
    #[should_panic = "a key takes 1 to LONGEST_KEY bytes"]
    fn no_desktop_has_longer_keys() {
        let _ = Limits::desktop(usize::MAX);
    }

    #[test]
    fn a_line_or_its_key_exceeds_the_limits_whatever_else_is_wrong() {
        let limits = Limits::new(60, 3);
        let long = [b'x'; 61];
        let within =
            [&b""[..], b"put", b"put ", b"put abc 1 2", b"get abc", b"got abcd", &long[..60]];
        for line in within {
            assert!(!limits.are_exceeded(line), "{line:?}");
        }
        for line in
            [&b"put abcd 1 2"[..], b"get abcd", b"get abcd e", b"put \xff\xff\xff\xff", &long]
        {
            assert!(limits.are_exceeded(line), "{line:?}");
        }
    }
}
