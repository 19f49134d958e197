//! What carbon-relay sends: frames with a length of four bytes, each with a pickle of a list of
//! `(path, (time, value))`.
//!
//! ```text
//!  frame ─▶ opcode.rs ─▶ decoder.rs: a stack of values ─▶ samples, one by one ─▶ Store
//! ```
//!
//! Pickles are programs. The few opcodes that make lists of samples are executed here, all others are
//! refused, so that nothing of a pickle ever runs. A frame is decoded as it arrives.

mod budget;
mod decoder;
mod opcode;
mod refusal;
mod text;

use std::net::SocketAddr;
use std::ops::ControlFlow::{self, Break, Continue};
use std::sync::Arc;
use std::task::{Context, Poll};

use metric_driver::{Next, Progress, Session};
use metric_proto::{Key, LONGEST_KEY, Limits, Lost, Position, Refused, Request, Sample, Store};
use metric_web::Memory;

use self::budget::Budget;
use self::decoder::{Decoder, Step, Value};
use self::opcode::LONGEST_OPCODE;
use self::refusal::Refusal;
use crate::counters::{DoorCounters, Escaped};
use crate::fault::Fault;
use crate::path::{self, Room};
use crate::time::Clock;

/// The longest frame, which is also carbon's.
const LONGEST_FRAME: u32 = 1 << 20;

/// What the connections of a door for pickles have in common.
#[derive(Debug)]
pub struct PickleDoor {
    clock: Clock,
    limits: Limits,
    counters: Arc<DoorCounters>,
    /// What the frames of all connections take together.
    memory: Memory,
}

impl PickleDoor {
    /// Creates a door for keys within these limits.
    #[must_use]
    pub fn new(clock: Clock, limits: Limits) -> Self {
        Self { clock, limits, counters: Arc::default(), memory: Memory::default() }
    }

    /// Returns what it counts.
    #[must_use]
    pub fn counters(&self) -> &Arc<DoorCounters> {
        &self.counters
    }

    /// Returns the key and the sample of an item of a list.
    fn read<'a>(
        &self,
        decoder: &'a Decoder,
        item: Value,
        room: &'a mut Room,
    ) -> Result<(Key<'a>, Sample), Fault> {
        let (place, value, timestamp) = match item {
            Value::Sample(place, value, timestamp) => (place, value, timestamp),
            Value::Faulty(fault, _) => return Err(fault),
            _ => return Err(Fault::Form),
        };
        let key = path::key(decoder.text_at(place), room)?;
        if key.as_bytes().len() > self.limits.key() {
            return Err(Fault::LongKey);
        }
        Ok((key, Sample::new(value, timestamp).map_err(|_| Fault::NotFinite)?))
    }
}

/// A connection of pickles. A sample with a fault costs only itself; a frame that is no pickle of
/// samples ends the connection.
#[derive(Debug)]
pub struct PickleSession<S> {
    store: S,
    frames: Frames,
}

#[derive(Debug)]
struct Frames {
    door: Arc<PickleDoor>,
    peer: SocketAddr,
    state: State,
    /// The bytes that are left of the frame.
    left: u32,
    is_ended: bool,
}

#[derive(Debug)]
enum State {
    /// Between two frames.
    Idle,
    Decoding(Box<Decoder>),
    /// Within a text that nobody needs, before so many bytes of it.
    SkippingText(Box<Decoder>, u32),
    /// Behind the pickle, within a frame that is longer.
    SkippingFrame,
}

impl<S: Store> PickleSession<S> {
    /// Creates the session of a new connection over a store or a handle to one.
    pub const fn new(store: S, door: Arc<PickleDoor>, peer: SocketAddr) -> Self {
        let frames = Frames { door, peer, state: State::Idle, left: 0, is_ended: false };
        Self { store, frames }
    }
}

impl<S: Store> Session for PickleSession<S> {
    fn min_input(&self) -> usize {
        LONGEST_OPCODE
    }

    fn min_output(&self) -> usize {
        0
    }

    fn process(&mut self, input: &[u8], _: &mut [u8], filled: usize) -> Progress {
        let mut turn = Turn { rest: input, stored: 0, refused: 0 };
        let (mut store, mut room) = (self.store.batch(), [0; LONGEST_KEY]);
        let next = loop {
            if let Break(next) = self.frames.step(&mut store, &mut turn, &mut room) {
                break next;
            }
        };
        self.frames.door.counters.count(turn.stored, turn.refused);
        Progress { consumed: input.len() - turn.rest.len(), filled, next }
    }

    fn end_input(&mut self) {
        self.frames.is_ended = true;
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        if S::WAITS { self.store.poll_ready(context) } else { Poll::Ready(Ok(())) }
    }
}

/// The input of one call, and what became of it.
struct Turn<'a> {
    rest: &'a [u8],
    stored: u64,
    refused: u64,
}

impl Frames {
    /// Goes on by an item, an opcode or the beginning of a frame, or breaks with what it needs for
    /// that.
    fn step<S: Store>(
        &mut self,
        store: &mut S,
        turn: &mut Turn<'_>,
        room: &mut Room,
    ) -> ControlFlow<Next> {
        if let State::Decoding(decoder) = &mut self.state
            && let Some(item) = decoder.item()
        {
            return self.put(item, store, (turn, room));
        }
        match self.decode(turn) {
            Ok(flow) => flow,
            Err(refusal) => {
                self.door.counters.fault(Fault::Frame, self.peer, &refusal);
                // Its memory need not wait for the connection's end.
                self.state = State::Idle;
                Break(Next::Close)
            }
        }
    }

    /// Puts an item of a list, and removes it unless the store has to be awaited.
    fn put<S: Store>(
        &mut self,
        item: Value,
        store: &mut S,
        (turn, room): (&mut Turn<'_>, &mut Room),
    ) -> ControlFlow<Next> {
        let State::Decoding(decoder) = &mut self.state else { return Continue(()) };
        match self.door.read(decoder, item, room) {
            Ok((key, sample)) => match store.put(key, sample) {
                Ok(()) => turn.stored += 1,
                Err(Refused::NotYet) if S::WAITS => {
                    self.announce(store, room);
                    return Break(Next::Wait);
                }
                Err(_) => turn.refused += 1,
            },
            Err(fault) => {
                let path = match item {
                    Value::Sample(place, ..) | Value::Faulty(_, Some(place)) => {
                        decoder.text_at(place)
                    }
                    _ => b"",
                };
                self.door.counters.fault(fault, self.peer, &Escaped(path));
            }
        }
        decoder.remove_item();
        Continue(())
    }

    /// Decodes the next piece of the input.
    fn decode(&mut self, turn: &mut Turn<'_>) -> Result<ControlFlow<Next>, Refusal> {
        match std::mem::replace(&mut self.state, State::Idle) {
            State::Idle => self.begin(turn),
            State::Decoding(decoder) => self.decode_opcode(decoder, turn),
            State::SkippingText(decoder, left) => self.skip_text(decoder, left, turn),
            State::SkippingFrame => Ok(self.skip_frame(turn)),
        }
    }

    fn decode_opcode(
        &mut self,
        mut decoder: Box<Decoder>,
        turn: &mut Turn<'_>,
    ) -> Result<ControlFlow<Next>, Refusal> {
        let within = self.within(turn);
        let step = decoder.step(turn.rest.get(..within).unwrap_or_default())?;
        let taken = match step {
            Step::Taken(taken) => {
                self.state = State::Decoding(decoder);
                taken
            }
            Step::Skip(taken, length) => {
                let length = u32::try_from(length).map_err(|_| Refusal::Short)?;
                self.state = State::SkippingText(decoder, length);
                taken
            }
            Step::Done(taken) => {
                self.state = State::SkippingFrame;
                taken
            }
            Step::Incomplete if within == self.left as usize => return Err(Refusal::Short),
            Step::Incomplete => {
                self.state = State::Decoding(decoder);
                return Ok(self.part(turn));
            }
        };
        self.take(turn, taken);
        Ok(Continue(()))
    }

    fn skip_text(
        &mut self,
        decoder: Box<Decoder>,
        left: u32,
        turn: &mut Turn<'_>,
    ) -> Result<ControlFlow<Next>, Refusal> {
        let skipped = self.within(turn).min(left as usize);
        self.take(turn, skipped);
        match left - skipped as u32 {
            0 => {
                self.state = State::Decoding(decoder);
                Ok(Continue(()))
            }
            _ if self.left == 0 => Err(Refusal::Short),
            left => {
                self.state = State::SkippingText(decoder, left);
                Ok(self.part(turn))
            }
        }
    }

    fn skip_frame(&mut self, turn: &mut Turn<'_>) -> ControlFlow<Next> {
        self.take(turn, self.within(turn));
        if self.left == 0 {
            return Continue(());
        }
        self.state = State::SkippingFrame;
        self.part(turn)
    }

    /// Returns how much of the input is within the frame.
    fn within(&self, turn: &Turn<'_>) -> usize {
        turn.rest.len().min(self.left as usize)
    }

    /// Begins a frame.
    fn begin(&mut self, turn: &mut Turn<'_>) -> Result<ControlFlow<Next>, Refusal> {
        let Some((length, rest)) = turn.rest.split_first_chunk() else {
            return Ok(self.part(turn));
        };
        let length = u32::from_be_bytes(*length);
        if length > LONGEST_FRAME {
            return Err(Refusal::LongFrame(length));
        }
        (turn.rest, self.left) = (rest, length);
        let budget = Budget::new(&self.door.memory);
        self.state = State::Decoding(Box::new(Decoder::new(self.door.clock, budget)));
        Ok(Continue(()))
    }

    /// Handles a part of a frame, whose rest may never come.
    fn part(&mut self, turn: &mut Turn<'_>) -> ControlFlow<Next> {
        let is_within = !turn.rest.is_empty() || !matches!(self.state, State::Idle);
        if self.is_ended && is_within {
            self.door.counters.fault(Fault::Cut, self.peer, &"a frame");
            turn.rest = &[];
            self.state = State::Idle;
        }
        Break(Next::Input)
    }

    fn take(&mut self, turn: &mut Turn<'_>, count: usize) {
        turn.rest = turn.rest.get(count..).unwrap_or_default();
        self.left -= count as u32;
    }

    /// Announces the items to the store, so that one wait serves them all.
    #[cold]
    fn announce<S: Store>(&self, store: &mut S, room: &mut Room) {
        let State::Decoding(decoder) = &self.state else { return };
        for &item in decoder.item().iter().chain(decoder.further_items()) {
            if let Ok((key, sample)) = self.door.read(decoder, item, room)
                && !store.want(Request::Put { key, sample }, Position::START)
            {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests;
