//! Counts the instructions of a put and of a get, in QEMU.
//!
//! With `qemu-system-arm -icount shift=8`, each instruction takes 256 ns of emulated time. SysTick
//! counts that time in steps of 80 ns, which is the chip's 12.5 MHz after reset. So the count is
//! exact and the same in every run. It includes the server and a store of the firmware's size, but
//! not the network.

#![no_std]
#![no_main]

#[path = "../vectors.rs"]
#[allow(dead_code, unsafe_code, reason = "shared with the firmware, which gives the reasons")]
mod vectors;

use core::panic::PanicInfo;

use cortex_m::Peripherals;
use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::entry;
use metric_proto::{FixedStore, Key, Limits, Next, Sample, ServerConnection, Store};
use semihosting::{println, process};
use static_cell::ConstStaticCell;

type Samples = FixedStore<40, 32, 48>;

#[entry]
fn main() -> ! {
    static STORE: ConstStaticCell<Samples> = ConstStaticCell::new(Samples::new());
    let store = STORE.take();
    fill(store);
    if let Some(mut peripherals) = Peripherals::take() {
        let timer = &mut peripherals.SYST;
        let nothing = instructions(timer, || {});
        let mut server = ServerConnection::new(Limits::new(640, 48));
        for (name, request) in REQUESTS {
            let mut reply = [0; 512];
            let mut answer = || {
                let progress = server.process(store, request.as_bytes(), &mut reply, 0);
                assert!(progress.consumed == request.len() && progress.next == Next::Input);
            };
            let count = instructions(timer, &mut answer) - nothing;
            println!("{} {}", count, name);
        }
        process::exit(0);
    }
    panic!()
}

/// Fills the table. The key of the requests is in the middle and has 9 samples.
fn fill(store: &mut Samples) {
    for number in 0..40 {
        let name = [b'a' + number / 26, b'a' + number % 26];
        let name = if number == 20 { "palm.cpu" } else { str::from_utf8(&name).unwrap() };
        for timestamp in 1_150_864_238..1_150_864_247 {
            let sample = Sample::new(23.7, timestamp).unwrap();
            store.put(Key::new(name).unwrap(), sample).unwrap();
        }
    }
}

/// The counted requests. The longest put has the slowest value: the middle between zero and the
/// smallest double, with as many digits as fit in a line, all of which have to be examined.
const REQUESTS: [(&str, &str); 4] = [
    ("`put palm.cpu 23.7 1150864247`", "put palm.cpu 23.7 1150864247\n"),
    ("a put of 17 digits", "put palm.cpu 23.712345678901234 1150864247\n"),
    ("the longest put, of the value that takes longest", include_str!("longest_put.txt")),
    ("`get palm.cpu`, 10 samples", "get palm.cpu\n"),
];

fn instructions(timer: &mut SYST, work: impl FnOnce()) -> u32 {
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(0x00ff_ffff);
    timer.clear_current();
    timer.enable_counter();
    let before = SYST::get_current();
    work();
    let after = SYST::get_current();
    timer.disable_counter();
    // Together the two readings are off by at most a tick, which is less than half an instruction.
    ((before - after) * TICK + INSTRUCTION / 2) / INSTRUCTION
}

/// The length of a tick in nanoseconds.
const TICK: u32 = 80;
/// The emulated time of an instruction in nanoseconds.
const INSTRUCTION: u32 = 256;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    process::exit(1)
}
