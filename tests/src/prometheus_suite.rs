//! The suite for what Prometheus writes to server programs and reads from them: what each request is
//! answered with, and a real Prometheus at work.

mod peer;
mod real;
mod statuses;
pub(crate) mod wire;

use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

/// Runs the tests of a program. Those with a real Prometheus are left out, with the reason, if it is
/// not installed.
#[must_use]
pub fn main(program: &'static Path) -> ExitCode {
    let missing = peer::missing();
    let kind = missing.map(|what| format!("left out, as there is no {what}")).unwrap_or_default();
    let real = |name, test: fn(&Path)| {
        let trial = Trial::test(name, move || {
            test(program);
            Ok(())
        });
        trial.with_kind(kind.clone()).with_ignored_flag(missing.is_some())
    };
    let trials = vec![
        Trial::test("requests_are_answered_as_senders_expect", move || {
            statuses::check(program);
            Ok(())
        }),
        real("all_that_prometheus_writes_is_what_it_tells_itself", real::check),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
