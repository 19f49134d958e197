//! Reading a run for a scan that may show the samples of a chunk together.

use metric_chunk::{Chunk, Until};
use metric_memory::Piece;

use super::block::Damaged;
use super::{Numbers, Run, run_chunks};

/// Returns what may be shown together of the first `live` samples of a run, if the checksum of the block
/// is right, and what the index says of the number of samples and of the first. Bytes may follow the
/// block.
pub(crate) fn pieces(
    block: &[u8],
    numbers: Numbers,
    (run, live): (&Run, u16),
    until: Until<'_>,
) -> Result<Vec<Piece>, Damaged> {
    let chunks = run_chunks(block, numbers, run)?;
    let chunks = chunks.into_iter().map(Chunk::new).collect::<Result<Vec<_>, _>>()?;
    let ends = chunks.iter().skip(1).map(|next| next.first() - 1).chain([run.last]);
    let (mut left, mut pieces) = (usize::from(live), Vec::with_capacity(chunks.len()));
    for (&chunk, end) in chunks.iter().zip(ends) {
        pieces.push(first(chunk, end, left, until)?);
        left = left.saturating_sub(chunk.len());
    }
    Ok(pieces)
}

/// Returns the first samples of a chunk, `live` or all.
fn first(chunk: Chunk<'_>, end: i64, live: usize, until: Until<'_>) -> Result<Piece, Damaged> {
    let until = if live < chunk.len() { &|_| None } else { until };
    let mut piece = Piece::read(chunk, end, until)?;
    if let Piece::Samples(samples) = &mut piece {
        samples.truncate(live);
    }
    Ok(piece)
}
