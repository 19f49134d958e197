//! Wrong command lines: one line that says what to do.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::setup::{Ended, Server};

/// Returns the options of a command that take a value.
fn options(help: &str) -> Vec<&str> {
    let words = help.split_whitespace().collect::<Vec<_>>();
    let takes_value = |pair: &&[&str]| pair[0].starts_with("--") && pair[1].starts_with('<');
    words.windows(2).filter(takes_value).map(|pair| pair[0]).collect()
}

#[test]
fn no_argument_reaches_the_terminal_as_it_is() {
    let (server, dir) = (Server::start(), tempfile::tempdir().unwrap());
    // An agent whose options are valid has to end.
    let end = |command: &str| {
        if command == "agent" { &["--every", "1", "--count", "1"][..] } else { &[] }
    };
    let run = |arguments: &[&str]| {
        let mut command = server.command(arguments);
        command.args(end(arguments[0])).current_dir(dir.path());
        Ended::of(command.output().unwrap())
    };
    let help = run(&["--help"]).stdout;
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let commands = commands.lines().map_while(|line| line.split_whitespace().next());
    let mut shown = 0;
    for command in commands {
        let help = run(&["help", command]).stdout;
        for evil in ["a\u{1b}[31m/b", "\u{1b}]0;title\u{7}", "a\nb", "a\u{202e}b/c", "\u{9b}31m"] {
            let mut lines = vec![vec![command, evil], vec![command, "k", evil], vec![evil]];
            lines.extend(options(&help).into_iter().map(|option| vec![command, option, evil]));
            lines.extend(options(&help).into_iter().map(|option| vec![command, "k", option, evil]));
            for line in lines {
                let ended = run(&line);
                let is_hidden = |char: char| char.is_control() || char == '\u{202e}';
                assert!(!ended.stderr.replace('\n', "").contains(is_hidden), "{line:?}: {ended:?}");
                assert!(!ended.stderr.contains(evil), "{line:?}: {ended:?}");
                shown += usize::from(ended.stderr.contains(&*evil.escape_debug().to_string()));
            }
        }
    }
    assert!(shown > 300, "{shown}");
}

#[test]
fn an_argument_that_is_not_text_is_an_error() {
    let server = Server::closed();
    let mut command = server.command(&["get"]);
    let ended = Ended::of(command.arg(OsStr::from_bytes(b"\xff")).output().unwrap());
    ended.assert_failed(2, "invalid UTF-8 was detected");
}

#[test]
fn a_wrong_key_is_shown_whole_with_its_wrong_character() {
    let server = Server::closed();
    for command in [&["put"][..], &["get"], &["export"], &["keys"], &["plot"], &["watch"]] {
        for (key, shown, why) in [
            ("a\u{1b}[31mb", "'a\\u{1b}[31mb'", "character 2 is U+001B"),
            ("palm cpu", "'palm cpu'", "character 5 is a space"),
            ("palm\u{a0}cpu", "'palm\\u{a0}cpu'", "character 5 is U+00A0"),
            ("", "''", "a key has at least one byte"),
        ] {
            let value = if command == ["put"] { &["1"][..] } else { &[] };
            let ended = server.run(&[command, &[key], value].concat());
            ended.assert_failed(2, why);
            assert!(ended.stderr.contains(shown), "{ended:?}");
        }
    }
}

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
        (
            &["get", "k", "--last", "-1"][..],
            "it must be a whole number from 1 to 18446744073709551615",
        ),
        (&["export", "--last", "-5"], "it must be a whole number from 1 to 18446744073709551615"),
        (&["get", "k", "--timeout", "-1"], "it must be a number of seconds from 0.001 to 86400"),
        (&["--timeout", "-1", "get", "k"], "it must be a number of seconds from 0.001 to 86400"),
        (&["ping", "--count", "-1"], "it must be a whole number from 1 to 4294967295"),
        (&["ping", "-c", "-1"], "it must be a whole number from 1 to 4294967295"),
        (&["plot", "k", "--width", "-5"], "it must be a whole number from 20 to 1000"),
        (&["plot", "k", "--every", "-1"], "it must be a number of seconds from 0.001 to 86400"),
        (&["watch", "k", "--last", "-1"], "it must be a whole number from 2 to 1000"),
        (&["watch", "k", "--every", "-0.5"], "it must be a number of seconds from 0.001 to 86400"),
        (&["get", "k", "--unit", "-1"], "possible values: s, ms, us, ns"),
        (&["get", "k", "--format", "-1"], "possible values: table, text, csv, json"),
    ] {
        let ended = server.run(arguments);
        ended.assert_failed(2, why);
        assert!(ended.stderr.starts_with("metric: invalid value '-"), "{ended:?}");
    }
}
