//! A driver of the chip's Ethernet controller for embassy-net.
//!
//! Frames are read from and written to the controller word by word. In memory they have the same
//! layout as in the controller: two bytes of length, then the frame. The sockets' windows are
//! small, so frames for this board are short; those longer than [`LONGEST_FRAME`] are dropped.
//!
//! The link is assumed to be up and full duplex. The transceiver is not asked.

use core::task::Context;

use cortex_m::interrupt::InterruptNumber;
use cortex_m::peripheral::NVIC;
use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken};
use embassy_qemu::Register;
use embassy_sync::waitqueue::AtomicWaker;

use crate::vectors;

/// The longest frame that is sent or received, without its checksum. Every IPv4 host must accept
/// packets of 576 bytes.
pub(crate) const LONGEST_FRAME: usize = HEADER + 576;

/// The controller, and buffers for one frame in each direction.
pub(crate) struct Ethernet {
    address: [u8; 6],
    received: [u8; ROOM],
    sent: [u8; ROOM],
}

impl Ethernet {
    /// Starts the controller with the address that the board's maker stored in the flash.
    pub(crate) fn start() -> Self {
        CLOCK_GATES.modify(0, CLOCKS);
        // The clock starts a few cycles later.
        CLOCK_GATES.read();
        let address = address();
        ADDRESS_0.write(word(&address[..4]));
        ADDRESS_1.write(word(&address[4..]));
        RECEIVE_CONTROL.write(RESET_FIFO);
        RECEIVE_CONTROL.write(REJECT_BAD_CHECKSUM | MULTICAST | RECEIVE);
        TRANSMIT_CONTROL.write(FULL_DUPLEX | ADD_CHECKSUM | PAD | TRANSMIT);
        INTERRUPT_MASK.write(0);
        // SAFETY: the handler of the interrupt is below, and no critical section relies on the
        // interrupt being masked.
        unsafe { NVIC::unmask(Interrupt) };
        Self { address, received: [0; ROOM], sent: [0; ROOM] }
    }
}

impl Driver for Ethernet {
    type RxToken<'a> = Received<'a>;
    type TxToken<'a> = Sending<'a>;

    fn receive(&mut self, context: &mut Context<'_>) -> Option<(Received<'_>, Sending<'_>)> {
        if PENDING_FRAMES.read() == 0 {
            WAKER.register(context.waker());
            INTERRUPT_MASK.write(FRAME_RECEIVED);
            // A frame that arrived in the meantime causes no interrupt.
            if PENDING_FRAMES.read() == 0 {
                return None;
            }
        }
        Some((Received(read_frame(&mut self.received)), Sending(&mut self.sent)))
    }

    fn transmit(&mut self, _: &mut Context<'_>) -> Option<Sending<'_>> {
        Some(Sending(&mut self.sent))
    }

    fn link_state(&mut self, _: &mut Context<'_>) -> LinkState {
        LinkState::Up
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = LONGEST_FRAME;
        capabilities
    }

    fn hardware_address(&self) -> HardwareAddress {
        HardwareAddress::Ethernet(self.address)
    }
}

/// A received frame.
pub(crate) struct Received<'a>(&'a mut [u8]);

impl RxToken for Received<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, f: F) -> R {
        f(self.0)
    }
}

/// A buffer for a frame to send.
pub(crate) struct Sending<'a>(&'a mut [u8; ROOM]);

impl TxToken for Sending<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, f: F) -> R {
        let Self(buffer) = self;
        let result = f(&mut buffer[LENGTH..LENGTH + length]);
        buffer[..LENGTH].copy_from_slice(&((length - HEADER) as u16).to_le_bytes());
        // Sending the frame before takes at most 120 microseconds more.
        while TRANSMISSION.read() & BEGIN != 0 {}
        buffer[..LENGTH + length].chunks(WORD).for_each(|chunk| DATA.write(word(chunk)));
        TRANSMISSION.write(BEGIN);
        result
    }
}

/// Reads a whole frame from the controller. Returns an empty one if it is too long.
fn read_frame(buffer: &mut [u8; ROOM]) -> &mut [u8] {
    let first = DATA.read().to_le_bytes();
    let length = usize::from(u16::from_le_bytes([first[0], first[1]]));
    let mut words = buffer.chunks_exact_mut(WORD);
    words.next().into_iter().for_each(|chunk| chunk.copy_from_slice(&first));
    for _ in 1..length.div_ceil(WORD) {
        let word = DATA.read().to_le_bytes();
        words.next().into_iter().for_each(|chunk| chunk.copy_from_slice(&word));
    }
    let end = length.saturating_sub(CHECKSUM);
    buffer.get_mut(LENGTH..end).unwrap_or_default()
}

fn address() -> [u8; 6] {
    let [a, b, c, _] = USER_0.read().to_le_bytes();
    let [d, e, f, _] = USER_1.read().to_le_bytes();
    match [a, b, c, d, e, f] {
        [0xff, 0xff, 0xff, 0xff, 0xff, 0xff] => LOCAL_ADDRESS,
        address => address,
    }
}

/// Converts up to four bytes to a little-endian word. Missing bytes are zero.
fn word(bytes: &[u8]) -> u32 {
    let mut word = [0; WORD];
    word[..bytes.len()].copy_from_slice(bytes);
    u32::from_le_bytes(word)
}

/// The interrupt handler. The vector table finds it by the name in `device.x`.
#[unsafe(no_mangle)]
extern "C" fn ETHERNET() {
    INTERRUPT_MASK.write(0);
    // Acknowledge nothing else: that would drop a half-written frame.
    INTERRUPTS.write(FRAME_RECEIVED);
    WAKER.wake();
}

static WAKER: AtomicWaker = AtomicWaker::new();

#[derive(Clone, Copy)]
struct Interrupt;

// SAFETY: this is the number of the Ethernet controller's interrupt, and it does not change.
unsafe impl InterruptNumber for Interrupt {
    fn number(self) -> u16 {
        vectors::ETHERNET_NUMBER as u16
    }
}

/// The size of a buffer: a length, the longest frame and its checksum, in whole words.
const ROOM: usize = (LENGTH + LONGEST_FRAME + CHECKSUM).next_multiple_of(WORD);
const WORD: usize = 4;
const LENGTH: usize = 2;
const HEADER: usize = 14;
const CHECKSUM: usize = 4;

/// The address of a board without one in its flash; locally administered.
const LOCAL_ADDRESS: [u8; 6] = [0x02, 0x00, 0x00, 0x6c, 0x6d, 0x33];

const CLOCK_GATES: Register = register(0x400f_e108);
const USER_0: Register = register(0x400f_e1e0);
const USER_1: Register = register(0x400f_e1e4);
const INTERRUPTS: Register = register(0x4004_8000);
const INTERRUPT_MASK: Register = register(0x4004_8004);
const RECEIVE_CONTROL: Register = register(0x4004_8008);
const TRANSMIT_CONTROL: Register = register(0x4004_800c);
const DATA: Register = register(0x4004_8010);
const ADDRESS_0: Register = register(0x4004_8014);
const ADDRESS_1: Register = register(0x4004_8018);
const PENDING_FRAMES: Register = register(0x4004_8034);
const TRANSMISSION: Register = register(0x4004_8038);

const fn register(address: usize) -> Register {
    // SAFETY: all addresses above are those of registers of the system control and of the Ethernet
    // controller, which has its own memory and cannot reach the processor's.
    unsafe { Register::at(address) }
}

/// The clocks of the transceiver and of the controller.
const CLOCKS: u32 = 1 << 30 | 1 << 28;
const FRAME_RECEIVED: u32 = 1;
const RECEIVE: u32 = 1;
/// Frames to groups are received, too, such as questions for the board's name.
const MULTICAST: u32 = 1 << 1;
const REJECT_BAD_CHECKSUM: u32 = 1 << 3;
const RESET_FIFO: u32 = 1 << 4;
const TRANSMIT: u32 = 1;
const PAD: u32 = 1 << 1;
const ADD_CHECKSUM: u32 = 1 << 2;
const FULL_DUPLEX: u32 = 1 << 4;
const BEGIN: u32 = 1;
