//! Samples in the machine's second bank of flash. The code is in the first.

use embassy_executor::Spawner;
use embassy_net::Stack;
use embassy_qemu::{CfiFlash, kept};

#[embassy_executor::task]
pub(crate) async fn keep(spawner: Spawner, stack: Stack<'static>) {
    // SAFETY: a bank is at that address, and `memory.x` has nothing in it.
    let flash = unsafe { CfiFlash::at(0x2200_0000) };
    kept::run(spawner, stack, crate::NAME, flash).await;
}
