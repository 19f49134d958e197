//! Readiness that stays armed: a socket is registered with the system once, and each change of its
//! state is one event.
//!
//! smol's own reactor registers a socket anew for each wait, and shares its events with a helper
//! thread. That costs more system calls than a small request does. A [`Poller`] belongs to one
//! thread, which runs connections while there are some to run and asks for events when there are
//! none:
//!
//! ```text
//! epoll ──▶ Poller::turn ──▶ Slot: flags, wakers ──▶ the executor ──▶ Source ──▶ the socket
//! ```

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::pin::pin;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Wake, Waker, ready};
use std::time::Duration;

use mio::{Events, Interest, Registry, Token, event};
use slab::Slab;

/// The events that one system call returns at most.
const EVENTS: usize = 256;

/// The token of wakes by other threads.
const WOKEN: Token = Token(usize::MAX);

/// Tells the tasks of one thread which of their sockets are ready.
#[derive(Debug)]
pub(crate) struct Poller {
    poll: RefCell<mio::Poll>,
    /// Registers sockets also while `poll` waits.
    registry: Registry,
    slots: RefCell<Slab<Slot>>,
    /// Tasks that go on after the system was asked for events.
    yielded: RefCell<Vec<Waker>>,
    /// How often it was.
    turns: Cell<u64>,
    unpark: Arc<Unpark>,
}

/// What is known of a registered socket.
#[derive(Debug)]
struct Slot {
    /// Whether a read may return something. The system tells what arrived before the socket was
    /// registered, too.
    readable: bool,
    /// Whether the last read filled all its room, so that it is not known whether it left something.
    unsure: bool,
    /// Whether the peer sends no more, so that a read of any length may be followed by the end.
    ended: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Poller {
    /// Creates a poller, for this thread or another.
    pub(crate) fn new() -> io::Result<Self> {
        let poll = mio::Poll::new()?;
        let registry = poll.registry().try_clone()?;
        let waker = mio::Waker::new(&registry, WOKEN)?;
        let unpark = Arc::new(Unpark { state: AtomicU8::new(Unpark::RUNNING), waker });
        let (poll, slots, yielded, turns) =
            (RefCell::new(poll), RefCell::default(), RefCell::default(), Cell::new(0));
        Ok(Self { poll, registry, slots, yielded, turns, unpark })
    }

    /// Runs a future until it is ready. While it is not, events wake its tasks.
    ///
    /// # Panics
    ///
    /// If the system cannot wait for events any more.
    pub(crate) fn block_on<T>(self: &Rc<Self>, future: impl Future<Output = T>) -> T {
        let outer = HERE.replace(Rc::downgrade(self));
        let mut future = pin!(future);
        let waker = Waker::from(Arc::clone(&self.unpark));
        let mut events = Events::with_capacity(EVENTS);
        let mut context = Context::from_waker(&waker);
        loop {
            // Whatever woke the thread so far, this poll sees it.
            self.unpark.run();
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                HERE.set(outer);
                return output;
            }
            self.turn(&mut events);
        }
    }

    /// Waits for events, unless something is to be done already, and wakes whom they concern.
    fn turn(&self, events: &mut Events) {
        let unpark = &self.unpark;
        let is_idle = self.yielded.borrow().is_empty() && unpark.park();
        let timeout = (!is_idle).then_some(Duration::ZERO);
        let waited = self.poll.borrow_mut().poll(events, timeout);
        unpark.run();
        match waited {
            Err(error) if error.kind() != ErrorKind::Interrupted => {
                panic!("the system does not tell events any more: {error}")
            }
            _ => events.iter().for_each(|event| self.note(event)),
        }
        self.turns.set(self.next_turn());
        self.yielded.take().into_iter().for_each(Waker::wake);
    }

    /// Notes an event, and wakes the tasks that wait for it.
    fn note(&self, event: &event::Event) {
        // Wakers run code that may drop a source, so none is called while the slots are borrowed.
        let woken = self.slots.borrow_mut().get_mut(event.token().0).map(|slot| slot.note(event));
        woken.into_iter().flatten().flatten().for_each(Waker::wake);
    }

    /// Lets other tasks have a turn, and those whose sockets have become ready meanwhile.
    pub(crate) fn yield_now(&self) -> impl Future<Output = ()> {
        let end = self.next_turn();
        poll_fn(move |context| self.poll_turn(end, context))
    }

    fn next_turn(&self) -> u64 {
        self.turns.get() + 1
    }

    /// Waits until the system was asked for events as often as `end` says.
    fn poll_turn(&self, end: u64, context: &Context<'_>) -> Poll<()> {
        if self.turns.get() >= end {
            return Poll::Ready(());
        }
        self.yielded.borrow_mut().push(context.waker().clone());
        Poll::Pending
    }
}

thread_local! {
    /// The poller that runs the tasks of this thread.
    static HERE: RefCell<Weak<Poller>> = const { RefCell::new(Weak::new()) };
}

/// Yields like [`Poller::yield_now`], in a task of a thread that a poller runs. Returns `None` in others.
pub(crate) fn yield_here() -> Option<impl Future<Output = ()> + Send + 'static> {
    let here = || HERE.with_borrow(Weak::upgrade);
    let end = here()?.next_turn();
    Some(poll_fn(move |context| {
        here().map_or(Poll::Ready(()), |poller| poller.poll_turn(end, context))
    }))
}

impl Slot {
    const fn new() -> Self {
        Self { readable: false, unsure: false, ended: false, reader: None, writer: None }
    }

    /// Returns whom an event concerns: the reader and the writer.
    fn note(&mut self, event: &event::Event) -> [Option<Waker>; 2] {
        self.ended |= event.is_read_closed() || event.is_error();
        let readable = event.is_readable() || self.ended;
        let writable = event.is_writable() || event.is_write_closed() || event.is_error();
        self.readable |= readable;
        self.unsure &= !readable;
        let reader = if readable { self.reader.take() } else { None };
        let writer = if writable { self.writer.take() } else { None };
        [reader, writer]
    }
}

/// Wakes the thread of a poller. It costs a system call only while that thread waits for events.
#[derive(Debug)]
struct Unpark {
    state: AtomicU8,
    waker: mio::Waker,
}

impl Unpark {
    /// The thread runs tasks.
    const RUNNING: u8 = 0;
    /// It waits for events.
    const PARKED: u8 = 1;
    /// It has been woken since it last began to run tasks.
    const WOKEN: u8 = 2;

    /// Notes that the thread runs.
    fn run(&self) {
        self.state.store(Self::RUNNING, Ordering::Release);
    }

    /// Returns whether the thread may wait: false if it has been woken.
    fn park(&self) -> bool {
        let (from, to) = (Self::RUNNING, Self::PARKED);
        self.state.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.swap(Self::WOKEN, Ordering::AcqRel) == Self::PARKED {
            // It fails only for want of kernel memory, and then a later event wakes the thread.
            let _ = self.waker.wake();
        }
    }
}

/// A socket that is registered with a poller.
#[derive(Debug)]
pub(crate) struct Source<T> {
    socket: T,
    slot: Registered,
}

/// The place of a socket in its poller.
#[derive(Debug)]
struct Registered {
    key: usize,
    poller: Rc<Poller>,
}

impl<T: event::Source> Source<T> {
    /// Registers a socket that does not block.
    pub(crate) fn new(mut socket: T, interest: Interest, poller: &Rc<Poller>) -> io::Result<Self> {
        let key = poller.slots.borrow_mut().insert(Slot::new());
        let slot = Registered { key, poller: Rc::clone(poller) };
        socket.register(&poller.registry, Token(key), interest)?;
        Ok(Self { socket, slot })
    }

    /// Returns the socket to be used elsewhere.
    pub(crate) fn into_inner(mut self) -> io::Result<T> {
        self.socket.deregister(&self.slot.poller.registry)?;
        Ok(self.socket)
    }
}

impl<T> Source<T> {
    /// Returns the socket.
    pub(crate) const fn get_ref(&self) -> &T {
        &self.socket
    }

    /// Returns the poller.
    pub(crate) fn poller(&self) -> &Poller {
        &self.slot.poller
    }

    /// Waits until a read would not wait. `peek` finds that out where the last read does not tell.
    pub(crate) fn poll_readable(
        &self,
        context: &Context<'_>,
        peek: impl FnMut(&T) -> io::Result<usize>,
    ) -> Poll<io::Result<()>> {
        if self.with_slot(|slot| slot.unsure) {
            self.poll_io(context, peek).map_ok(|_| ())
        } else {
            self.poll_event(context).map(Ok)
        }
    }

    /// Waits until a read may return something.
    fn poll_event(&self, context: &Context<'_>) -> Poll<()> {
        let is_readable = |slot: &mut Slot| slot.readable;
        if self.with_slot(is_readable) {
            return Poll::Ready(());
        }
        self.keep(context, |slot| &mut slot.reader)
    }

    /// Reads by `read`, which returns how many bytes of at most `length` it read.
    pub(crate) fn poll_read(
        &self,
        context: &Context<'_>,
        length: usize,
        read: impl FnMut(&T) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        let read = self.poll_io(context, read);
        if let Poll::Ready(Ok(count @ 1..)) = read {
            let has_drained = DRAINS && count < length;
            // After that no read is tried before there is an event.
            self.with_slot(|slot| {
                slot.readable = slot.ended || !has_drained;
                slot.unsure = !slot.ended && !has_drained;
            });
        }
        read
    }

    /// Accepts or reads by `operation`, once the socket may have something.
    pub(crate) fn poll_io<R>(
        &self,
        context: &Context<'_>,
        operation: impl FnMut(&T) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        ready!(self.poll_event(context));
        match self.retry(operation) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.with_slot(|slot| (slot.readable, slot.unsure) = (false, false));
                self.keep(context, |slot| &mut slot.reader)
            }
            done => Poll::Ready(done),
        }
    }

    /// Writes by `write`.
    pub(crate) fn poll_write(
        &self,
        context: &Context<'_>,
        write: impl FnMut(&T) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        match self.retry(write) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.keep(context, |slot| &mut slot.writer)
            }
            done => Poll::Ready(done),
        }
    }

    /// Returns what an operation on the socket returns that no signal interrupted.
    fn retry<R>(&self, mut operation: impl FnMut(&T) -> io::Result<R>) -> io::Result<R> {
        loop {
            match operation(&self.socket) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                done => return done,
            }
        }
    }

    /// Keeps the waker of the task that waits. The one that it replaces is dropped when the slots are free
    /// again, since it may drop another source.
    fn keep<R>(
        &self,
        context: &Context<'_>,
        waiting: impl FnOnce(&mut Slot) -> &mut Option<Waker>,
    ) -> Poll<R> {
        let replaced = self.with_slot(|slot| match waiting(slot) {
            Some(waker) if waker.will_wake(context.waker()) => None,
            waiting => waiting.replace(context.waker().clone()),
        });
        drop(replaced);
        Poll::Pending
    }

    fn with_slot<R>(&self, act: impl FnOnce(&mut Slot) -> R) -> R {
        let Registered { key, poller } = &self.slot;
        let mut slots = poller.slots.borrow_mut();
        act(slots.get_mut(*key).expect("a source has its slot until it is dropped"))
    }
}

/// Whether a read that returns less than it was asked for has emptied the socket, as epoll(7) says of
/// streams.
const DRAINS: bool = cfg!(target_os = "linux");

/// The system forgets a socket when it is closed, which a source does as it is dropped.
impl Drop for Registered {
    fn drop(&mut self) {
        // A waker may drop another source, so it is dropped when the slots are free again.
        let slot = self.poller.slots.borrow_mut().try_remove(self.key);
        drop(slot);
    }
}

#[cfg(test)]
mod tests;
