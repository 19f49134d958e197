//! The vector table behind that of the processor.

/// The handlers of the chip's interrupts; of these the firmware uses one, the last but one there is.
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
    /// What the start-up code has for all that has no handler.
    fn DefaultHandler();
    /// Where nothing has this name, `device.x` makes it the one above.
    fn ETHERNET();
}
