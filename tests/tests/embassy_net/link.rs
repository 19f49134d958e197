//! A network of two hosts in memory, and what it does to frames.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Waker};

use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken};
use fastrand::Rng;

/// One end of a cable; what one end sends the other receives.
pub(crate) struct Plug {
    sends: Rc<Way>,
    receives: Rc<Way>,
    number: u8,
}

/// The frames on the way in one direction.
#[derive(Default)]
pub(crate) struct Way {
    frames: RefCell<VecDeque<Vec<u8>>>,
    receiver: RefCell<Option<Waker>>,
    faults: RefCell<Option<Faults>>,
    held_back: RefCell<Option<Vec<u8>>>,
    cut: Cell<bool>,
    sent: Cell<u64>,
    lost: Cell<u64>,
    swapped: Cell<u64>,
}

/// How often frames get lost or overtaken.
pub(crate) struct Faults {
    /// One frame in so many is lost.
    pub(crate) loses_one_in: u32,
    /// One frame in so many is overtaken by the next.
    pub(crate) swaps_one_in: u32,
    pub(crate) random: Rng,
}

/// Lays a cable; the first end is number 1, the second number 2.
pub(crate) fn cable() -> (Plug, Plug) {
    let (there, back) = (Rc::new(Way::default()), Rc::new(Way::default()));
    let first = Plug { sends: Rc::clone(&there), receives: Rc::clone(&back), number: 1 };
    (first, Plug { sends: back, receives: there, number: 2 })
}

impl Plug {
    /// The frames that this end sends.
    pub(crate) fn way_out(&self) -> Rc<Way> {
        Rc::clone(&self.sends)
    }
}

impl Way {
    /// Loses every frame from now on, or none any more.
    pub(crate) fn cut(&self, cut: bool) {
        self.cut.set(cut);
    }

    pub(crate) fn fail(&self, faults: Faults) {
        *self.faults.borrow_mut() = Some(faults);
    }

    /// Frames that were sent, lost and overtaken.
    pub(crate) fn fates(&self) -> [u64; 3] {
        [self.sent.get(), self.lost.get(), self.swapped.get()]
    }

    fn send(&self, frame: Vec<u8>) {
        count(&self.sent);
        let mut faults = self.faults.borrow_mut();
        let one_in = |faults: &mut Faults, many: u32| many > 0 && faults.random.u32(0..many) == 0;
        if self.cut.get()
            || faults.as_mut().is_some_and(|faults| one_in(faults, faults.loses_one_in))
        {
            return count(&self.lost);
        }
        if faults.as_mut().is_some_and(|faults| one_in(faults, faults.swaps_one_in)) {
            // A frame that waits for one to overtake it may wait for long: it is as good as lost
            // until the sender repeats it.
            count(&self.swapped);
            if let Some(before) = self.held_back.borrow_mut().replace(frame) {
                self.arrive(before);
            }
            return;
        }
        self.arrive(frame);
        if let Some(overtaken) = self.held_back.take() {
            self.arrive(overtaken);
        }
    }

    fn arrive(&self, frame: Vec<u8>) {
        self.frames.borrow_mut().push_back(frame);
        if let Some(receiver) = self.receiver.take() {
            receiver.wake();
        }
    }
}

impl Driver for Plug {
    type RxToken<'a> = Frame;
    type TxToken<'a> = Sender<'a>;

    fn receive(&mut self, context: &mut Context<'_>) -> Option<(Frame, Sender<'_>)> {
        let frame = self.receives.frames.borrow_mut().pop_front();
        if frame.is_none() {
            *self.receives.receiver.borrow_mut() = Some(context.waker().clone());
        }
        Some((Frame(frame?), Sender(&self.sends)))
    }

    fn transmit(&mut self, _: &mut Context<'_>) -> Option<Sender<'_>> {
        Some(Sender(&self.sends))
    }

    fn link_state(&mut self, _: &mut Context<'_>) -> LinkState {
        LinkState::Up
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = 1514;
        capabilities
    }

    fn hardware_address(&self) -> HardwareAddress {
        HardwareAddress::Ethernet([2, 0, 0, 0, 0, self.number])
    }
}

/// A frame that has arrived.
pub(crate) struct Frame(Vec<u8>);

impl RxToken for Frame {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(mut self, read: F) -> R {
        read(&mut self.0)
    }
}

/// Room for a frame.
pub(crate) struct Sender<'a>(&'a Way);

impl TxToken for Sender<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        let mut frame = vec![0; length];
        let result = write(&mut frame);
        self.0.send(frame);
        result
    }
}

fn count(counter: &Cell<u64>) {
    counter.set(counter.get() + 1);
}
