//! A connection for tests, of which nothing is known but its port.

use std::io;

use embedded_io_async::{ErrorType, Read, Write};

#[derive(Debug)]
pub(crate) struct Port(pub(crate) u16);

impl ErrorType for Port {
    type Error = io::Error;
}

impl Read for Port {
    async fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Ok(0)
    }
}

impl Write for Port {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    async fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
