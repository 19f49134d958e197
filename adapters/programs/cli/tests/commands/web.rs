//! Commands against a server program with the HTTP API and one without: the same results.

use std::io::Read;

use proptest::prelude::*;
use proptest::strategy::ValueTree;

use crate::program::Program;
use crate::proxy::{Proxy, Speaks};
use crate::setup::{Ended, Server};

/// Keys of characters that mean something to HTTP, to its patterns, to JSON or to CSV, and extreme
/// numbers.
const SAMPLES: &str = "\
a 1 1
a.b -0 -9223372036854775808
a.b 1e300 9223372036854775807
a.b 23.7 1150864247
a* 4.9e-324 9007199254740993
a** 1 -9007199254740993
a*b 0.1 3
a?b 0.30000000000000004 4
a[b]{c,d} 5 5
a\\b\" 6 6
a,b 7 7
a%2B+&=#b 8 8
\u{feff}k 9 9
\u{43a}\u{43b}\u{44e}\u{447} 10 1150864248
";

/// Starts a program with the HTTP API and one without, both with these samples.
fn pair(samples: &str) -> [(Program, Server); 2] {
    [&["--allow-delete"][..], &["--http", "off"]].map(|options| start(options, samples))
}

fn start(options: &[&str], samples: &str) -> (Program, Server) {
    let program = Program::start(options);
    let server = Server(program.address.to_string());
    server.put(samples);
    (program, server)
}

/// Runs a command with both servers. Returns what both made of it.
#[track_caller]
fn same(pair: &[(Program, Server); 2], arguments: &[&str]) -> Ended {
    let [over_http, native] = pair.each_ref().map(|(_, server)| server.run(arguments));
    assert_eq!(over_http, native, "{arguments:?}");
    over_http
}

#[test]
fn each_command_shows_the_same_over_http() {
    let pair = pair(SAMPLES);
    for selection in [
        &["*"][..],
        &["a*"],
        &["a**"],
        &["a.b"],
        &["a*b", "a", "a.b", "a*b", "none"],
        &["a.*", "a", "\u{43a}*"],
        &["a[b]{c,*", "a\\b\"", "a%2B+&=#*", "\u{feff}*"],
    ] {
        for window in [
            &[][..],
            &["--last", "1"],
            &["--last", "2", "--until", "1150864247"],
            &["--since", "-9007199254740993"],
            &["--since", "4", "--until", "2006-06-21T04:30:47Z"],
            &["--until", "2006-06-22T00:00:00Z"],
        ] {
            let both = [selection, window].concat();
            for command in [
                &["get", "--fail-empty"][..],
                &["export", "--format", "jsonl"],
                &["plot", "--width", "60", "--height", "30", "--time", "utc"],
            ] {
                same(&pair, &[command, &both].concat());
            }
        }
        same(&pair, &[&["plot", "--rate", "--time", "utc"], selection].concat());
        for format in ["text", "csv", "json", "table"] {
            same(&pair, &[&["keys", "--format", format], selection].concat());
            let get = ["get", "--time", "utc", "--last", "2", "--format", format];
            same(&pair, &[&get, selection].concat());
        }
    }
}

#[test]
fn a_doubtful_unit_is_told_over_http_too() {
    let pair = pair("b 1 1150864247000\na 1 5");
    for keys in [&["*"][..], &["b*"], &["b", "a"], &["a", "b"], &["none", "b"], &["a*"]] {
        let ended = same(&pair, &[&["get", "--since", "2h"], keys].concat());
        assert_eq!(ended.stderr.contains("see --unit"), !keys[0].starts_with(['a', '*']));
    }
}

/// Texts of few characters, some of which mean something in patterns.
fn text() -> impl Strategy<Value = String> {
    "[ab.*?]{1,4}"
}

#[test]
fn random_selections_are_the_same_over_http() {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(60)
    });
    let sample = (text(), -9..9_i64, any::<i32>());
    let samples = prop::collection::vec(sample, 300).new_tree(&mut runner).unwrap().current();
    let lines = samples.iter().filter(|(key, ..)| key != "*");
    let pair = pair(
        &lines.map(|(key, time, value)| format!("{key} {value} {time}\n")).collect::<String>(),
    );
    let end = || prop::option::of(-10..10_i64);
    let selection =
        (prop::collection::vec(text(), 1..4), end(), end(), prop::option::of(1..4_usize));
    let run = runner.run(&selection, |(keys, since, until, last)| {
        let option =
            |name: &str, value: Option<i64>| value.map(|value| format!("--{name}={value}"));
        let last = last.map(|last| format!("--last={last}"));
        let options = option("since", since).into_iter().chain(option("until", until)).chain(last);
        let arguments: Vec<_> = ["get".to_owned()].into_iter().chain(keys).chain(options).collect();
        same(&pair, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
        Ok(())
    });
    run.unwrap();
}

/// Five hundred series of twenty samples.
fn many() -> String {
    let samples =
        |time: u32| (0..500).map(move |key| format!("site.{key:03}.cpu {time}.5 {time}\n"));
    (0..20).flat_map(samples).collect()
}

#[test]
fn over_http_the_server_sends_only_what_is_selected() {
    let pair = pair(&many());
    for (arguments, most) in [
        (&["get", "*", "--last", "1"][..], 80_000),
        (&["get", "*", "--last", "2"], 60_000),
        (&["get", "site.00*", "--since", "19"], 2_000),
        (&["get", "site.007.cpu", "--since", "19"], 1_500),
        (&["export", "site.00*"], 8_000),
        (&["keys"], 80_000),
        (&["plot", "site.00*", "--last", "3"], 3_000),
    ] {
        let [over_http, native] = pair.each_ref().map(|(_, server)| {
            let proxy = Proxy::new(server);
            let ended = proxy.server.run(arguments);
            assert_eq!(ended.code, Some(0), "{ended:?}");
            (ended.stdout, proxy.replied())
        });
        assert_eq!(over_http.0, native.0);
        assert!(over_http.1 <= most, "{arguments:?}: {} bytes", over_http.1);
        assert!(over_http.1 < native.1 || !arguments[1].ends_with('*'), "{arguments:?}");
    }
}

#[test]
fn a_server_is_asked_for_its_unit_and_for_samples_over_http_where_that_saves_something() {
    let asked = "GET /v1/info HTTP/1.1";
    let [(_web, web), (_off, off)] = pair("a.b 1 2");
    for (arguments, native, saves) in [
        (&["get", "a.b"][..], "get a.b", false),
        (&["get", "*"], "get *", false),
        (&["export"], "get *", false),
        (&["plot", "a.b"], "get a.b", false),
        (&["put", "a.b", "1", "2"], "put a.b 1.0 2", false),
        (&["get", "a*"], "get *", true),
        (&["keys"], "get *", true),
        (&["get", "*", "--last", "1"], "get *", true),
    ] {
        let proxy = Proxy::new(&off);
        assert_eq!(proxy.server.run(arguments).code, Some(0));
        assert_eq!(proxy.first_lines(), [asked, native], "{arguments:?}");
        let proxy = Proxy::new(&web);
        assert_eq!(proxy.server.run(arguments).code, Some(0));
        // What told the unit goes on with the samples.
        let lines = if saves { &[asked][..] } else { &[asked, native] };
        assert_eq!(proxy.first_lines(), lines, "{arguments:?}");
    }
}

#[test]
fn pages_of_series_and_more_series_than_a_query_may_select_are_the_same() {
    let samples = |time: u32| (0..10_001).map(move |key| format!("k{key} 1 {time}\n"));
    let pair = pair(&(1..3).flat_map(samples).collect::<String>());
    assert_eq!(same(&pair, &["keys", "k*"]).stdout.lines().count(), 10_001);
    let last = same(&pair, &["get", "k*", "--last", "1", "--since", "1"]);
    assert_eq!((last.stdout.lines().count(), &*last.stderr), (10_001, ""));
}

/// Runs commands while replies are cut, at some of their bytes. Returns how many runs succeeded.
///
/// A success is one with all samples. Any other run is a failure with some of them.
#[track_caller]
fn cut(server: &Server, cuts: fn(Speaks) -> bool) -> usize {
    let mut whole_ones = 0;
    for arguments in [
        &["get", "site.00*"][..],
        &["get", "site.00*", "--last", "1"],
        &["export", "site.007.cpu", "site.003.cpu", "--last", "3"],
    ] {
        let proxy = Proxy::new(server);
        let whole = proxy.server.run(arguments);
        let (all, step) = (proxy.replied(), proxy.replied() / 30);
        for bytes in (0..all).step_by(step).chain([all - 1]) {
            let after = move |speaks| if cuts(speaks) { bytes } else { usize::MAX };
            let ended = Proxy::cutting(server, after).server.run(arguments);
            if ended.code == Some(0) {
                assert_eq!(ended, whole, "{bytes}");
                whole_ones += 1;
            } else {
                ended.assert_failed(1, "the server has ended the connection");
                assert!(whole.stdout.starts_with(&ended.stdout), "{bytes}: {ended:?}");
            }
        }
    }
    whole_ones
}

#[test]
fn a_reply_that_is_cut_is_never_taken_for_a_whole_one() {
    let (_program, server) = start(&[], &many());
    cut(&server, |_| true);
}

#[test]
fn what_a_cut_reply_over_http_lacks_is_read_over_the_native_protocol() {
    let (_program, server) = start(&[], &many());
    let whole_ones = cut(&server, |speaks| speaks == Speaks::Http);
    assert!(whole_ones > 20, "{whole_ones}");
}

#[test]
fn a_server_that_dies_in_the_middle_of_a_reply_is_a_failure() {
    // More than the buffers between the server and this test can hold.
    let key = "k".repeat(250);
    let samples: String = (0..100_000).map(|time| format!("{key} 1 {time}\n")).collect();
    let (mut program, server) = start(&[], &samples);
    let mut child = server.spawn(&["get", "k*", "--since", "0"]);
    let mut first = [0];
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    program.kill();
    let ended = Ended::of(child.wait_with_output().unwrap());
    ended.assert_failed(1, &format!("cannot connect to {}: ", server.0));
    assert!(ended.stdout.len() < samples.len() / 2, "{}", ended.stdout.len());
}
