//! A queue of buffers that pass between the driver and a device: a "split virtqueue" of "Virtual
//! I/O Device (VIRTIO) Version 1.2".

use core::cell::UnsafeCell;
use core::mem::{MaybeUninit, offset_of};
use core::ptr;

use riscv::asm::fence;

/// A queue of [`SLOTS`] buffers.
pub(crate) struct Queue {
    memory: &'static Memory,
    /// The number of buffers that the device has used and that were given to it again, which wraps. The
    /// device may use `SLOTS` more than these.
    renewed: u16,
}

impl Queue {
    /// Creates a queue, as if the device had used all buffers before.
    pub(crate) fn new(memory: &'static mut Memory) -> Self {
        for (number, used) in memory.used.iter().enumerate() {
            used.set([number as u32, 0]);
        }
        Self { memory, renewed: 0_u16.wrapping_sub(SLOTS as u16) }
    }

    /// Returns the addresses of the descriptors and of both rings, for the device.
    pub(crate) fn addresses(&self) -> [usize; 3] {
        let start = ptr::from_ref(self.memory).expose_provenance();
        let offsets = [0, offset_of!(Memory, available_index), offset_of!(Memory, used_index)];
        offsets.map(|offset| start + offset)
    }

    /// Returns a buffer that the device does not have, if there is one.
    pub(crate) fn next(&mut self) -> Option<Buffer<'_>> {
        let [_, used] = self.memory.used_index.get();
        if used == self.renewed {
            return None;
        }
        // What the device has used is read behind its number.
        fence();
        let [number, written] = self.memory.used[usize::from(self.renewed) % SLOTS].get();
        Some(Buffer { queue: self, number: number as usize % SLOTS, written: written as usize })
    }
}

/// A buffer that the device does not have.
pub(crate) struct Buffer<'a> {
    queue: &'a mut Queue,
    number: usize,
    /// The number of bytes that the device says it has written.
    pub(crate) written: usize,
}

impl Buffer<'_> {
    /// Returns all bytes, those that the device has not written, too.
    pub(crate) fn bytes(&mut self) -> &mut [u8; ROOM] {
        // SAFETY: the device does not have this buffer, and nobody else has one of this queue.
        unsafe { &mut *self.queue.memory.buffers[self.number].get() }
    }

    /// Gives the first bytes to the device, to read them or with the flag [`WRITE`] to write them.
    pub(crate) fn give(self, length: usize, flag: u32) {
        let Self { queue: Queue { memory, renewed }, number, .. } = self;
        let address = memory.buffers[number].get().expose_provenance();
        memory.descriptors[number].set([address as u32, 0, length as u32, flag]);
        memory.available[usize::from(*renewed) % SLOTS].set(number as u16);
        *renewed = renewed.wrapping_add(1);
        // The buffer and its descriptor are in memory before its number, and that before the device is
        // notified.
        fence();
        memory.available_index.set([0, renewed.wrapping_add(SLOTS as u16)]);
        fence();
    }
}

/// The memory of a queue, in the layout of the specification. In front of each index are flags.
#[repr(C, align(16))]
pub(crate) struct Memory {
    descriptors: [Shared<[u32; 4]>; SLOTS],
    available_index: Shared<[u16; 2]>,
    available: [Shared<u16>; SLOTS],
    used_index: Shared<[u16; 2]>,
    used: [Shared<[u32; 2]>; SLOTS],
    buffers: [UnsafeCell<[u8; ROOM]>; SLOTS],
}

impl Memory {
    /// Creates memory of zeros: no buffer was used, and none is available.
    pub(crate) const fn new() -> Self {
        // SAFETY: zeros are a value of every field.
        unsafe { MaybeUninit::zeroed().assume_init() }
    }
}

/// A value that the device reads or writes at any time.
struct Shared<T>(UnsafeCell<T>);

impl<T: Copy> Shared<T> {
    fn get(&self) -> T {
        // SAFETY: all bits are a value of the integers above, and nobody borrows them.
        unsafe { self.0.get().read_volatile() }
    }

    fn set(&self, value: T) {
        // SAFETY: nobody borrows the value.
        unsafe { self.0.get().write_volatile(value) }
    }
}

/// The number of buffers in a queue, a power of two.
pub(crate) const SLOTS: usize = 4;

/// The size of a buffer: the device's header and the longest frame. Every IPv4 host must accept
/// packets of 576 bytes.
pub(crate) const ROOM: usize = 12 + 14 + 576;

/// The flag of a buffer that the device writes.
pub(crate) const WRITE: u32 = 2;
