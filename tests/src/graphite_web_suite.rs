//! The suite that compares a server program with a real graphite-web, by the scripts in
//! `tests/graphite`.

use std::path::Path;
use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Failed, Trial};

/// Debian's, which has Debian's packages.
const PYTHON: &str = "/usr/bin/python3";

/// Runs the scripts with a program. They are left out, with the reason, if graphite-web is not
/// installed.
#[must_use]
pub fn main(program: &'static Path) -> ExitCode {
    let missing = !has_graphite();
    let kind = if missing { "left out, as there is no graphite-web" } else { "" };
    let trial = |name, script| {
        let trial = Trial::test(name, move || run(script, program));
        trial.with_kind(kind).with_ignored_flag(missing)
    };
    let trials = vec![
        trial("functions_and_times_are_those_of_graphite_web", "compare.py"),
        trial("graphite_web_draws_what_a_server_has", "cluster.py"),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn has_graphite() -> bool {
    let imports = Command::new(PYTHON).args(["-c", "import graphite, whisper, django"]).output();
    imports.is_ok_and(|output| output.status.success())
}

fn run(script: &str, program: &Path) -> Result<(), Failed> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("graphite").join(script);
    let output = Command::new(PYTHON).arg(path).arg(program).output()?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    Err(String::from_utf8_lossy(&text).into_owned().into())
}
