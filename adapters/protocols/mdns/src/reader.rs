//! Reads messages, whatever bytes they are.

use crate::name::Name;

/// The head of a message: its identifier, its flags, and how many questions and records follow.
#[derive(Clone, Copy)]
pub(crate) struct Head {
    pub(crate) id: u16,
    pub(crate) flags: u16,
    pub(crate) questions: u16,
    pub(crate) answers: u16,
    pub(crate) authorities: u16,
    pub(crate) additionals: u16,
}

/// A question for a host.
#[derive(Clone, Copy)]
pub(crate) struct Question {
    pub(crate) kind: u16,
    pub(crate) class: u16,
}

/// A record of a host.
#[derive(Clone, Copy)]
pub(crate) struct Record<'a> {
    pub(crate) kind: u16,
    pub(crate) class: u16,
    pub(crate) ttl: u32,
    pub(crate) data: &'a [u8],
}

/// A position in a message. All methods return `None` where the message is malformed or ends.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    message: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(message: &'a [u8]) -> Self {
        Self { message, at: 0 }
    }

    pub(crate) fn head(&mut self) -> Option<Head> {
        Some(Head {
            id: self.number()?,
            flags: self.number()?,
            questions: self.number()?,
            answers: self.number()?,
            authorities: self.number()?,
            additionals: self.number()?,
        })
    }

    /// Reads a question. Returns it if it is for the host with this name, else `Some(None)`.
    pub(crate) fn question(&mut self, host: &Name) -> Option<Option<Question>> {
        let is_for_host = self.name(host)?;
        let question = Question { kind: self.number()?, class: self.number()? };
        Some(is_for_host.then_some(question))
    }

    /// Reads a record. Returns it if it is of the host with this name, else `Some(None)`.
    pub(crate) fn record(&mut self, host: &Name) -> Option<Option<Record<'a>>> {
        let is_of_host = self.name(host)?;
        let (kind, class) = (self.number()?, self.number()?);
        let ttl = u32::from(self.number()?) << 16 | u32::from(self.number()?);
        let length = self.number()?;
        let data = self.bytes(length.into())?;
        Some(is_of_host.then_some(Record { kind, class, ttl, data }))
    }

    /// Reads a name. Returns whether it is that of the host.
    ///
    /// A pointer leads to an earlier place than the one before did, so that no message has a name
    /// without end.
    fn name(&mut self, host: &Name) -> Option<bool> {
        let mut expected = [host.as_str().as_bytes(), b"local"].into_iter();
        let mut is_host = true;
        let mut here = *self;
        let mut end = None;
        let mut earliest = self.at;
        loop {
            let length = here.byte()?;
            match length & POINTER {
                0 if length == 0 => break,
                0 => {
                    let label = here.bytes(length.into())?;
                    is_host &= expected.next().is_some_and(|part| part.eq_ignore_ascii_case(label));
                }
                POINTER => {
                    let to = usize::from(length & !POINTER) << 8 | usize::from(here.byte()?);
                    end = end.or(Some(here.at));
                    (here.at, earliest) = (to, Some(to).filter(|to| *to < earliest)?);
                }
                _ => return None,
            }
        }
        self.at = end.unwrap_or(here.at);
        Some(is_host && expected.next().is_none())
    }

    fn number(&mut self) -> Option<u16> {
        Some(u16::from(self.byte()?) << 8 | u16::from(self.byte()?))
    }

    fn byte(&mut self) -> Option<u8> {
        self.bytes(1)?.first().copied()
    }

    fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(length)?;
        let bytes = self.message.get(self.at..end)?;
        self.at = end;
        Some(bytes)
    }
}

/// The bits of a length that is none, but the beginning of a pointer.
const POINTER: u8 = 0b1100_0000;
