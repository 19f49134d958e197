//! The reply to a get, one sample at a time.

use embedded_io_async::{Read, Write};
use heapless::Vec;
use metric_proto::{Event, InvalidReply, Key, MAX_KEY, Sample, Selector};

use crate::client::{Client, Error};

/// The samples of a reply, made by [`Client::samples`], in the order in which the server sends them:
/// series by series, and by timestamp within each.
///
/// They take no memory but the client's buffer, however long the reply is, and the server waits
/// while they are not read. Dropping this before the end makes the client unusable.
#[must_use = "`next` reads the samples"]
#[derive(Debug)]
pub struct Samples<'c, C, const IN: usize, const OUT: usize, const KEY: usize = MAX_KEY> {
    client: &'c mut Client<C, IN, OUT, KEY>,
    series: Series<KEY>,
}

impl<'c, C: Read + Write, const IN: usize, const OUT: usize, const KEY: usize>
    Samples<'c, C, IN, OUT, KEY>
{
    pub(super) fn new(client: &'c mut Client<C, IN, OUT, KEY>, selector: Selector<'_>) -> Self {
        Self { client, series: Series::new(selector) }
    }

    /// Returns the next sample and its key, or `None` after the last.
    ///
    /// The future can be dropped: no sample is lost, unless the stream drops what it has read.
    ///
    /// # Errors
    ///
    /// Any [`Error`]. The client stays usable after [`Error::Refused`], and `next` can be called
    /// again after [`Error::TimedOut`].
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
            _ => Err(InvalidReply::Unexpected.into()),
        };
        let taken = self.client.event(read).await;
        self.client.in_step = matches!(taken, Ok(_) | Err(Error::Refused | Error::TimedOut));
        Ok(taken?.and_then(|sample| Some((self.series.key()?, sample))))
    }
}

/// The series of the last sample. Its key is copied, since the next read overwrites the line.
#[derive(Debug)]
struct Series<const KEY: usize> {
    key: Vec<u8, KEY>,
    /// Whether no other series was asked for.
    only: bool,
}

impl<const KEY: usize> Series<KEY> {
    fn new(selector: Selector<'_>) -> Self {
        let (key, only) = match selector {
            Selector::Key(key) => (key.as_bytes(), true),
            _ => (&[][..], false),
        };
        Self { key: Vec::from_slice(key).unwrap_or_default(), only }
    }

    fn enter<E>(&mut self, key: Key<'_>) -> Result<(), Error<E>> {
        let key = key.as_bytes();
        if key != self.key {
            if self.only {
                return Err(InvalidReply::Unexpected.into());
            }
            self.key = Vec::from_slice(key).map_err(|_| InvalidReply::LineTooLong)?;
        }
        Ok(())
    }

    /// Returns the key. Once a sample was read there is one: what was a key then is one still.
    fn key(&self) -> Option<Key<'_>> {
        Key::from_bytes(&self.key).ok()
    }
}
