//! One case: a sentence of the protocol and the dialogue that proves it.

use crate::Needs;
use crate::trial::Trial;

/// One sentence of the protocol, what proving it needs, and the proof.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The sentence; unique in the suite.
    pub name: &'static str,
    /// The requirements of the case.
    pub needs: Needs,
    pub(crate) run: fn(&mut Trial<'_>),
}

impl Case {
    pub(crate) const fn new(name: &'static str, needs: Needs, run: fn(&mut Trial<'_>)) -> Self {
        Self { name, needs, run }
    }
}
