//! The model passes the suite in memory, with wide bounds and with tight ones.

use std::io;

use metric_conformance::{
    Connection, MemoryServer, Needs, Offer, Options, Server, Verdict, cases, check,
};

const TIGHT: Offer = Offer { connections: 4, series: 8, samples: 16, line: 128, key: 32 };

#[test]
fn the_model_with_wide_bounds_passes() {
    check(&mut MemoryServer::model(Offer::DESKTOP), &Options::default()).assert_passed();
}

#[test]
fn the_model_with_tight_bounds_passes() {
    let summary = check(&mut MemoryServer::model(TIGHT), &Options::default());
    summary.assert_passed();
    let left_out = summary.left_out().count();
    assert!(left_out < summary.passed() / 4, "{left_out} cases are left out");
}

#[test]
fn every_case_runs_on_a_wide_server_or_a_tight_one() {
    for case in cases() {
        let lacking = [Offer::DESKTOP, TIGHT].map(|offer| case.needs.lacking(&offer));
        assert!(lacking.contains(&None), "{}: {lacking:?}", case.name);
    }
}

#[test]
fn no_case_uses_more_than_it_declares() {
    for case in cases() {
        let mut server = MemoryServer::model(exactly(&case.needs));
        let summary = check(&mut server, &only(case.name));
        let passed = summary.outcomes.iter().find(|outcome| outcome.name == case.name);
        let verdict = passed.map(|outcome| &outcome.verdict);
        assert_eq!(verdict, Some(&Verdict::Passed), "{}", case.name);
    }
}

#[test]
fn random_cases_pass_with_any_seed() {
    for seed in 1..=5 {
        let options = Options { filter: Some("random".into()), seed, ..Options::default() };
        check(&mut MemoryServer::model(TIGHT), &options).assert_passed();
    }
}

fn exactly(needs: &Needs) -> Offer {
    Offer {
        connections: needs.connections,
        series: needs.series,
        samples: needs.samples,
        line: needs.line,
        key: needs.key,
    }
}

#[test]
fn a_case_is_left_out_by_its_name() {
    let names = |except: Option<&str>| {
        let options = Options { except: except.map(Into::into), ..only("half-close") };
        check(&mut MemoryServer::model(Offer::DESKTOP), &options).outcomes.len()
    };
    assert_eq!((names(None), names(Some("wrong command"))), (3, 2));
}

fn only(name: &str) -> Options {
    Options { filter: Some(name.into()), tag: "tag1".into(), ..Options::default() }
}

#[test]
fn a_server_that_cannot_be_restarted_is_judged_as_far_as_it_goes() {
    let mut server = Remote(MemoryServer::model(TIGHT));
    let summary = check(&mut server, &Options::default());
    assert!(summary.is_success(), "{summary}");
    let reasons: Vec<_> = summary.left_out().map(|(_, reason)| reason).collect();
    assert!(reasons.contains(&"needs 1 series, 0 are left, and this server cannot be restarted"));
    assert!(reasons.contains(&"needs an empty server, and this server cannot be restarted"));
}

#[test]
fn two_runs_against_one_server_do_not_meet() {
    let mut server = Remote(MemoryServer::model(Offer { samples: 16, ..Offer::DESKTOP }));
    for tag in ["a", "b"] {
        let options = Options { tag: tag.into(), ..Options::default() };
        let summary = check(&mut server, &options);
        assert!(summary.is_success(), "{summary}");
    }
}

/// A server that cannot be restarted, like one at a remote address.
struct Remote(MemoryServer);

impl Server for Remote {
    fn offer(&self) -> Offer {
        self.0.offer()
    }

    fn connect(&self) -> io::Result<Box<dyn Connection>> {
        self.0.connect()
    }

    fn restart(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
