//! The suite that every client passes: against a real server, and against misbehaving peers.
//!
//! ```text
//!   Kind ── connect ──▶ Subject ─┬─▶ a server, and the model      check_served
//!                                ├─▶ Peer with a wrong script     check_strangers
//!                                └─▶ Peer with a slow script      check_flow
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
