//! Reads and writes the sector. The README has the format.

use core::net::{Ipv4Addr, SocketAddrV4};

use crate::checksum::crc32;
use crate::invalid::{Invalid, Unreadable};
use crate::settings::{Settings, Wifi};

/// The bytes of a sector, which is the smallest part of many flash memories that can be erased.
pub const SECTOR: usize = 4096;

const MAGIC: &[u8; 8] = b"\x89metric\n";
const VERSION: u8 = 1;

/// Where the parts of the head are. The checksum is that of all behind it: its own field is not
/// covered, nor is the magic.
const CHECKSUM: usize = MAGIC.len();
const CHECKED: usize = CHECKSUM + 4;
const FIELDS: usize = CHECKED + 4;

/// What is in flash that was erased.
const ERASED: u8 = 0xff;

const NETWORK: u8 = 1;
const PASSWORD: u8 = 2;
const NAME: u8 = 3;
const REPORT: u8 = 4;

impl<'a> Settings<'a> {
    /// Reads the settings from a sector. Fields that this version does not know are skipped.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] says why there are none.
    pub fn read(sector: &'a [u8]) -> Result<Self, Unreadable> {
        if !sector.starts_with(MAGIC) {
            return Err(Unreadable::Missing);
        }
        match sector.get(CHECKED) {
            Some(&VERSION) => parse(sector).ok_or(Unreadable::Damaged),
            Some(&other) => Err(Unreadable::Version(other)),
            None => Err(Unreadable::Damaged),
        }
    }

    /// Writes the settings into the first [`SECTOR`] bytes of `sector`.
    ///
    /// # Errors
    ///
    /// [`Invalid`] if a board cannot use them, or if there is no room.
    pub fn write(&self, sector: &mut [u8]) -> Result<(), Invalid> {
        self.check()?;
        let sector = sector.get_mut(..SECTOR).ok_or(Invalid::Output)?;
        sector.fill(ERASED);
        let end = write_fields(self, sector).ok_or(Invalid::Output)?;
        let length = (end - FIELDS) as u16;
        write_at(sector, 0, MAGIC).ok_or(Invalid::Output)?;
        write_at(sector, CHECKED, &[VERSION, 0]).ok_or(Invalid::Output)?;
        write_at(sector, CHECKED + 2, &length.to_le_bytes()).ok_or(Invalid::Output)?;
        let checksum = crc32(sector.get(CHECKED..end).unwrap_or_default());
        write_at(sector, CHECKSUM, &checksum.to_le_bytes()).ok_or(Invalid::Output)?;
        Ok(())
    }
}

/// Returns the settings, or `None` if the sector is damaged.
fn parse(sector: &[u8]) -> Option<Settings<'_>> {
    let number = |at: usize| Some([*sector.get(at)?, *sector.get(at.checked_add(1)?)?]);
    let length = usize::from(u16::from_le_bytes(number(CHECKED + 2)?));
    let end = FIELDS.checked_add(length)?;
    let checksum = sector.get(CHECKSUM..CHECKED)?;
    if crc32(sector.get(CHECKED..end)?).to_le_bytes() != checksum {
        return None;
    }
    let settings = parse_fields(sector.get(FIELDS..end)?)?;
    settings.check().is_ok().then_some(settings)
}

fn parse_fields(mut rest: &[u8]) -> Option<Settings<'_>> {
    let mut settings = Settings::default();
    let (mut network, mut password) = (None, None);
    while let [tag, length, behind @ ..] = rest {
        let (bytes, others) = behind.split_at_checked((*length).into())?;
        match *tag {
            NETWORK => network = Some(str::from_utf8(bytes).ok()?),
            PASSWORD => password = Some(str::from_utf8(bytes).ok()?),
            NAME => settings.name = Some(str::from_utf8(bytes).ok()?),
            REPORT => settings.report = Some(parse_server(bytes)?),
            _ => {}
        }
        rest = others;
    }
    settings.wifi = network.map(|network| Wifi { network, password });
    rest.is_empty().then_some(settings)
}

fn parse_server(bytes: &[u8]) -> Option<SocketAddrV4> {
    let [a, b, c, d, low, high] = *bytes else { return None };
    Some(SocketAddrV4::new(Ipv4Addr::new(a, b, c, d), u16::from_le_bytes([low, high])))
}

/// Writes the fields. Returns where they end, or `None` if there is no room.
fn write_fields(settings: &Settings<'_>, sector: &mut [u8]) -> Option<usize> {
    let server = settings.report.map(|server| {
        let ([a, b, c, d], [low, high]) = (server.ip().octets(), server.port().to_le_bytes());
        [a, b, c, d, low, high]
    });
    let fields = [
        (NETWORK, settings.wifi.map(|wifi| wifi.network.as_bytes())),
        (PASSWORD, settings.wifi.and_then(|wifi| wifi.password).map(str::as_bytes)),
        (NAME, settings.name.map(str::as_bytes)),
        (REPORT, server.as_ref().map(<[u8; 6]>::as_slice)),
    ];
    let mut end = FIELDS;
    for (tag, bytes) in fields {
        let Some(bytes) = bytes else { continue };
        end = write_at(sector, end, &[tag, bytes.len() as u8])?;
        end = write_at(sector, end, bytes)?;
    }
    Some(end)
}

/// Returns where the bytes end.
fn write_at(sector: &mut [u8], at: usize, bytes: &[u8]) -> Option<usize> {
    let end = at.checked_add(bytes.len())?;
    sector.get_mut(at..end)?.copy_from_slice(bytes);
    Some(end)
}
