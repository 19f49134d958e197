//! Why a request is refused.

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    NotHttp,
    BadParameter,
    NoPath,
    BadMethod,
    LineTooLong,
    HeadTooLong,
    BadVersion,
}

impl Refusal {
    /// Returns the status line from its code on, and a line that tells what is wrong.
    pub(crate) const fn text(self) -> (&'static [u8], &'static [u8]) {
        match self {
            Self::NotHttp => (b"400 Bad Request", b"this is not a request of HTTP/1\n"),
            Self::BadParameter => {
                (b"400 Bad Request", b"the only parameter is key=, a percent-encoded key\n")
            }
            Self::NoPath => {
                (b"404 Not Found", b"the paths are /, /v1/last, /v1/range and /metrics\n")
            }
            Self::BadMethod => (
                b"405 Method Not Allowed\r\nAllow: GET, HEAD",
                b"the methods are GET and HEAD; put by the native protocol\n",
            ),
            Self::LineTooLong => (b"414 URI Too Long", b"the request line is too long\n"),
            Self::HeadTooLong => {
                (b"431 Request Header Fields Too Large", b"the header is longer than 4096 bytes\n")
            }
            Self::BadVersion => (b"505 HTTP Version Not Supported", b"the version is HTTP/1\n"),
        }
    }
}
