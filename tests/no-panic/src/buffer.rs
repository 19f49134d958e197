//! The buffer.

use metric_proto::Buffer;

/// A buffer of the size on a board.
pub type Line = Buffer<642>;

entries! {
    /// Room to read into.
    fn buffer_space(buffer: &mut Line) -> &mut [u8] {
        buffer.space()
    }

    /// Any count.
    fn buffer_fill(buffer: &mut Line, count: usize) {
        buffer.fill(count);
    }

    /// Any count.
    fn buffer_consume(buffer: &mut Line, count: usize) {
        buffer.consume(count);
    }

    /// The unread bytes.
    fn buffer_unread(buffer: &Line) -> &[u8] {
        buffer.unread()
    }
}
