//! How many connections HTTP may keep, so that dashboards never take those of the data port.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

/// Places for a number of connections.
#[derive(Clone, Debug)]
pub(crate) struct Places(Arc<AtomicUsize>);

/// A place that is taken until it is dropped.
#[derive(Debug)]
pub(crate) struct Place(Arc<AtomicUsize>);

impl Places {
    pub(crate) fn new(count: usize) -> Self {
        Self(Arc::new(count.into()))
    }

    /// Takes a place, unless all are taken.
    pub(crate) fn take(&self) -> Option<Place> {
        let less = |free: usize| free.checked_sub(1);
        self.0.fetch_update(SeqCst, SeqCst, less).ok().map(|_| Place(Arc::clone(&self.0)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_once_it_is_dropped() {
        let places = Places::new(1);
        let place = places.take();
        assert!(place.is_some() && places.clone().take().is_none());
        drop(place);
        assert!(places.take().is_some());
    }
}
