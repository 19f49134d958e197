//! Reads the frames of a log, and finds out how it ends.

use std::io;

use crate::File;
use crate::frame::{self, HEAD, MAX_FRAME};
use crate::head::Head;

/// Reads the frames of a log in order. Takes a mebibyte of memory for a log of any length.
#[derive(Debug)]
pub(crate) struct Frames<'a, F> {
    window: Window<'a, F>,
    salt: u32,
    /// The offset of the next frame.
    at: u64,
    /// How often it went on behind something that is no good frame.
    gaps: usize,
}

/// What stands in a log at the place of the next frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next<'a> {
    /// The payload of a good frame.
    Frame(&'a [u8]),
    /// No good frame. It is the same if asked again.
    End(End),
}

/// How a log ends, or is interrupted. `at` is the offset after the last frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Only zeros follow, or nothing.
    Clean { at: u64 },
    /// Something follows that holds no good frame: the last write was not completed, or a part of it
    /// has changed.
    Torn { at: u64 },
    /// A good frame follows at `next`, so what is before it was once written. If `next` is `None`, it
    /// is not known whether there is one: what follows looks like frames at too many offsets.
    Damaged { at: u64, next: Option<u64> },
}

/// The sum of the lengths of the frames that a search checks at most, in bytes.
///
/// A search looks at all bytes once, and checks a frame at each offset where four bytes are a possible
/// length: at one of 4,096 in random bytes, but at any in a log that someone has made in order to take
/// long. Checking this many bytes takes about a tenth of a second.
const MAX_SEARCH: usize = 1 << 30;

impl<'a, F: File> Frames<'a, F> {
    /// Begins after the head of a log. `salt` is that of the head.
    pub(crate) fn new(file: &'a F, salt: u32) -> io::Result<Self> {
        Ok(Self { window: Window::new(file)?, salt, at: Head::LENGTH as u64, gaps: 0 })
    }

    pub(crate) const fn file(&self) -> &'a F {
        self.window.file
    }

    /// Returns the offset of the next frame.
    pub(crate) const fn at(&self) -> u64 {
        self.at
    }

    pub(crate) const fn salt(&self) -> u32 {
        self.salt
    }

    /// Goes on at an offset where a search has found a good frame.
    pub(crate) const fn go_on_at(&mut self, at: u64) {
        self.at = at;
        self.gaps += 1;
    }

    /// Returns how often it went on behind something that is no good frame.
    pub(crate) const fn gaps(&self) -> usize {
        self.gaps
    }

    /// Returns the next frame, or how the log ends if there is none.
    pub(crate) fn next(&mut self) -> io::Result<Next<'_>> {
        let at = self.at;
        let length = frame::length(self.window.bytes(at, HEAD)?);
        match length {
            Some(length) if self.is_good(at, length)? => {
                self.at += length as u64;
                Ok(Next::Frame(&self.window.bytes(at, length)?[HEAD..]))
            }
            _ if self.window.is_zero(at)? => Ok(Next::End(End::Clean { at })),
            _ => Ok(Next::End(self.search(MAX_SEARCH)?)),
        }
    }

    fn is_good(&mut self, at: u64, length: usize) -> io::Result<bool> {
        let frame = self.window.bytes(at, length)?;
        Ok(frame.len() == length && frame::is_good(frame, self.salt, at))
    }

    /// Searches for a good frame after a bad one. Checks frames of `left` bytes at most.
    fn search(&mut self, mut left: usize) -> io::Result<End> {
        let (at, mut from) = (self.at, self.at + 1);
        while let Some((next, length)) = self.window.find_length(from)? {
            if self.is_good(next, length)? {
                return Ok(End::Damaged { at, next: Some(next) });
            }
            let Some(rest) = left.checked_sub(length) else {
                return Ok(End::Damaged { at, next: None });
            };
            (left, from) = (rest, next + 1);
        }
        Ok(End::Torn { at })
    }
}

/// A part of a file in memory.
#[derive(Debug)]
struct Window<'a, F> {
    file: &'a F,
    /// The length of the file.
    end: u64,
    /// The offset of the bytes.
    start: u64,
    bytes: Vec<u8>,
}

/// How many bytes are looked through at once.
const PIECE: usize = 64 << 10;

impl<'a, F: File> Window<'a, F> {
    fn new(file: &'a F) -> io::Result<Self> {
        Ok(Self { file, end: file.length()?, start: 0, bytes: Vec::new() })
    }

    /// Returns the bytes at an offset, fewer at the end of the file. `length` is [`MAX_FRAME`] at most.
    fn bytes(&mut self, at: u64, length: usize) -> io::Result<&[u8]> {
        let length = self.end.saturating_sub(at).min(length as u64) as usize;
        if length == 0 {
            return Ok(&[]);
        }
        if at < self.start || at + length as u64 > self.start + self.bytes.len() as u64 {
            self.load(at)?;
        }
        let from = (at - self.start) as usize;
        self.bytes.get(from..from + length).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    /// Moves the window.
    fn load(&mut self, at: u64) -> io::Result<()> {
        let length = (self.end - at).min(MAX_FRAME as u64) as usize;
        self.bytes.resize(length, 0);
        let read = self.file.read_at(&mut self.bytes, at);
        self.start = at;
        self.bytes.truncate(*read.as_ref().unwrap_or(&0));
        read.map(|_| ())
    }

    /// Returns whether only zeros follow.
    fn is_zero(&mut self, mut at: u64) -> io::Result<bool> {
        while at < self.end {
            let piece = self.bytes(at, PIECE)?;
            if piece.iter().fold(0, |bits, byte| bits | byte) != 0 {
                return Ok(false);
            }
            at += piece.len() as u64;
        }
        Ok(true)
    }

    /// Returns the next offset where bytes are the length of a frame that fits the file, and that
    /// length.
    fn find_length(&mut self, mut from: u64) -> io::Result<Option<(u64, usize)>> {
        let end = self.end;
        loop {
            let piece = self.bytes(from, PIECE)?;
            let found = (from..).zip(piece.windows(4)).find_map(|(at, bytes)| {
                let length = frame::length(bytes)?;
                (at + length as u64 <= end).then_some((at, length))
            });
            match piece.len() {
                length @ 4.. if found.is_none() => from += length as u64 - 3,
                _ => return Ok(found),
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
