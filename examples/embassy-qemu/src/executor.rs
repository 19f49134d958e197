//! An executor that sleeps when it is idle.
//!
//! Embassy's own for Cortex-M waits by `wfe`, which QEMU runs as a busy loop. This one serves both boards.

use core::arch::asm;
use core::sync::atomic::{AtomicBool, Ordering};

use embassy_executor::Spawner;
use embassy_executor::raw::Executor;
use static_cell::StaticCell;

/// Runs the tasks that `spawn` spawns, for ever.
pub fn run(spawn: impl FnOnce(Spawner)) -> ! {
    static EXECUTOR: StaticCell<Executor> = StaticCell::new();
    let executor: &'static Executor = EXECUTOR.init_with(|| Executor::new(core::ptr::null_mut()));
    spawn(executor.spawner());
    loop {
        PENDED.store(false, Ordering::Relaxed);
        // SAFETY: this is the only call, and it is outside of all tasks.
        unsafe { executor.poll() };
        sleep();
    }
}

/// Sleeps until there is work.
fn sleep() {
    // An interrupt that arrives after the check stays pending and ends `wfi`, so none is missed.
    critical_section::with(|_| {
        if !PENDED.load(Ordering::Relaxed) {
            // SAFETY: the instruction only waits. Cortex-M and RISC-V have it by the same name.
            unsafe { asm!("wfi", options(nomem, nostack)) };
        }
    });
}

/// Called by the executor when there is work.
// SAFETY: the executor calls its pender by this name.
#[unsafe(export_name = "__pender")]
fn pend(_: *mut ()) {
    PENDED.store(true, Ordering::Relaxed);
}

static PENDED: AtomicBool = AtomicBool::new(false);
