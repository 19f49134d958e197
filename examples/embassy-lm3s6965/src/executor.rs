//! The executor, with an idle that sleeps.
//!
//! embassy's own for Cortex-M idles with `wfe`, which an emulator runs as a busy loop.

use core::sync::atomic::{AtomicBool, Ordering};

use cortex_m::{asm, interrupt};
use embassy_executor::Spawner;
use embassy_executor::raw::Executor;
use static_cell::StaticCell;

/// Runs what `spawn` spawns, for ever.
pub(crate) fn run(spawn: impl FnOnce(Spawner)) -> ! {
    static EXECUTOR: StaticCell<Executor> = StaticCell::new();
    let executor: &'static Executor = EXECUTOR.init_with(|| Executor::new(core::ptr::null_mut()));
    spawn(executor.spawner());
    loop {
        // SAFETY: this is the only call, and it is in no task.
        unsafe { executor.poll() };
        sleep();
    }
}

/// Sleeps until there is work.
fn sleep() {
    // An interrupt that comes after the look is held back but still ends `wfi`, so none is missed.
    interrupt::disable();
    if !PENDED.swap(false, Ordering::Relaxed) {
        asm::wfi();
    }
    // SAFETY: this is no critical section of anyone else.
    unsafe { interrupt::enable() };
}

/// Called by the executor when there is work.
// SAFETY: the executor asks for this name.
#[unsafe(export_name = "__pender")]
fn pend(_: *mut ()) {
    PENDED.store(true, Ordering::Relaxed);
}

static PENDED: AtomicBool = AtomicBool::new(false);
