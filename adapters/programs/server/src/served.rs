//! The stores for which the native protocol is compiled.

use std::sync::Arc;

use metric_disk::{Directory, DiskStore, Handle};
use metric_memory::MemoryStore;
use metric_proto::Store;

use crate::kept::Kept;

/// A store that a program serves. Clones are the same store.
pub trait Served: Clone + Send + Sync + 'static {
    /// A handle to it, one for each connection.
    type Handle: Store + Send + 'static;

    /// Returns a handle.
    fn handle(&self) -> Self::Handle;
}

impl Served for &'static MemoryStore {
    type Handle = Self;

    fn handle(&self) -> Self {
        self
    }
}

impl Served for Arc<DiskStore<Directory>> {
    type Handle = Handle<Directory>;

    fn handle(&self) -> Handle<Directory> {
        DiskStore::handle(self)
    }
}

impl From<&'static MemoryStore> for Kept {
    fn from(store: &'static MemoryStore) -> Self {
        Self::Memory(store)
    }
}

impl From<Arc<DiskStore<Directory>>> for Kept {
    fn from(store: Arc<DiskStore<Directory>>) -> Self {
        Self::Disk(store)
    }
}
