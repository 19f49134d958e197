//! A segment: an immutable file with samples of many series, in the order of their keys.
//!
//! `FORMAT.md` describes its bytes. Nothing is served that a checksum does not vouch for. If
//! the index is lost, the blocks are searched for, since each names its key.

mod block;
mod check;
mod damage;
mod foot;
mod head;
mod index;
mod integers;
mod numbers;
mod pieces;
mod read;
mod rebuild;
mod streamed;
mod write;

#[cfg(test)]
mod tests;

pub(crate) use block::{Block, Content, MAX_RUN, Place, Run, run_chunks, samples};
pub(crate) use check::{BadBlock, check};
pub(crate) use damage::{Damage, Unreadable};
pub(crate) use foot::{Contents, Totals};
pub(crate) use head::{MAGIC, is_of};
pub(crate) use index::{Entries, Entry};
pub(crate) use numbers::Numbers;
pub(crate) use pieces::pieces;
pub(crate) use read::{Segment, read};
pub(crate) use streamed::Index;
pub(crate) use write::Writer;
