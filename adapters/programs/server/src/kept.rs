//! Where a program keeps its samples, for all but the native protocol, which is compiled for each
//! store.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::task::{Context, Poll};

use metric_disk::{Directory, DiskCounters, DiskStore, Handle};
use metric_memory::MemoryStore;
use metric_proto::{
    Key, Lost, Portion, Position, Query, Refused, Request, Sample, Scan, Store, StoreCounters,
    Summary,
};

/// Where a program keeps its samples. Clones are the same store.
#[derive(Clone, Debug)]
pub(crate) enum Kept {
    Memory(&'static MemoryStore),
    Disk(Arc<DiskStore<Directory>>),
    #[cfg(feature = "engine")]
    Engine(Arc<metric_redis::Engine>),
}

impl Kept {
    /// Returns a handle, for one request or connection.
    pub(crate) fn handle(&self) -> KeptHandle {
        match self {
            Self::Memory(store) => KeptHandle::Memory(store),
            Self::Disk(store) => KeptHandle::Disk(Box::new(store.handle())),
            #[cfg(feature = "engine")]
            Self::Engine(engine) => KeptHandle::Engine(Box::new(engine.handle())),
        }
    }

    /// Returns how full it is.
    pub(crate) fn counters(&self) -> StoreCounters {
        match self {
            Self::Memory(store) => store.counters(),
            Self::Disk(store) => store.counters(),
            #[cfg(feature = "engine")]
            Self::Engine(engine) => engine.counters(),
        }
    }

    /// Returns what it counts besides; without a disk that is nothing.
    pub(crate) fn disk_counters(&self) -> DiskCounters {
        match self {
            Self::Memory(_) => DiskCounters::default(),
            Self::Disk(store) => store.disk_counters(),
            #[cfg(feature = "engine")]
            Self::Engine(engine) => {
                let mut counters = DiskCounters::default();
                counters.unavailable = engine.engine_counters().refused;
                counters
            }
        }
    }

    /// Removes the series that got nothing since `before`; returns how many. A store on a disk does
    /// so itself, on its clock.
    pub(crate) fn forget_silent(&self, now: u32, before: u32) -> usize {
        match self {
            Self::Memory(store) => store.forget_silent(now, before),
            Self::Disk(_) => 0,
            #[cfg(feature = "engine")]
            Self::Engine(_) => 0,
        }
    }

    /// Returns whether it refuses puts now, because its disk is full or fails.
    pub(crate) fn is_refusing(&self) -> bool {
        match self {
            Self::Memory(_) => false,
            Self::Disk(store) => store.is_refusing(),
            #[cfg(feature = "engine")]
            Self::Engine(engine) => engine.is_refusing(),
        }
    }

    /// Returns what an engine's store counts, if it is one.
    #[cfg(feature = "engine")]
    pub(crate) fn engine_counters(&self) -> Option<metric_redis::EngineCounters> {
        match self {
            Self::Engine(engine) => Some(engine.engine_counters()),
            _ => None,
        }
    }

    /// Returns the bytes that its files take, if it has any.
    pub(crate) fn bytes(&self) -> Option<u64> {
        match self {
            Self::Memory(_) => None,
            Self::Disk(store) => store.bytes().ok(),
            #[cfg(feature = "engine")]
            Self::Engine(_) => None,
        }
    }
}

/// A handle to a [`Kept`] store.
#[derive(Clone, Debug)]
pub(crate) enum KeptHandle {
    /// In memory only.
    Memory(&'static MemoryStore),
    /// On a disk.
    Disk(Box<Handle<Directory>>),
    /// In an engine that other servers share.
    #[cfg(feature = "engine")]
    Engine(Box<metric_redis::Handle>),
}

/// Calls a method of the store.
macro_rules! each {
    ($kept:expr, $store:ident => $call:expr) => {
        match $kept {
            KeptHandle::Memory($store) => $call,
            KeptHandle::Disk($store) => $call,
            #[cfg(feature = "engine")]
            KeptHandle::Engine($store) => $call,
        }
    };
}

#[deny(clippy::missing_trait_methods)]
impl Store for KeptHandle {
    const WAITS: bool = true;

    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        each!(self, store => store.put(key, sample))
    }

    fn remove(&mut self, key: Key<'_>) -> Result<bool, Refused> {
        each!(self, store => store.remove(key))
    }

    fn scan(
        &self,
        query: &Query<'_>,
        from: Position,
        mut visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        let visit: &mut dyn FnMut(Key<'_>, Sample) -> ControlFlow<()> = &mut visit;
        each!(self, store => store.scan(query, from, visit))
    }

    fn aggregate(
        &self,
        query: &Query<'_>,
        from: Position,
        end_of: impl Fn(i64) -> i64,
        mut visit: impl FnMut(Key<'_>, Portion<'_>) -> ControlFlow<usize>,
    ) -> Scan {
        let end_of: &dyn Fn(i64) -> i64 = &end_of;
        let visit: &mut dyn FnMut(Key<'_>, Portion<'_>) -> ControlFlow<usize> = &mut visit;
        each!(self, store => store.aggregate(query, from, end_of, visit))
    }

    fn series(
        &self,
        from: &[u8],
        mut visit: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>,
    ) -> Scan {
        let visit: &mut dyn FnMut(Key<'_>, Summary) -> ControlFlow<()> = &mut visit;
        each!(self, store => store.series(from, visit))
    }

    fn counters(&self) -> StoreCounters {
        each!(self, store => store.counters())
    }

    fn want(&mut self, request: Request<'_>, from: Position) -> bool {
        each!(self, store => store.want(request, from))
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        each!(self, store => store.poll_ready(context))
    }

    fn batch(&mut self) -> impl Store {
        self
    }
}
