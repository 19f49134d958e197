//! Wrong command lines: one line that says what to do.

use crate::setup::Server;

#[test]
fn what_was_probably_meant_is_named() {
    let server = Server::closed();
    for (arguments, tip) in [
        (&["get", "k", "--sinc", "2h"][..], "a similar argument exists: '--since'"),
        (&["imprt"], "some similar subcommands exist: 'export', 'import'"),
        (&["completions", "bsh"], "a similar value exists: 'bash'"),
        (&["get", "k", "-5"], "to pass '-5' as a value, use '-- -5'"),
    ] {
        server.run(arguments).assert_failed(2, tip);
    }
}

#[test]
fn a_negative_number_behind_an_option_is_a_wrong_value() {
    let server = Server::closed();
    for (arguments, why) in [
        (&["get", "k", "--last", "-1"][..], "it must be a whole number from 1"),
        (&["export", "--last", "-5"], "it must be a whole number from 1"),
        (&["get", "k", "--timeout", "-1"], "it must be 0.001 to 86400 seconds"),
        (&["--timeout", "-1", "get", "k"], "it must be 0.001 to 86400 seconds"),
        (&["ping", "--count", "-1"], "-1 is not in 1.."),
        (&["ping", "-c", "-1"], "-1 is not in 1.."),
        (&["plot", "k", "--width", "-5"], "-5 is not in 20..=1000"),
        (&["plot", "k", "--every", "-1"], "it must be 0.001 to 86400 seconds"),
        (&["watch", "k", "--last", "-1"], "-1 is not in 2..=1000"),
        (&["watch", "k", "--every", "-0.5"], "it must be 0.001 to 86400 seconds"),
        (&["get", "k", "--unit", "-1"], "possible values: s, ms, us, ns"),
        (&["get", "k", "--format", "-1"], "possible values: table, text, csv, json"),
    ] {
        let ended = server.run(arguments);
        ended.assert_failed(2, why);
        assert!(ended.stderr.starts_with("metric: invalid value '-"), "{ended:?}");
    }
}
