//! What must be found, or the check is worth nothing.

entries! {
    /// Panics if there is no byte.
    fn deliberate(bytes: &[u8]) -> u8 {
        bytes[0]
    }
}
