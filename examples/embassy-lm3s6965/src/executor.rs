//! The executor, which sleeps when idle.
//!
//! embassy's own executor for Cortex-M idles with `wfe`, which QEMU runs as a busy loop.

use core::sync::atomic::{AtomicBool, Ordering};

use cortex_m::{asm, interrupt};
use embassy_executor::Spawner;
use embassy_executor::raw::Executor;
use static_cell::StaticCell;

/// Runs the tasks that `spawn` spawns, forever.
pub(crate) fn run(spawn: impl FnOnce(Spawner)) -> ! {
    static EXECUTOR: StaticCell<Executor> = StaticCell::new();
    let executor: &'static Executor = EXECUTOR.init_with(|| Executor::new(core::ptr::null_mut()));
    spawn(executor.spawner());
    loop {
        // SAFETY: this is the only call, and it is not within a task.
        unsafe { executor.poll() };
        sleep();
    }
}

/// Sleeps until there is work.
fn sleep() {
    // An interrupt after the check stays pending but still ends `wfi`, so none is missed.
    interrupt::disable();
    if !PENDED.swap(false, Ordering::Relaxed) {
        asm::wfi();
    }
    // SAFETY: this is not within another critical section.
    unsafe { interrupt::enable() };
}

/// Called by the executor when there is work.
// SAFETY: the executor asks for this name.
#[unsafe(export_name = "__pender")]
fn pend(_: *mut ()) {
    PENDED.store(true, Ordering::Relaxed);
}

static PENDED: AtomicBool = AtomicBool::new(false);
