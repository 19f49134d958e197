//! embassy's time driver: milliseconds since boot, counted by the SysTick timer.

use core::cell::{Cell, RefCell};
use core::task::Waker;

use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::exception;
use critical_section::Mutex;
use embassy_time_driver::{Driver, TICK_HZ, time_driver_impl};
use embassy_time_queue_utils::Queue;

use crate::clock;

/// Starts the timer. Time stands still before.
pub(crate) fn start(timer: &mut SYST) {
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(clock::HERTZ / TICK_HZ as u32 - 1);
    timer.clear_current();
    timer.enable_counter();
    timer.enable_interrupt();
}

time_driver_impl!(static TICKS: Ticks = Ticks(Mutex::new(State {
    now: Cell::new(0),
    alarm: Cell::new(u64::MAX),
    queue: RefCell::new(Queue::new()),
})));

struct Ticks(Mutex<State>);

struct State {
    now: Cell<u64>,
    /// When to wake the next task.
    alarm: Cell<u64>,
    queue: RefCell<Queue>,
}

impl Driver for Ticks {
    fn now(&self) -> u64 {
        critical_section::with(|section| self.0.borrow(section).now.get())
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        critical_section::with(|section| {
            let state = self.0.borrow(section);
            let sooner = state.queue.borrow_mut().schedule_wake(at, waker);
            if sooner {
                state.wake_due();
            }
        });
    }
}

impl State {
    fn tick(&self) {
        self.now.set(self.now.get() + 1);
        if self.alarm.get() <= self.now.get() {
            self.wake_due();
        }
    }

    fn wake_due(&self) {
        self.alarm.set(self.queue.borrow_mut().next_expiration(self.now.get()));
    }
}

#[exception]
fn SysTick() {
    critical_section::with(|section| TICKS.0.borrow(section).tick());
}
