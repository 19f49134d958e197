//! Checks lines of Graphite and OpenTSDB.

use fastrand::Rng;

use super::{Server, Setup, send};

pub(super) fn stored(setup: &Setup<'_>) {
    for (unit, scale) in [("s", 1), ("ms", 1_000), ("ns", 1_000_000_000)] {
        let server = setup.start(&["--time-unit", unit]);
        let (mut random, mut sent, mut expected) = (Rng::with_seed(1), String::new(), Vec::new());
        for time in 0..1_000 {
            let value = f64::from_bits(random.u64(..));
            if value.is_finite() {
                sent += &format!("palm.random {value:e} {time}\n");
                expected.push((value.to_bits(), time * scale));
            }
        }
        assert_eq!(send(server.graphite(), sent.as_bytes()), "");
        let read = |line: String| {
            let mut fields = line.split(' ').skip(1);
            let value = fields.next().and_then(|value| value.parse().ok()).map(f64::to_bits);
            let time = fields.next().and_then(|time| time.parse::<i64>().ok());
            (value.expect("a value"), time.expect("a time"))
        };
        let found: Vec<_> = server.samples().into_iter().map(read).collect();
        assert_eq!(found, expected, "in {unit}");
    }
}

pub(super) fn faulty(setup: &Setup<'_>) {
    let server = setup.start(&["--max-series", "2"]);
    let long = "x".repeat(10_000);
    let sent = format!(
        "a 1 1\n\nb;d=1;c=2  2\t2.9 \r\nfoo\nfoo nan 5\nfoo x 5\nfoo 1 x\nfoo 1 99999999999999999999\n\
         foo;b 1 1\n{} 1 1\n{long}\na 1 3\nfull 1 1\nhalf 1 1",
        "k".repeat(256)
    );
    assert_eq!(send(server.graphite(), sent.as_bytes()), "");
    assert_eq!(server.samples(), ["a 1.0 1", "a 1.0 3", "b;c=2;d=1 2.0 2"]);
    check_counters(&server);
    let log = &server.running.log();
    server
        .running
        .wait_for_log("graphite: a value is no number (1 times), such as from 127.0.0.1:");
    assert!(!log.contains(&long), "the log shows the beginning of lines only");
}

fn check_counters(server: &Server) {
    let metrics = server.metrics();
    let causes =
        ["form", "value", "not_finite", "time", "too_far", "tags", "long_key", "long_line", "cut"];
    for cause in causes {
        let line = format!("metric_graphite_faults_total{{cause=\"{cause}\"}} 1\n");
        assert!(metrics.contains(&line), "no {line:?} in {metrics}");
    }
    for line in ["metric_graphite_samples_total 3\n", "metric_graphite_refused_total 1\n"] {
        assert!(metrics.contains(line), "no {line:?} in {metrics}");
    }
    server.running.wait_for_counters("graphite: samples stored: 3, refused: 1, faulty: 9");
}

pub(super) fn opentsdb(setup: &Setup<'_>) {
    let server = setup.start(&["--time-unit", "ms", "--max-series", "2"]);
    let sent = "put sys.cpu 1356998400 42.5 host=b cpu=0\nversion\nput sys.cpu 1356998400500 -1 cpu=0 \
        host=b\nput a 1 1\nhello\nput b 1 1 a=b\nput c 1 1 a=b\nexit\nput b 2 2 a=b\n";
    let replies = send(server.opentsdb(), sent.as_bytes());
    let replies: Vec<_> = replies.lines().collect();
    let [version, few, unknown, full] = replies[..] else { panic!("{replies:?}") };
    assert!(version.starts_with("metric-"), "{version}");
    assert_eq!(few, "put: illegal argument: not enough arguments (need least 4): put a 1 1");
    assert_eq!(unknown, "unknown command: hello.  Try `help'.");
    assert!(full.starts_with("put: storage error: the key is new"), "{full}");
    assert_eq!(
        server.samples(),
        [
            "b;a=b 1.0 1000",
            "sys.cpu;cpu=0;host=b 42.5 1356998400000",
            "sys.cpu;cpu=0;host=b -1.0 1356998400500",
        ]
    );
}
