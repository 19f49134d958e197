//! The index: the keys of all series in byte order, with their places.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::MemoryStore;
use crate::backing::Backing;
use crate::shard::Slot;

#[derive(Debug, Default)]
pub(crate) struct Index {
    pub(crate) places: BTreeMap<Arc<[u8]>, Place>,
    /// The numbers and keys of removed series whose slots were reused: the last [`GONE`] of them.
    pub(crate) gone: VecDeque<(u64, Arc<[u8]>)>,
}

impl Index {
    /// Notes that the slot of a removed series was reused.
    pub(crate) fn note_gone(&mut self, number: u64, key: Arc<[u8]>) {
        self.gone.truncate(GONE - 1);
        self.gone.push_front((number, key));
    }
}

/// A scan cannot resume in a removed series after this many slots of removed series were reused.
const GONE: usize = 1024;

/// Where a series is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) shard: usize,
    pub(crate) slot: usize,
}

impl<B: Backing> MemoryStore<B> {
    pub(crate) fn place(&self, number: u64) -> Place {
        let (number, shards) = ((number & PLACES) as usize, self.shards.len());
        Place { shard: number % shards, slot: number / shards }
    }

    /// Returns the unique number of a series: its place, and how often that was used before.
    pub(crate) fn number(&self, place: Place, Slot { generation, .. }: &Slot<B>) -> u64 {
        let place = (place.slot * self.shards.len() + place.shard) as u64 & PLACES;
        u64::from(*generation) << PLACES.count_ones() | place
    }
}

/// The mask of a place in the number of a series: more places than any memory has room for.
const PLACES: u64 = u32::MAX as u64 >> 1;
