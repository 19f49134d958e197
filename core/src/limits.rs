//! Every bound of the protocol, each with the reason for its number.

/// The longest key in bytes of UTF-8.
///
/// 255 is the longest name that file systems and the domain name system know, so a host name fits
/// with room to spare, and a length fits in a byte.
pub const MAX_KEY: usize = 255;

/// The longest request line on a desktop, in bytes before its line end.
///
/// The longest request that this crate writes takes 305 bytes; the rest is for numbers with more
/// digits than needed, which other clients may send.
pub const MAX_LINE: usize = 640;

/// The longest text of a value that is written: a sign, 17 digits, a point and `e-308`, or a sign,
/// `0.0000` and 17 digits.
pub const MAX_VALUE: usize = 24;

/// The longest text of a timestamp that is written: `i64::MIN`.
pub const MAX_TIMESTAMP: usize = 20;

/// The longest sample line of a reply, line feed included.
pub const MAX_SAMPLE_LINE: usize = sample_line(MAX_KEY);

const fn sample_line(key: usize) -> usize {
    key + 1 + MAX_VALUE + 1 + MAX_TIMESTAMP + 1
}

/// The smallest output that [`ServerConnection::process`](crate::ServerConnection::process) can always go on with:
/// a sample line and the line feed that ends the reply.
pub const MIN_OUTPUT: usize = MAX_SAMPLE_LINE + 1;

/// The longest request that is written, line feed included: a put.
pub const MAX_REQUEST: usize = "put ".len() + MAX_SAMPLE_LINE;

/// What stands in a put beside its key, value and timestamp: the command and three spaces.
const PUT_OVERHEAD: usize = "put   ".len();

/// The line end that a peer may send and that the line's bound does not count.
const LINE_END: usize = "\r\n".len();

/// The bounds of one server: what a request may be long.
///
/// They belong to whoever holds the memory. A line over its bound, or a request with a key over
/// its bound, is answered as a wrong command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    line: u16,
    key: u8,
}

impl Limits {
    /// The bounds of a desktop: [`MAX_LINE`] and [`MAX_KEY`].
    pub const DESKTOP: Self = Self::new(MAX_LINE, MAX_KEY);

    /// Bounds of `line` bytes, its line end not counted, and of `key` bytes.
    ///
    /// # Panics
    ///
    /// If a key could be empty or over [`MAX_KEY`], a line over 65,535 bytes, or the line too
    /// short for the longest put of such a key. In a constant this is an error of compilation.
    #[must_use]
    pub const fn new(line: usize, key: usize) -> Self {
        assert!(0 < key && key <= MAX_KEY, "a key takes 1 to MAX_KEY bytes");
        assert!(line <= u16::MAX as usize, "a line takes at most 65,535 bytes");
        assert!(
            line >= PUT_OVERHEAD + key + MAX_VALUE + MAX_TIMESTAMP,
            "the line is too short for a put of the longest key"
        );
        Self { line: line as u16, key: key as u8 }
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

    /// The smallest output buffer with which a server of these bounds can always go on: a sample
    /// line and the line feed that ends the reply.
    #[must_use]
    pub const fn min_output(self) -> usize {
        sample_line(self.key()) + 1
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
