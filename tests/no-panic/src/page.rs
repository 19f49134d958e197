//! The page of a board.

use metric_board_web::Http;
use metric_driver::{Progress, Session};

use crate::store::Board;

entries! {
    /// Any bytes of a request, in any state, and an output of any size.
    fn page(
        page: &mut Http<&mut Board, fn() -> i64, 48>,
        input: &[u8],
        output: &mut [u8],
        filled: usize,
    ) -> Progress {
        page.process(input, output, filled)
    }
}
