//! The reply to a get, a sample at a time.

use embedded_io_async::{Read, Write};
use heapless::Vec;
use metric_proto::{Event, InvalidReply, Key, MAX_KEY, Sample, Selector};

use crate::client::{Client, Error};

/// The samples of a reply, of [`Client::samples`], in the order in which the server sends them:
/// series by series, and by timestamp within each.
///
/// Memory is the client's buffer, however long the reply is; the server waits while nothing is
/// taken. Dropping this before the end leaves the client out of step.
#[must_use = "the samples are read by `next`"]
#[derive(Debug)]
pub struct Samples<'c, C, const IN: usize, const OUT: usize> {
    client: &'c mut Client<C, IN, OUT>,
    series: Series,
}

impl<'c, C: Read + Write, const IN: usize, const OUT: usize> Samples<'c, C, IN, OUT> {
    pub(super) fn new(client: &'c mut Client<C, IN, OUT>, selector: Selector<'_>) -> Self {
        Self { client, series: Series::new(selector) }
    }

    /// The next sample and the key of its series, or `None` after the last.
    ///
    /// If the future is dropped, nothing is lost unless the stream loses what it has read.
    ///
    /// # Errors
    ///
    /// Any. [`Error::Refused`] leaves the client in step, and after [`Error::TimedOut`] this can be
    /// called again; everything else leaves it out of step.
    pub async fn next(&mut self) -> Result<Option<(Key<'_>, Sample)>, Error<C::Error>> {
        if self.client.protocol.pending() == 0 {
            return Ok(None);
        }
        if !self.client.in_step {
            return Err(Error::OutOfStep);
        }
        let series = &mut self.series;
        let read = |event: Event<'_>| match event {
            Event::Sample(key, sample) => series.enter(key).map(|()| Some(sample)),
            Event::Done => Ok(None),
            Event::Refused => Err(Error::Refused),
            _ => Err(Error::InvalidReply(InvalidReply::Unexpected)),
        };
        let taken = self.client.event(read).await;
        self.client.in_step = matches!(taken, Ok(_) | Err(Error::Refused | Error::TimedOut));
        Ok(taken?.and_then(|sample| Some((self.series.key()?, sample))))
    }
}

/// The series that a reply is at. Its key is kept here, since the line it came in is done with
/// when the next is read.
#[derive(Debug)]
struct Series {
    key: Vec<u8, MAX_KEY>,
    /// Whether it is the only one that was asked for.
    only: bool,
}

impl Series {
    fn new(selector: Selector<'_>) -> Self {
        let (key, only) = match selector {
            Selector::All => (&[][..], false),
            Selector::Key(key) => (key.as_bytes(), true),
        };
        Self { key: Vec::from_slice(key).unwrap_or_default(), only }
    }

    fn enter<E>(&mut self, key: Key<'_>) -> Result<(), Error<E>> {
        let key = key.as_bytes();
        if key != self.key {
            if self.only {
                return Err(Error::InvalidReply(InvalidReply::Unexpected));
            }
            self.key = Vec::from_slice(key).unwrap_or_default();
        }
        Ok(())
    }

    /// What was a key when it came is one still.
    fn key(&self) -> Option<Key<'_>> {
        Key::from_bytes(&self.key).ok()
    }
}
