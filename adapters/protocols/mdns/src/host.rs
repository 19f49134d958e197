//! What a host says by itself: that it wants a name, and that it has it. What others say about that.

use core::net::Ipv4Addr;

use crate::name::Name;
use crate::reader::Reader;
use crate::writer::{ADDRESS, Writer};

/// The UDP port of multicast DNS.
pub const PORT: u16 = 5353;

/// The address of the group of all hosts that speak multicast DNS.
pub const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);

/// The hop limit of all messages: RFC 6762 recommends it, and some hosts ignore those with another.
pub const HOP_LIMIT: u8 = 255;

/// The length of the longest message that is written.
pub const MAX_MESSAGE: usize = 128;

/// A name and the address that it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// The name.
    pub name: Name,
    /// The address.
    pub address: Ipv4Addr,
}

/// Writes the question whether another host has the name already. Returns its length, or `None` if
/// `output` is shorter than [`MAX_MESSAGE`] and too short.
///
/// A host asks it three times, 250 ms apart, before it takes a name. It is sent to the [`GROUP`].
pub fn probe(host: &Host, output: &mut [u8]) -> Option<usize> {
    let mut writer = Writer::new(output, [0, 0, 1, 0, 1])?;
    writer.name(&host.name)?;
    writer.question(ANY, TOP | INTERNET)?;
    writer.same_name()?;
    writer.address(INTERNET, TTL, host.address)?;
    Some(writer.finish())
}

/// Writes that the host has its name and its address, and nothing else. Returns the length, or `None`
/// as [`probe`] does.
///
/// A host sends it to the [`GROUP`] when it has taken a name, and again a second later.
pub fn announce(host: &Host, output: &mut [u8]) -> Option<usize> {
    let mut writer = Writer::new(output, [0, ANSWER, 0, 2, 0])?;
    writer.name(&host.name)?;
    writer.address(TOP | INTERNET, TTL, host.address)?;
    writer.nothing_else(TOP | INTERNET, TTL)?;
    Some(writer.finish())
}

/// Returns whether a received message says that the host's name stands for another address. Then the
/// host probes again; while it probes, it takes its [next](Name::next) name.
#[must_use]
pub fn is_conflict(message: &[u8], host: &Host) -> bool {
    finds_conflict(message, host).unwrap_or_default()
}

fn finds_conflict(message: &[u8], host: &Host) -> Option<bool> {
    let mut reader = Reader::new(message);
    let head = reader.head()?;
    if head.flags & (RESPONSE | NOT_PLAIN) != RESPONSE {
        return None;
    }
    for _ in 0..head.questions {
        reader.question(&host.name)?;
    }
    let counts = [head.answers, head.authorities, head.additionals];
    for _ in 0..counts.into_iter().map(u32::from).sum() {
        let Some(record) = reader.record(&host.name)? else { continue };
        let is_address = record.kind == ADDRESS && record.class & !TOP == INTERNET;
        if is_address && record.data != host.address.octets() {
            return Some(true);
        }
    }
    Some(false)
}

/// The flag of a response.
pub(crate) const RESPONSE: u16 = 0x8000;

/// The flags of an answer by the host that has the name.
pub(crate) const ANSWER: u16 = RESPONSE | 0x0400;

/// The operation and the status, of which messages with others than 0 are ignored.
pub(crate) const NOT_PLAIN: u16 = 0x7800 | 0x000f;

/// The highest bit of a class. In a question: the answer may be sent to the asker alone. In a record:
/// it replaces all older ones of the name and type.
pub(crate) const TOP: u16 = 0x8000;

pub(crate) const INTERNET: u16 = 1;

/// The type of a question for all records.
pub(crate) const ANY: u16 = 255;

/// Seconds for which others may keep a record.
pub(crate) const TTL: u8 = 120;
