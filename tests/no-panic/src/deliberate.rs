//! A deliberate panic, which the check must find.

entries! {
    /// Panics if there is no byte.
    fn deliberate(bytes: &[u8]) -> u8 {
        bytes[0]
    }
}
