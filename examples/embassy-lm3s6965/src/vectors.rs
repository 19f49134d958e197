//! The chip's part of the vector table, after the processor's.

/// The handlers of the chip's interrupts. The firmware uses one of them, the second to last.
// SAFETY: the start-up code asks for this name and this section, and each entry is a handler.
#[unsafe(no_mangle)]
#[unsafe(link_section = ".vector_table.interrupts")]
static __INTERRUPTS: [unsafe extern "C" fn(); ETHERNET_NUMBER + 1] = {
    let mut vectors: [unsafe extern "C" fn(); _] = [DefaultHandler; _];
    vectors[ETHERNET_NUMBER] = ETHERNET;
    vectors
};

/// The number of the Ethernet controller's interrupt.
pub(crate) const ETHERNET_NUMBER: usize = 42;

unsafe extern "C" {
    /// The start-up code's handler for interrupts without one.
    fn DefaultHandler();
    /// If nothing defines this name, `device.x` makes it the default handler.
    fn ETHERNET();
}
