//! Feeds bytes in pieces through an input buffer of the smallest size.

use metric_proto::{Buffer, Limits};

pub(super) type Input = Buffer<{ Limits::WIDEST.min_input() }>;

/// Feeds `bytes` in pieces of these sizes, used in turn and cut to the room there is. Calls `take`
/// after each piece, which consumes as much of the input as it can.
///
/// # Panics
///
/// If `take` leaves the buffer full, since nothing more could arrive.
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
