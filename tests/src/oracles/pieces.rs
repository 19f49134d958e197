//! Bytes that come in pieces, through an input that is no larger than it must be.

use metric_proto::{Buffer, Limits};

pub(super) type Input = Buffer<{ Limits::WIDEST.min_input() }>;

/// Feeds `bytes` in pieces of the sizes given, which are taken in turn, as far as there is room;
/// `take` is called after each piece, and takes from the input what it can.
///
/// # Panics
///
/// If `take` leaves as much as these limits may leave no server or client: then nothing more could
/// ever come.
pub(super) fn feed(
    limits: Limits,
    mut bytes: &[u8],
    sizes: &[usize],
    mut take: impl FnMut(&mut Input),
) {
    let mut input = Input::new();
    let mut sizes = sizes.iter().cycle();
    while let (false, Some(&size)) = (bytes.is_empty(), sizes.next()) {
        let room = limits.min_input().saturating_sub(input.unread().len());
        assert!(room > 0, "an input of {} bytes is too small", limits.min_input());
        let (piece, rest) = bytes.split_at(size.min(room).min(bytes.len()));
        input.space()[..piece.len()].copy_from_slice(piece);
        input.fill(piece.len());
        take(&mut input);
        bytes = rest;
    }
}
