//! A driver of the virtio network device for embassy-net. The sockets' windows are small, so frames
//! for this board are short; the device drops longer ones.

use core::ptr;
use core::task::Context;

use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken};
use embassy_qemu::Register;
use embassy_sync::waitqueue::AtomicWaker;
use static_cell::ConstStaticCell;

use crate::virtqueue::{Buffer, Memory, Queue, ROOM, SLOTS, WRITE};

/// The device, and its queues in each direction.
pub(crate) struct Ethernet {
    address: [u8; 6],
    received: Queue,
    sent: Queue,
}

impl Ethernet {
    /// Starts the device in the order of the specification. Panics if there is none of version 1,
    /// whose registers have version 2.
    pub(crate) fn start() -> Self {
        static RECEIVED: ConstStaticCell<Memory> = ConstStaticCell::new(Memory::new());
        static SENT: ConstStaticCell<Memory> = ConstStaticCell::new(Memory::new());
        let (mut received, sent) = (Queue::new(RECEIVED.take()), Queue::new(SENT.take()));
        assert!([VERSION.read(), KIND.read()] == NETWORK_DEVICE);
        STATUS.write(0);
        STATUS.write(DRIVER);
        for (part, features) in (0..).zip(FEATURES_USED) {
            FEATURES_PART.write(part);
            FEATURES.write(features);
        }
        STATUS.write(DRIVER | FEATURES_OK);
        assert!(STATUS.read() & FEATURES_OK != 0);
        tell(RECEIVE, &received);
        tell(TRANSMIT, &sent);
        STATUS.write(DRIVER | FEATURES_OK | DRIVER_OK);
        for _ in 0..SLOTS {
            received.next().into_iter().for_each(receive);
        }
        // SAFETY: the device has its address there.
        let address = unsafe { ptr::with_exposed_provenance::<[u8; 6]>(ADDRESS).read_volatile() };
        Self { address, received, sent }
    }
}

impl Driver for Ethernet {
    type RxToken<'a> = Received<'a>;
    type TxToken<'a> = Sending<'a>;

    fn receive(&mut self, context: &mut Context<'_>) -> Option<(Received<'_>, Sending<'_>)> {
        WAKER.register(context.waker());
        Some((Received(self.received.next()?), Sending(self.sent.next()?)))
    }

    fn transmit(&mut self, context: &mut Context<'_>) -> Option<Sending<'_>> {
        WAKER.register(context.waker());
        Some(Sending(self.sent.next()?))
    }

    fn link_state(&mut self, _: &mut Context<'_>) -> LinkState {
        LinkState::Up
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = ROOM - HEADER;
        capabilities
    }

    fn hardware_address(&self) -> HardwareAddress {
        HardwareAddress::Ethernet(self.address)
    }
}

/// A received frame.
pub(crate) struct Received<'a>(Buffer<'a>);

impl RxToken for Received<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(mut self, f: F) -> R {
        let end = self.0.written.clamp(HEADER, ROOM);
        let result = f(&mut self.0.bytes()[HEADER..end]);
        receive(self.0);
        result
    }
}

/// A buffer for a frame to send.
pub(crate) struct Sending<'a>(Buffer<'a>);

impl TxToken for Sending<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(mut self, length: usize, f: F) -> R {
        let end = HEADER + length;
        let result = f(&mut self.0.bytes()[HEADER..end]);
        self.0.give(end, 0);
        NOTIFY.write(TRANSMIT);
        result
    }
}

fn receive(buffer: Buffer<'_>) {
    buffer.give(ROOM, WRITE);
    NOTIFY.write(RECEIVE);
}

/// Tells the device where a queue is.
fn tell(number: u32, queue: &Queue) {
    QUEUE.write(number);
    QUEUE_SIZE.write(SLOTS as u32);
    for (low, address) in [0x80, 0x90, 0xa0].into_iter().zip(queue.addresses()) {
        register(low).write(address as u32);
        register(low + 4).write(0);
    }
    QUEUE_READY.write(1);
}

/// Handles the device's interrupt: a frame has been received or sent.
pub(crate) fn interrupt() {
    INTERRUPTS_DONE.write(INTERRUPTS.read());
    WAKER.wake();
}

static WAKER: AtomicWaker = AtomicWaker::new();

const VERSION: Register = register(0x04);
const KIND: Register = register(0x08);
const FEATURES: Register = register(0x20);
const FEATURES_PART: Register = register(0x24);
const QUEUE: Register = register(0x30);
const QUEUE_SIZE: Register = register(0x38);
const QUEUE_READY: Register = register(0x44);
const NOTIFY: Register = register(0x50);
const INTERRUPTS: Register = register(0x60);
const INTERRUPTS_DONE: Register = register(0x64);
const STATUS: Register = register(0x70);

const fn register(offset: usize) -> Register {
    // SAFETY: these are registers of the device, which only accesses the memory of its queues.
    unsafe { Register::at(DEVICE + offset) }
}

/// The first device on the machine's bus.
const DEVICE: usize = 0x1000_1000;
const ADDRESS: usize = DEVICE + 0x100;

const NETWORK_DEVICE: [u32; 2] = [2, 1];
/// The device has an address, and is of version 1.
const FEATURES_USED: [u32; 2] = [1 << 5, 1];
const DRIVER: u32 = 1 | 1 << 1;
const DRIVER_OK: u32 = 1 << 2;
const FEATURES_OK: u32 = 1 << 3;
const RECEIVE: u32 = 0;
const TRANSMIT: u32 = 1;
const HEADER: usize = 12;
