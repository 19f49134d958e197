//! The vector table of the chip's interrupts, which follows that of the processor.

/// The handlers of the chip's interrupts. The firmware uses only that of the Ethernet controller.
// SAFETY: the start-up code expects this name and section, and each entry is a handler.
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
    /// The start-up code's handler of all other interrupts.
    fn DefaultHandler();
    /// The Ethernet handler. If no function has this name, `device.x` makes it `DefaultHandler`.
    fn ETHERNET();
}
