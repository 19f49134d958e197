//! A network of two hosts in memory, which can lose and reorder frames.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Waker};

use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken};
use fastrand::Rng;

/// One end of a cable. Each end receives what the other sends.
pub(crate) struct Plug {
    sends: Rc<Way>,
    receives: Rc<Way>,
    number: u8,
}

/// The frames in flight in one direction.
#[derive(Default)]
pub(crate) struct Way {
    frames: RefCell<VecDeque<Vec<u8>>>,
    receiver: RefCell<Option<Waker>>,
    faults: RefCell<Option<Faults>>,
    held_back: RefCell<Option<Vec<u8>>>,
    cut: Cell<bool>,
    vanished: Cell<Option<u16>>,
    sent: Cell<u64>,
    lost: Cell<u64>,
    overtaken: Cell<u64>,
}

/// One frame in `one_in` is lost, and as many are overtaken by the next.
pub(crate) struct Faults {
    pub(crate) one_in: u32,
    pub(crate) random: Rng,
}

/// What happens to a frame.
enum Fate {
    Arrives,
    IsLost,
    IsOvertaken,
}

/// Creates a cable. The first end is number 1, the second number 2.
pub(crate) fn cable() -> (Plug, Plug) {
    let (there, back) = (Rc::new(Way::default()), Rc::new(Way::default()));
    let first = Plug { sends: Rc::clone(&there), receives: Rc::clone(&back), number: 1 };
    (first, Plug { sends: back, receives: there, number: 2 })
}

impl Plug {
    /// Returns the direction of the frames that this end sends.
    pub(crate) fn way_out(&self) -> Rc<Way> {
        Rc::clone(&self.sends)
    }
}

impl Way {
    /// Loses all frames from now on, or stops losing them.
    pub(crate) fn cut(&self, cut: bool) {
        self.cut.set(cut);
    }

    /// Loses all frames from or to a TCP port from now on.
    pub(crate) fn vanish(&self, port: u16) {
        self.vanished.set(Some(port));
    }

    pub(crate) fn fail(&self, faults: Faults) {
        *self.faults.borrow_mut() = Some(faults);
    }

    /// Returns the numbers of frames sent, lost and overtaken.
    pub(crate) fn fates(&self) -> [u64; 3] {
        [self.sent.get(), self.lost.get(), self.overtaken.get()]
    }

    fn send(&self, frame: Vec<u8>) {
        count(&self.sent);
        match self.fate(&frame) {
            Fate::Arrives => {
                self.arrive(frame);
                self.held_back.take().into_iter().for_each(|overtaken| self.arrive(overtaken));
            }
            Fate::IsLost => count(&self.lost),
            // Without a next frame, it waits until it is sent again.
            Fate::IsOvertaken => {
                count(&self.overtaken);
                let other = self.held_back.replace(Some(frame));
                other.into_iter().for_each(|overtaken| self.arrive(overtaken));
            }
        }
    }

    fn fate(&self, frame: &[u8]) -> Fate {
        let mut faults = self.faults.borrow_mut();
        let dice = |Faults { one_in, random }: &mut Faults| random.u32(0..*one_in);
        match faults.as_mut().map(dice) {
            _ if self.cut.get() || self.vanished.get().is_some_and(|port| is_of(frame, port)) => {
                Fate::IsLost
            }
            Some(0) => Fate::IsLost,
            Some(1) => Fate::IsOvertaken,
            _ => Fate::Arrives,
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

/// A frame to be sent.
pub(crate) struct Sender<'a>(&'a Way);

impl TxToken for Sender<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        let mut frame = vec![0; length];
        let result = write(&mut frame);
        self.0.send(frame);
        result
    }
}

/// Returns whether a frame with IPv4 and TCP headers has this port as source or destination.
fn is_of(frame: &[u8], port: u16) -> bool {
    let ports = frame.get(34..38).unwrap_or_default();
    ports.chunks(2).any(|bytes| bytes == port.to_be_bytes())
}

fn count(counter: &Cell<u64>) {
    counter.set(counter.get() + 1);
}
