//! More paths over the same HTTP: those of other protocols.

use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;

use crate::asked::Asked;
use crate::exposition::Exposition;
use crate::refusal::Refusal;
use crate::route::{Reply, refused};
use crate::web::{Backend, Web};

/// The paths of a protocol, answered over the same connections: with their admission, places,
/// deadlines, turns and bounds.
pub trait Routes<B: Backend>: Debug + Send + Sync + 'static {
    /// Returns the methods of a path such as `"GET, HEAD"`, if the path is of this protocol. A path of
    /// the HTTP API is never asked for.
    fn methods(&self, path: &str) -> Option<&'static str>;

    /// Answers a request whose path and method are its own.
    fn answer<'a>(&'a self, asked: Asked<'a>, web: &'a Arc<Web<B>>) -> Answering<'a>;

    /// Writes a refusal as clients of this protocol read it. As JSON of the HTTP API unless another
    /// form is given.
    fn refused(&self, refusal: &Refusal) -> Reply {
        refused(refusal)
    }

    /// Adds what it counts.
    fn metrics(&self, exposition: &mut Exposition) {
        let _ = exposition;
    }

    /// Returns what it did not store since the last call, a line for each cause, for the log.
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }

    /// Returns what became of all that came in by it, in a line for the log.
    fn summary(&self) -> Option<String> {
        None
    }
}

/// A reply on its way.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<Reply, Refusal>> + Send + 'a>>;
