//! The time driver for Embassy. The machine's timer counts 10 MHz since boot, and interrupts when
//! the next task is due.

use core::cell::RefCell;
use core::task::Waker;

use critical_section::Mutex;
use embassy_qemu::Register;
use embassy_time_driver::{Driver, time_driver_impl};
use embassy_time_queue_utils::Queue;

time_driver_impl!(static TIMER: Timer = Timer(Mutex::new(RefCell::new(Queue::new()))));

struct Timer(Mutex<RefCell<Queue>>);

impl Driver for Timer {
    fn now(&self) -> u64 {
        loop {
            let (high, low) = (NOW_HIGH.read(), NOW_LOW.read());
            if high == NOW_HIGH.read() {
                return u64::from(high) << 32 | u64::from(low);
            }
        }
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        critical_section::with(|section| {
            let mut queue = self.0.borrow(section).borrow_mut();
            if queue.schedule_wake(at, waker) {
                set_alarm(queue.next_expiration(self.now()));
            }
        });
    }
}

#[riscv_rt::core_interrupt(riscv::interrupt::Interrupt::MachineTimer)]
fn wake_due() {
    critical_section::with(|section| {
        set_alarm(TIMER.0.borrow(section).borrow_mut().next_expiration(TIMER.now()));
    });
}

/// Sets the time of the next interrupt. In between it is never earlier.
fn set_alarm(at: u64) {
    ALARM_HIGH.write(u32::MAX);
    ALARM_LOW.write(at as u32);
    ALARM_HIGH.write((at >> 32) as u32);
}

const ALARM_LOW: Register = register(0x0200_4000);
const ALARM_HIGH: Register = register(0x0200_4004);
const NOW_LOW: Register = register(0x0200_bff8);
const NOW_HIGH: Register = register(0x0200_bffc);

const fn register(address: usize) -> Register {
    // SAFETY: all addresses above are those of registers of the timer, which touch no memory.
    unsafe { Register::at(address) }
}
