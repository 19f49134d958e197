//! A durable store on a disk that stops after each of its operations, and a model that judges what
//! is found there.
//!
//! ```text
//!  life     connections that put, remove and commit; flushes, merges, restarts; all from a seed
//!  witness  sees each operation of the disk, has the copies judged, and puts in between
//!  history  what was changed, in order, and up to where that is promised
//!  judge    opens what is left after a kill or a power loss, and looks at all of it
//! ```

mod history;
mod judge;
mod life;
mod source;
mod witness;

pub use history::{History, Rows};
pub use judge::{Found, judge, observe};
pub use life::Life;
pub use source::{KEYS, Source, put, settings};
pub use witness::{Judging, Witness};
