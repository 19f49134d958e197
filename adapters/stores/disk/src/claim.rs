//! Whose files these are. A store uses a directory that is empty or that a store has used, and changes
//! nothing in any other.

use std::io::{self, ErrorKind};

use crate::findings::OpenError;
use crate::names::{self, Kind};
use crate::unit::{is_cut, read_unit};
use crate::{File, Files, head, segment};

/// What a file under a name of ours says of who wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    /// A store, as its first bytes show.
    Store,
    /// A store that did not come far, or somebody else.
    Unknown,
    Other,
}

/// Checks that a store may use a directory, and write its lock. Changes nothing.
///
/// # Errors
///
/// [`OpenError::Foreign`] if it has files, and nothing shows that one of them is of a store.
pub(crate) fn check(files: &impl Files) -> Result<(), OpenError> {
    let mut others = files.other_entry()?;
    let mut is_claimed = false;
    for (name, _) in files.list()? {
        match owner(files, &name)? {
            Owner::Store => is_claimed = true,
            Owner::Unknown => {}
            Owner::Other => others = others.or(Some(name)),
        }
    }
    match others {
        Some(name) if !is_claimed => Err(OpenError::Foreign { name }),
        _ => Ok(()),
    }
}

fn owner(files: &impl Files, name: &str) -> io::Result<Owner> {
    Ok(match names::kind(name) {
        Kind::Log(_) => beginning(files, name, head::MAGIC)?,
        Kind::Segment(_) => beginning(files, name, &segment::MAGIC)?,
        Kind::Unit if read_unit(files)?.is_some() => Owner::Store,
        // A start that failed leaves these.
        Kind::Unit if is_cut(&first_bytes::<8>(files, name)?) => Owner::Unknown,
        Kind::Lock if is_lock(&first_bytes::<LONGEST_LOCK>(files, name)?) => Owner::Unknown,
        Kind::Temporary if is_temporary(files, name)? => Owner::Unknown,
        // These are never changed.
        Kind::SetAside | Kind::First(_) => Owner::Unknown,
        _ => Owner::Other,
    })
}

/// A published file has its head.
fn beginning(files: &impl Files, name: &str, magic: &[u8; 8]) -> io::Result<Owner> {
    let is_ours = first_bytes::<8>(files, name)? == magic;
    Ok(if is_ours { Owner::Store } else { Owner::Other })
}

/// Returns whether a file with a temporary name may be one that a store did not complete: its first bytes
/// are those that belong there, or were not written.
pub(crate) fn is_temporary(files: &impl Files, name: &str) -> io::Result<bool> {
    let bytes = first_bytes::<8>(files, name)?;
    let published = name.strip_suffix(".tmp").unwrap_or(name);
    Ok(match names::kind(published) {
        _ if bytes.iter().all(|&byte| byte == 0) => true,
        Kind::Log(_) => head::MAGIC.starts_with(&bytes),
        Kind::Segment(_) => segment::MAGIC.starts_with(&bytes),
        Kind::Unit => is_cut(bytes.strip_suffix(b"\n").unwrap_or(&bytes)),
        _ => false,
    })
}

/// Returns whether a store has written this text to its lock: a number of a process, nothing on a full
/// disk, or zeros that a power loss left of it.
pub(crate) fn is_lock(text: &[u8]) -> bool {
    let number = text.strip_suffix(b"\n").unwrap_or(text);
    let is_number = number.iter().all(u8::is_ascii_digit);
    text.len() < LONGEST_LOCK && (is_number || text.iter().all(|&byte| byte == 0))
}

/// More bytes than a lock has.
pub(crate) const LONGEST_LOCK: usize = 16;

/// Returns up to `N` bytes; none of a file that is gone.
fn first_bytes<const N: usize>(files: &impl Files, name: &str) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; N];
    match files.open(name).and_then(|file| file.read_at(&mut bytes, 0)) {
        Err(error) if error.kind() == ErrorKind::NotFound => bytes.clear(),
        read => bytes.truncate(read?),
    }
    Ok(bytes)
}
