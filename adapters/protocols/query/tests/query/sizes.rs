//! The memory of producers, which a board has for each connection.

use metric_proto::Key;
use metric_query::{Buckets, Glob, Keys, Last, Nodes, Range};

#[test]
fn producers_take_little_more_than_their_keys() {
    // Each with the largest key of 64 bytes.
    let sizes = [
        ("range", size_of::<Range<Key<'_>, 64>>(), 400),
        ("last", size_of::<Last<Key<'_>, 64>>(), 400),
        ("keys", size_of::<Keys<Key<'_>, 64>>(), 450),
        ("nodes", size_of::<Nodes<64>>(), 450),
        ("buckets", size_of::<Buckets<Key<'_>, 64>>(), 900),
        ("glob", size_of::<Glob<&str>>(), 152),
    ];
    for (what, size, most) in sizes {
        assert!(size <= most, "{what} takes {size} bytes");
    }
}
