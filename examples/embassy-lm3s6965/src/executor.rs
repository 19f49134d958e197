//! An executor that sleeps when it is idle.
//!
//! Embassy's own executor for Cortex-M waits with `wfe`, which QEMU runs as a busy loop.

use core::sync::atomic::{AtomicBool, Ordering};

use cortex_m::{asm, interrupt};
use embassy_executor::Spawner;
use embassy_executor::raw::Executor;
use static_cell::StaticCell;

/// Runs the tasks that `spawn` spawns, for ever.
pub(crate) fn run(spawn: impl FnOnce(Spawner)) -> ! {
    static EXECUTOR: StaticCell<Executor> = StaticCell::new();
    let executor: &'static Executor = EXECUTOR.init_with(|| Executor::new(core::ptr::null_mut()));
    spawn(executor.spawner());
    loop {
        // SAFETY: this is the only call, and it is outside of all tasks.
        unsafe { executor.poll() };
        sleep();
    }
}

/// Sleeps until there is work.
fn sleep() {
    // An interrupt that arrives after the check stays pending and ends `wfi`, so none is missed.
    interrupt::disable();
    if !PENDED.swap(false, Ordering::Relaxed) {
        asm::wfi();
    }
    // SAFETY: no other critical section is active here.
    unsafe { interrupt::enable() };
}

/// Called by the executor when there is work.
// SAFETY: the executor calls its pender by this name.
#[unsafe(export_name = "__pender")]
fn pend(_: *mut ()) {
    PENDED.store(true, Ordering::Relaxed);
}

static PENDED: AtomicBool = AtomicBool::new(false);
