//! Checks `DELETE /v1/series`.

use std::fmt::Write as _;

use rustix::process::Signal;
use serde_json::json;

use super::{SAMPLES, Setup};
use crate::http::ask;

pub(super) fn asked(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    let _ = server.ask(SAMPLES);
    let forbidden = ask(&server, "DELETE", "/v1/series?key=palm.cpu", &[]);
    assert_eq!(forbidden.status, 403, "{forbidden:?}");
    drop(server);
    let server = setup.start(&["--allow-delete"]);
    let _ = server.ask(SAMPLES);
    for (parameters, status, count) in [
        ("", 400, None),
        ("?match=**", 409, Some(2)),
        ("?match=**&count=1", 409, Some(2)),
        ("?match=none&count=1", 409, Some(0)),
        ("?key=palm.cpu&count=2", 409, Some(1)),
        ("?match=**&count=-1", 400, None),
    ] {
        let reply = ask(&server, "DELETE", &format!("/v1/series{parameters}"), &[]);
        assert_eq!(reply.status, status, "{parameters}: {reply:?}");
        let told = reply.json().get("count").cloned();
        assert_eq!(told, count.map(|count: u64| json!(count)), "{parameters}");
    }
    assert_eq!(server.ask("get *\n").lines().count(), 5, "nothing was removed");
    for (parameters, removed) in
        [("?key=none", 0), ("?key=palm.cpu", 1), ("?match=**&count=1", 1), ("?match=**&count=0", 0)]
    {
        let reply = ask(&server, "DELETE", &format!("/v1/series{parameters}"), &[]);
        assert_eq!(
            (reply.status, reply.json()),
            (200, json!({"removed": removed})),
            "{parameters}"
        );
    }
    assert_eq!(server.ask("get *\n"), "ok\n\n");
    assert_eq!(server.ask("put palm.cpu 1 1\nget *\n"), "ok\n\nok\npalm.cpu 1.0 1\n\n");
}

pub(super) fn for_good(setup: &Setup<'_>) {
    let parent = tempfile::tempdir().expect("a temporary directory");
    let data = parent.path().join("data");
    let start = || setup.start_at(&data, &["--allow-delete"]);
    let fill = |turn: usize| {
        (0..20_000).fold(String::new(), |mut puts, number| {
            writeln!(puts, "put kept {} {number}", (turn + number) as f64 / 7.0)
                .and_then(|()| writeln!(puts, "put gone.{turn} 1 {number}"))
                .expect("a string takes all");
            puts
        })
    };
    for turn in 0..6 {
        let server = start();
        assert_eq!(server.ask(&fill(turn)).len(), 40_000 * "ok\n\n".len());
        let reply = ask(&server, "DELETE", &format!("/v1/series?key=gone.{turn}"), &[]);
        assert_eq!(reply.json(), json!({"removed": 1}));
        if turn % 2 == 0 {
            server.signal(Signal::KILL);
            drop(server);
        } else {
            // Ends in a segment, so that there are some to merge.
            assert_eq!(server.stop().status.code(), Some(0));
        }
        let listed = start().ask("get *\n");
        assert!(!listed.contains("gone."), "after turn {turn}");
        assert_eq!(listed.lines().count(), 20_002, "after turn {turn}");
    }
}
