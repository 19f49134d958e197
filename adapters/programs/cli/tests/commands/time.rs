//! Times in files, on the command line and in what is shown, and the unit of timestamps.

use crate::setup::{Ended, Server, feed};

const SECOND: &str = "k 1.0 1150864247\n";

fn in_zone(server: &Server, zone: &str, arguments: &[&str]) -> Ended {
    Ended::of(server.command(arguments).env("TZ", zone).output().unwrap())
}

#[test]
fn every_time_that_is_shown_is_read_everywhere() {
    let server = Server::start();
    let shown = |unit: &str, zone: &str| {
        let get = |format| {
            let shown = in_zone(
                &server,
                zone,
                &["--unit", unit, "get", "k", "--format", format, "--time", "local"],
            );
            assert_eq!((shown.code, &*shown.stderr), (Some(0), ""));
            shown.stdout
        };
        ["text", "csv", "json", "table"].map(get)
    };
    // The two samples have the same local time, an hour apart, in Berlin.
    server.put("k 1 1792891800123\nk 2 1792888200123\nk 3 -1\nk 4 1150864247000");
    for zone in ["Europe/Berlin", "UTC", "America/Sao_Paulo", "Asia/Kolkata"] {
        let [text, csv, json, table] = shown("ms", zone);
        for (format, lines) in [("text", &text), ("csv", &csv), ("jsonl", &json)] {
            for command in ["put", "import"] {
                let other = Server::start();
                let arguments = ["--unit", "ms", command, "--format", format];
                other.feed(&arguments, lines.as_bytes()).assert_done("");
                assert_eq!(other.samples(), server.samples(), "{lines}");
            }
        }
        let other = Server::start();
        for line in table.lines().skip(1) {
            let (time, value) = line.trim().rsplit_once(' ').unwrap();
            let put = ["--unit", "ms", "put", "k", value, time.trim()];
            in_zone(&other, zone, &put).assert_done("");
            let arguments =
                ["--unit", "ms", "get", "k", "--since", time.trim(), "--until", time.trim()];
            let found = in_zone(&server, zone, &arguments);
            assert!(found.stdout.starts_with(&format!("k {value} ")), "{line}: {found:?}");
            assert_eq!(found.stdout.lines().count(), 1, "{line}");
        }
        assert_eq!(other.samples(), server.samples(), "{table}");
    }
}

#[test]
fn a_put_takes_every_time_that_a_window_takes() {
    let zone = "EET-2";
    for time in [
        "1150864247",
        "2006-06-21T04:30:47Z",
        "2006-06-21T06:30:47+02:00",
        "2006-06-21T06:30:47[Europe/Berlin]",
        "2006-06-21 06:30:47",
        "2006-06-21 06:30:47 EET",
        "2006-06-21 04:30:47 UTC",
    ] {
        let server = Server::start();
        in_zone(&server, zone, &["put", "k", "1", time]).assert_done("");
        assert_eq!(server.samples(), SECOND, "{time}");
        let get = ["get", "k", "--since", time, "--until", time];
        in_zone(&server, zone, &get).assert_done(SECOND);
        for (format, line) in [
            ("csv", format!("key,value,timestamp\nk,1,{time}\n")),
            ("text", format!("k 1 {time}\n")),
            ("jsonl", format!("{{\"key\":\"k\",\"value\":1,\"timestamp\":\"{time}\"}}\n")),
        ] {
            let other = Server::start();
            let mut import = other.command(&["import", "--format", format]);
            feed(import.env("TZ", zone), line.as_bytes()).assert_done("");
            assert_eq!(other.samples(), SECOND, "{line}");
        }
    }
    let server = Server::start();
    for time in ["now", "2h", "00:00"] {
        server.run(&["put", "k", "1", time]).assert_done("");
    }
    let get = server.run(&["get", "k", "--since", "2d", "--until", "now"]);
    get.assert_done(&server.samples());
}

#[test]
fn a_file_takes_no_time_that_depends_on_when_it_is_read() {
    for time in ["now", "2h", "10:00", "1.5", "1.15E+09", "20.11.2026", "11/20/2026", "Nov 20"] {
        let server = Server::start();
        let csv = format!("key,value,timestamp\nk,1,{time}\n");
        let ended = server.feed(&["import"], csv.as_bytes());
        let told = "the timestamp is not a 64-bit integer, nor a date and time such as";
        assert!(ended.code == Some(3) && ended.stderr.contains(told), "{time}: {ended:?}");
        assert_eq!(server.samples(), "");
    }
}

#[test]
fn a_local_time_that_was_twice_is_not_stored_without_its_zone() {
    let server = Server::start();
    let twice = "2026-10-25 02:30:00";
    let told = "the clocks changed then";
    in_zone(&server, "Europe/Berlin", &["put", "k", "1", twice]).assert_failed(2, told);
    let mut import = server.command(&["import"]);
    import.env("TZ", "Europe/Berlin");
    let ended = feed(&mut import, format!("key,value,timestamp\nk,1,{twice}\n").as_bytes());
    assert!(ended.code == Some(3) && ended.stderr.contains(told), "{ended:?}");
    assert_eq!(server.samples(), "");
}

#[test]
fn a_window_misses_no_sample_of_an_hour_that_was_twice() {
    let server = Server::start();
    let samples = "k 1.0 1792888200\nk 2.0 1792891800\n";
    server.put(samples);
    for twice in ["2026-10-25 02:30", "2026-10-25T02:30[Europe/Berlin]"] {
        let get = ["get", "k", "--since", twice, "--until", twice];
        in_zone(&server, "Europe/Berlin", &get).assert_done(samples);
    }
    let get = ["get", "k", "--until", "9999-12-31"];
    in_zone(&server, "Europe/Berlin", &get).assert_done(samples);
}

#[test]
fn an_unknown_time_zone_is_wrong_where_local_times_are_used() {
    let server = Server::start();
    server.put("k 1 1150864247");
    let unknown = "Foo/Bar";
    for local in [
        &["get", "k", "--format", "table"][..],
        &["get", "k", "--time", "local"],
        &["get", "k", "--since", "2006-06-21"],
        &["put", "k", "1", "2026-11-20 10:00"],
        &["plot", "k"],
    ] {
        in_zone(&server, unknown, local).assert_failed(2, "TZ is 'Foo/Bar', which is no time zone");
    }
    for other in [&["get", "k"][..], &["get", "k", "--since", "2006-06-21T00:00Z"]] {
        in_zone(&server, unknown, other).assert_done(SECOND);
    }
    for known in ["", "UTC", ":Europe/Berlin", "EET-2"] {
        assert_eq!(in_zone(&server, known, &["plot", "k"]).code, Some(0), "{known}");
    }
    let mut import = server.command(&["import"]);
    import.env("TZ", unknown);
    let ended = feed(&mut import, b"key,value,timestamp\nk,1,2026-11-20 10:00\n");
    assert!(ended.code == Some(3) && ended.stderr.contains("TZ names no time zone"), "{ended:?}");
}

#[test]
fn the_unit_of_timestamps_holds_for_every_command() {
    for (unit, count, shown) in [
        ("s", 1_150_864_247_i64, "2006-06-21T04:30:47+00:00"),
        ("ms", 1_150_864_247_123, "2006-06-21T04:30:47.123+00:00"),
        ("us", 1_150_864_247_123_456, "2006-06-21T04:30:47.123456+00:00"),
        ("ns", 1_150_864_247_123_456_789, "2006-06-21T04:30:47.123456789+00:00"),
    ] {
        let server = Server::start();
        let run = |arguments: &[&str]| server.run(&[arguments, &["--unit", unit]].concat());
        run(&["put", "k", "1", shown]).assert_done("");
        let line = format!("k 1.0 {count}\n");
        assert_eq!(server.samples(), line);
        run(&["get", "k", "--time", "utc"]).assert_done(&format!("k 1.0 {shown}\n"));
        run(&["get", "k", "--since", "50y", "--until", "now"]).assert_done(&line);
        run(&["get", "k", "--since", "2h"]).assert_nothing();
        run(&["export", "--until", "2006-06-21T04:30:46.9Z", "--format", "text"]).assert_nothing();
        let plot = run(&["plot", "k", "--time", "utc"]);
        assert!(plot.stdout.contains("2006-06-21 04:30:"), "{plot:?}");
        let mut environment = server.command(&["get", "k", "--time", "utc"]);
        environment.env("METRIC_UNIT", unit);
        let ended = Ended::of(environment.output().unwrap());
        ended.assert_done(&format!("k 1.0 {shown}\n"));
        run(&["put", "now", "1"]).assert_done("");
        let now = run(&["get", "now", "--since", "1h", "--until", "now"]);
        assert_eq!(now.stdout.lines().count(), 1, "{now:?}");
        assert_eq!(run(&["agent", "--count", "1", "--host", "h"]).code, Some(0));
        let measured = run(&["get", "h.usage", "--since", "1h", "--until", "now"]);
        assert_eq!(measured.stdout.lines().count(), 1, "{measured:?}");
    }
}

#[test]
fn times_are_rounded_down_and_overflow_is_refused() {
    let server = Server::start();
    server.run(&["put", "k", "1", "1969-12-31T23:59:58.999Z"]).assert_done("");
    assert_eq!(server.samples(), "k 1.0 -2\n");
    let beyond = ["--unit", "ns", "put", "k", "1", "2300-01-01T00:00Z"];
    server.run(&beyond).assert_failed(2, "does not fit a timestamp of this --unit");
    let all = ["--unit", "ns", "get", "k", "--since", "1600-01-01", "--until", "2300-01-01"];
    server.run(&all).assert_done("k 1.0 -2\n");
}

#[test]
fn a_wrong_unit_is_named() {
    let server = Server::start();
    server.run(&["get", "k", "--unit", "m"]).assert_failed(2, "s, ms, us, ns");
    let mut get = server.command(&["get", "k"]);
    get.env("METRIC_UNIT", "hour");
    let ended = Ended::of(get.output().unwrap());
    ended.assert_failed(2, "METRIC_UNIT is 'hour': it must be s, ms, us or ns");
}

#[test]
fn timestamps_that_seem_to_count_another_unit_are_reported_once() {
    let doubt = "timestamp 1150864247000 seems to count milliseconds, not seconds; see --unit\n";
    let told = &*format!("metric: {doubt}");
    let server = Server::start();
    for command in [&["put"][..], &["import", "--format", "text"]] {
        let ended = server.feed(command, b"k 1 1150864247000\nk 1 1150864248000\n");
        let count = "metric: lines with timestamps that seem to count milliseconds: 2\n";
        let lines = format!("metric: line 1: {doubt}{count}");
        assert_eq!((ended.code, ended.stderr), (Some(0), lines));
    }
    let ended = server.run(&["put", "k", "1", "1150864247000"]);
    assert_eq!((ended.code, &*ended.stderr), (Some(0), told));
    let date = "metric: timestamp 20061121 seems to be a date: write it as 2006-11-21\n";
    let ended = server.run(&["put", "date", "1", "20061121"]);
    assert_eq!((ended.code, &*ended.stderr), (Some(0), date));
    let plot = server.run(&["plot", "k"]);
    assert_eq!((plot.code, &*plot.stderr), (Some(0), told));
    let none = &*format!("{told}metric: no samples of \"k\" in that time\n");
    for (window, told) in [("--since", told), ("--until", none)] {
        let ended = server.run(&["get", "k", window, "2h"]);
        assert_eq!((ended.code, &*ended.stderr), (Some(0), told));
    }
    for sure in [&["get", "k"][..], &["get", "k", "--since", "5"], &["get", "k", "--unit", "ms"]] {
        server.run(sure).assert_done("k 1.0 1150864247000\nk 1.0 1150864248000\n");
    }
}

#[test]
fn a_doubtful_timestamp_is_reported_on_whichever_line_it_is() {
    let server = Server::start();
    let lines = b"k 1 5\nk 1 20061121\nk 1 1150864247\nk 1 1150864247000\nk 1 20061122\n";
    let told = "\
metric: line 2: timestamp 20061121 seems to be a date: write it as 2006-11-21
metric: line 4: timestamp 1150864247000 seems to count milliseconds, not seconds; see --unit
metric: lines with timestamps that seem to be dates: 2
";
    let ended = server.feed(&["put"], lines);
    assert_eq!((ended.code, &*ended.stderr), (Some(0), told));
    assert_eq!(server.samples().lines().count(), 5);
}

#[test]
fn a_time_that_is_out_of_range_is_said_to_be() {
    let server = Server::start();
    for (time, why) in [
        ("2026-02-30", "the day is out of range: its month has fewer days"),
        ("2026-02-30 10:00", "the day is out of range: its month has fewer days"),
        ("2026-13-01", "the month is out of range 01 to 12"),
        ("2026-11-20T25:00:00Z", "the hour is out of range 00 to 23"),
        ("2026-11-20 10:60:00", "the minute is out of range 00 to 59"),
        ("2026-11-20T10:00+26:00", "the offset from UTC is out of range"),
        ("10000-01-01", "the year is out of range -9999 to 9999"),
        ("9999-12-31", "the time is out of range: times reach from -9999-01-02 to 9999-12-30"),
        ("9999-12-31T00:00:00Z", "the time is out of range: times reach from -9999-01-02"),
    ] {
        server.run(&["put", "k", "1", time]).assert_failed(2, why);
        for (format, line) in [
            ("text", format!("k 1 {time}\n")),
            ("csv", format!("k,1,{time}\n")),
            ("jsonl", format!("{{\"key\":\"k\",\"value\":1,\"timestamp\":\"{time}\"}}\n")),
        ] {
            for command in ["put", "import"] {
                let ended = server.feed(&[command, "--format", format], line.as_bytes());
                let told = ended.stderr.lines().next().unwrap();
                assert!(ended.code == Some(3) && told.contains(why), "{line}: {ended:?}");
            }
        }
    }
    for (time, why) in [
        ("25:00", "the hour is out of range 00 to 23"),
        ("99999y", "the duration is out of range"),
        ("9223372036854775808", "the number is out of range"),
    ] {
        server.run(&["put", "k", "1", time]).assert_failed(2, why);
        server.run(&["get", "k", "--since", time]).assert_failed(2, why);
    }
    assert_eq!(server.samples(), "");
    server.put("k 1 5");
    server.run(&["get", "k", "--until", "9999-12-31"]).assert_done("k 1.0 5\n");
}
