//! The machine that a pickle is a program for, as far as lists of samples need it.

use super::budget::Budget;
use super::opcode::{Opcode, opcode};
use super::refusal::Refusal;
use crate::fault::Fault;
use crate::number::{finite, value};
use crate::time::Clock;

/// The values at once: Python appends up to a thousand samples together.
const MAX_VALUES: usize = 16 * 1024;

/// The values in the memo: three for each sample of a frame.
const MAX_MEMO: usize = 64 * 1024;

/// How many numbers of the memo may be left out in a row: old versions of Python begin with 1.
const MAX_GAP: usize = 16;

/// A value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    /// A text, by its place among all texts.
    Text(Place),
    Number(f64),
    /// A value and its timestamp.
    Point(f64, i64),
    /// A path with its value and timestamp.
    Sample(Place, f64, i64),
    /// What should be a sample, or a part of one, with its path if that is known.
    Faulty(Fault, Option<Place>),
    /// What is neither a text nor a number.
    Other,
    /// The list of all samples. What is appended to it is not kept.
    List,
}

/// The place of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    start: u32,
    length: u16,
}

/// Decodes one pickle in pieces.
#[derive(Debug)]
pub(super) struct Decoder {
    clock: Clock,
    values: Vec<Value>,
    /// The numbers of values before each mark.
    marks: Vec<u16>,
    memo: Vec<Value>,
    texts: Vec<u8>,
    /// From here on values are items of the list, which are taken one by one.
    items: Option<Items>,
    budget: Budget,
}

#[derive(Clone, Copy, Debug)]
struct Items {
    first: usize,
    next: usize,
}

/// What a step of the decoder did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It took so many bytes.
    Taken(usize),
    /// It took so many, and the same number of a text follow that nobody needs.
    Skip(usize, usize),
    /// It needs more input.
    Incomplete,
    /// It took so many, and the pickle is at its end.
    Done(usize),
}

impl Decoder {
    pub(super) fn new(clock: Clock, budget: Budget) -> Self {
        let (values, marks, memo, texts) = Default::default();
        Self { clock, values, marks, memo, texts, items: None, budget }
    }

    /// Executes the opcode at the front of the input. All items must be taken.
    pub(super) fn step(&mut self, input: &[u8]) -> Result<Step, Refusal> {
        let Some((opcode, taken)) = opcode(input)? else { return Ok(Step::Incomplete) };
        match opcode {
            Opcode::Nothing => {}
            Opcode::Stop if self.values == [Value::List] && self.marks.is_empty() => {
                return Ok(Step::Done(taken));
            }
            Opcode::Stop => return Err(Refusal::NoList),
            Opcode::Mark => self.mark()?,
            Opcode::Text(text) => self.text(text)?,
            Opcode::Decoded(text) => self.text(&text)?,
            Opcode::LongText(length) => {
                self.push(Value::Faulty(Fault::LongKey, None))?;
                return Ok(Step::Skip(taken, length));
            }
            Opcode::Number(number) => self.push(Value::Number(number))?,
            Opcode::Other => self.push(Value::Other)?,
            Opcode::Pair => self.pair()?,
            Opcode::Tuple => {
                let first = self.pop_mark()?;
                self.tuple(self.values.len().saturating_sub(first))?;
            }
            Opcode::OddTuple(length) => self.tuple(length)?,
            Opcode::EmptyList => self.list(self.values.len())?,
            Opcode::List => {
                let first = self.pop_mark()?;
                self.list(first)?;
            }
            Opcode::Append => self.append(self.values.len().saturating_sub(1))?,
            Opcode::Appends => {
                let first = self.pop_mark()?;
                self.append(first)?;
            }
            Opcode::Put(number) => self.put(number)?,
            Opcode::Memoize => self.put(self.memo.len())?,
            Opcode::Get(number) => {
                let value = *self.memo.get(number).ok_or(Refusal::Memo(number))?;
                self.push(value)?;
            }
        }
        self.budget.hold(self.memory())?;
        Ok(Step::Taken(taken))
    }

    /// Returns the next item that was appended to the list.
    pub(super) fn item(&self) -> Option<Value> {
        self.values.get(self.items?.next).copied()
    }

    /// Returns the items behind that.
    pub(super) fn further_items(&self) -> &[Value] {
        self.items.and_then(|items| self.values.get(items.next + 1..)).unwrap_or_default()
    }

    /// Removes the next item. When all are removed, texts that nothing refers to are, too.
    pub(super) fn remove_item(&mut self) {
        let Some(items) = &mut self.items else { return };
        items.next += 1;
        if items.next >= self.values.len() {
            self.values.truncate(items.first);
            self.items = None;
            if self.memo.is_empty() {
                self.texts.clear();
            }
        }
    }

    /// Returns a text.
    pub(super) fn text_at(&self, place: Place) -> &[u8] {
        let start = place.start as usize;
        self.texts.get(start..start + usize::from(place.length)).unwrap_or_default()
    }

    fn push(&mut self, value: Value) -> Result<(), Refusal> {
        // The list is one, and in nothing.
        if value == Value::List && !(self.values.is_empty() && self.marks.is_empty()) {
            return Err(Refusal::NoList);
        }
        if self.values.len() >= MAX_VALUES {
            return Err(Refusal::TooMany);
        }
        self.values.push(value);
        Ok(())
    }

    fn pop(&mut self) -> Result<Value, Refusal> {
        let bottom = self.marks.last().map_or(0, |&mark| usize::from(mark));
        let value = if self.values.len() > bottom { self.values.pop() } else { None };
        value.ok_or(Refusal::NoValue)
    }

    fn text(&mut self, text: &[u8]) -> Result<(), Refusal> {
        let start = u32::try_from(self.texts.len()).map_err(|_| Refusal::TooMany)?;
        let length = u16::try_from(text.len()).map_err(|_| Refusal::LongArgument)?;
        self.texts.extend_from_slice(text);
        self.push(Value::Text(Place { start, length }))
    }

    fn mark(&mut self) -> Result<(), Refusal> {
        let mark = u16::try_from(self.values.len()).map_err(|_| Refusal::TooMany)?;
        if self.marks.len() >= MAX_VALUES {
            return Err(Refusal::TooMany);
        }
        self.marks.push(mark);
        Ok(())
    }

    /// Removes the last mark; returns the number of values before it.
    fn pop_mark(&mut self) -> Result<usize, Refusal> {
        self.marks.pop().map(usize::from).ok_or(Refusal::NoMark)
    }

    fn tuple(&mut self, length: usize) -> Result<(), Refusal> {
        if length == 2 {
            return self.pair();
        }
        let mut path = None;
        for _ in 0..length {
            path = match self.pop()? {
                Value::List => return Err(Refusal::NoList),
                Value::Text(place) => Some(place),
                _ => None,
            };
        }
        self.push(Value::Faulty(Fault::Form, path))
    }

    fn pair(&mut self) -> Result<(), Refusal> {
        let (second, first) = (self.pop()?, self.pop()?);
        if first == Value::List || second == Value::List {
            return Err(Refusal::NoList);
        }
        let path = if let Value::Text(path) = first { Some(path) } else { None };
        self.push(self.pair_of(first, second).unwrap_or_else(|fault| Value::Faulty(fault, path)))
    }

    /// Returns what two values are together: a path and a point, or a time and a number.
    fn pair_of(&self, first: Value, second: Value) -> Result<Value, Fault> {
        match (first, second) {
            (Value::Faulty(fault, _), _) | (_, Value::Faulty(fault, _)) => Err(fault),
            (Value::Text(path), Value::Point(value, timestamp)) => {
                Ok(Value::Sample(path, value, timestamp))
            }
            (time, number) => {
                let timestamp = match time {
                    Value::Number(time) => self.clock.double(time)?,
                    Value::Text(time) => self.clock.read(self.text_at(time))?,
                    Value::Other => return Err(Fault::Time),
                    _ => return Err(Fault::Form),
                };
                let number = match number {
                    Value::Number(number) => finite(number)?,
                    Value::Text(number) => value(self.text_at(number))?,
                    Value::Other => return Err(Fault::Value),
                    _ => return Err(Fault::Form),
                };
                Ok(Value::Point(number, timestamp))
            }
        }
    }

    /// Makes a list of the values from a place on.
    fn list(&mut self, first: usize) -> Result<(), Refusal> {
        if first != 0 || !self.marks.is_empty() {
            return Err(Refusal::NoList);
        }
        if self.values.len() >= MAX_VALUES {
            return Err(Refusal::TooMany);
        }
        self.values.insert(0, Value::List);
        self.append(1)
    }

    /// Appends the values from a place on to the list, which is at the bottom.
    fn append(&mut self, first: usize) -> Result<(), Refusal> {
        let is_list = first == 1 && self.values.first() == Some(&Value::List);
        if !is_list || !self.marks.is_empty() {
            return Err(Refusal::NoList);
        }
        if self.values.len() > first {
            self.items = Some(Items { first, next: first });
        }
        Ok(())
    }

    fn put(&mut self, number: usize) -> Result<(), Refusal> {
        let bottom = self.marks.last().map_or(0, |&mark| usize::from(mark));
        let top = self.values.get(bottom..).and_then(<[_]>::last);
        let value = *top.ok_or(Refusal::NoValue)?;
        if number >= MAX_MEMO || number > self.memo.len() + MAX_GAP {
            return Err(Refusal::Memo(number));
        }
        if number >= self.memo.len() {
            self.memo.resize(number + 1, Value::Other);
        }
        if let Some(place) = self.memo.get_mut(number) {
            *place = value;
        }
        Ok(())
    }

    /// Returns the bytes that it takes.
    fn memory(&self) -> usize {
        let values = self.values.capacity() + self.memo.capacity();
        values * size_of::<Value>() + self.marks.capacity() * 2 + self.texts.capacity()
    }
}
