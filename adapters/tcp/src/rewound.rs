//! A stream some of whose bytes were read before.

use std::io;

use embedded_io_async::{ErrorType, Read, Write};
use metric_driver::{Readable, Shutdown, Wake};

/// A stream that is read from bytes that were received already, then from the stream itself.
#[derive(Debug)]
pub struct Rewound<S> {
    unread: Box<[u8]>,
    /// How many of them are read.
    read: usize,
    stream: S,
}

impl<S> Rewound<S> {
    /// Puts `unread` back before what the stream has to be read.
    pub const fn new(unread: Box<[u8]>, stream: S) -> Self {
        Self { unread, read: 0, stream }
    }
}

impl<S: ErrorType> ErrorType for Rewound<S> {
    type Error = S::Error;
}

impl<S: Readable<Error = io::Error>> Readable for Rewound<S> {
    async fn readable(&mut self) -> io::Result<Wake> {
        if self.read < self.unread.len() {
            Ok(Wake::Readable)
        } else {
            self.stream.readable().await
        }
    }

    async fn yield_now(&mut self) -> io::Result<()> {
        self.stream.yield_now().await
    }
}

impl<S: Read<Error = io::Error>> Read for Rewound<S> {
    async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.unread.get(self.read..).filter(|unread| !unread.is_empty()) {
            None => self.stream.read(buffer).await,
            Some(mut unread) => {
                let count = unread.read(buffer).await.unwrap_or_default();
                self.read += count;
                Ok(count)
            }
        }
    }
}

impl<S: Write<Error = io::Error>> Write for Rewound<S> {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes).await
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.stream.flush().await
    }
}

impl<S: Shutdown<Error = io::Error>> Shutdown for Rewound<S> {
    async fn shutdown(&mut self) -> io::Result<()> {
        self.stream.shutdown().await
    }
}
