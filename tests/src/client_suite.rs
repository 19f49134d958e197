//! The one suite that every client passes: against a server of ours, and against peers that do what
//! no server should.
//!
//! ```text
//!   Kind ── connect ──▶ Subject ─┬─▶ a server, and the model         check_served
//!                                ├─▶ Peer, a script that is wrong    check_strangers
//!                                └─▶ Peer, a script that is slow     check_flow
//! ```

mod flow;
mod peer;
mod served;
mod strangers;
mod subject;

pub use flow::check_flow;
pub use peer::Peer;
pub use served::{check_served, converse};
pub use strangers::check_strangers;
pub use subject::{Failure, Kind, Subject, failure};
