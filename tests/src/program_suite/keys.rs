//! Checks the bound of keys, and the bound of lines that follows from it.

use std::path::Path;

use crate::running::Running;

/// Bounds of keys: the default, the next, one in between, and the widest.
const BOUNDS: [(usize, &[&str]); 4] = [
    (255, &[]),
    (256, &["--max-key", "256"]),
    (600, &["--max-key", "600"]),
    (1000, &["--max-key", "1000"]),
];

const STORED: &str = "ok\n\n";
const WRONG: &str = "error\nwrong command\n\n";

pub(super) fn longest(program: &Path) {
    for (bound, options) in BOUNDS {
        let server = Running::start(program, options);
        for length in [1, 254, 255, 256, bound - 1, bound, bound + 1, 999, 1000, 1001, 40_000] {
            let key = "k".repeat(length);
            let asked = server.ask(&format!("put {key} 1 2\nget {key}\n"));
            let listed = format!("{STORED}ok\n{key} 1.0 2\n\n");
            let expected = if length <= bound { listed } else { WRONG.repeat(2) };
            assert!(asked == expected, "{length} bytes, {options:?}: {asked}");
        }
        assert!(server.ask("get *\n").lines().all(|line| line.len() <= bound + " 1.0 2".len()));
    }
}

pub(super) fn lines(program: &Path) {
    for (bound, options) in BOUNDS {
        let (server, line) = (Running::start(program, options), bound + 385);
        let longest = format!("{} -2.2250738585072014e-308 {}", "k".repeat(bound), i64::MIN);
        let asked = server.ask(&format!("put {longest}\nget {}\n", "k".repeat(bound)));
        assert_eq!(asked, format!("{STORED}ok\n{longest}\n\n"), "{options:?}");
        for (excess, expected) in [(0, STORED), (1, WRONG)] {
            for key in [1, bound].map(|length| "k".repeat(length)) {
                let zeros = "0".repeat(line + excess - format!("put {key} 1 2").len());
                for end in ["\n", "\r\n"] {
                    assert_eq!(server.ask(&format!("put {key} {zeros}1 2{end}")), expected);
                }
            }
        }
    }
}

pub(super) fn refusals(program: &Path) {
    for (bound, options) in BOUNDS {
        let server = Running::start(program, options);
        let (key, line) = ("k".repeat(bound + 1), "0".repeat(bound + 385));
        let _ = server.ask(&format!("put {key} 1 2\nget {key}\nput k {line} 2\nhello\n"));
        server.wait_for_counters("requests: 0; wrong commands: 4, of them too long: 3; ");
        let log = server.stop().log;
        let cause = format!("request refused: a key of more than {bound} bytes or a line of more");
        let line = log.lines().find(|line| line.contains(&cause)).expect("the cause is told");
        let advice = if bound < 1000 { "--max-key allows" } else { "no server takes longer" };
        assert!(line.contains(advice) && log.contains("wrong command (1 times)"), "{log}");
    }
}
