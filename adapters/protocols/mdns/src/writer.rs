//! Writes messages.

use core::net::Ipv4Addr;

use crate::name::Name;

/// A message in a buffer. All methods return `None` if there is no room.
pub(crate) struct Writer<'a> {
    output: &'a mut [u8],
    length: usize,
}

impl<'a> Writer<'a> {
    /// Begins a message: its identifier, its flags, and how many questions, answers and authorities
    /// will follow.
    pub(crate) fn new(output: &'a mut [u8], head: [u16; 5]) -> Option<Self> {
        let mut writer = Self { output, length: 0 };
        head.into_iter().try_for_each(|number| writer.number(number))?;
        writer.number(0)?;
        Some(writer)
    }

    /// Writes the host's name, which is the first in the message.
    pub(crate) fn name(&mut self, name: &Name) -> Option<()> {
        let label = name.as_str().as_bytes();
        self.bytes(&[label.len() as u8])?;
        self.bytes(label)?;
        self.bytes(b"\x05local\0")
    }

    /// Writes a pointer to the first name.
    pub(crate) fn same_name(&mut self) -> Option<()> {
        self.bytes(&FIRST_NAME)
    }

    /// Writes what is behind the name of a question.
    pub(crate) fn question(&mut self, kind: u16, class: u16) -> Option<()> {
        self.number(kind)?;
        self.number(class)
    }

    /// Writes what is behind the name of a record with the host's address. `ttl` is in seconds.
    pub(crate) fn address(&mut self, class: u16, ttl: u8, address: Ipv4Addr) -> Option<()> {
        self.question(ADDRESS, class)?;
        self.bytes(&[0, 0, 0, ttl, 0, 4])?;
        self.bytes(&address.octets())
    }

    /// Writes a record that says: the host has no records but that of its address.
    pub(crate) fn nothing_else(&mut self, class: u16, ttl: u8) -> Option<()> {
        self.same_name()?;
        self.question(NEXT, class)?;
        // The next name, which is its own, and a map of one byte with the bit of an address.
        self.bytes(&[0, 0, 0, ttl, 0, 5])?;
        self.same_name()?;
        self.bytes(&[0, 1, 0x80 >> ADDRESS])
    }

    /// Returns the length of the message.
    pub(crate) fn finish(self) -> usize {
        self.length
    }

    fn number(&mut self, number: u16) -> Option<()> {
        self.bytes(&number.to_be_bytes())
    }

    fn bytes(&mut self, bytes: &[u8]) -> Option<()> {
        let end = self.length.checked_add(bytes.len())?;
        self.output.get_mut(self.length..end)?.copy_from_slice(bytes);
        self.length = end;
        Some(())
    }
}

/// The type of a record with an IPv4 address.
pub(crate) const ADDRESS: u16 = 1;

/// The type of a record that says which others there are.
const NEXT: u16 = 47;

/// A pointer to the name behind the head.
const FIRST_NAME: [u8; 2] = [0xc0, 12];
