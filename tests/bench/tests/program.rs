//! Runs the built program against servers in this process.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use metric_memory::MemoryStore;
use metric_smol::{ServerHandle, Settings};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// Starts a server that ends with this process. Returns its address.
fn server() -> String {
    let (listener, address) = listen();
    let store: &'static MemoryStore = Box::leak(Box::new(MemoryStore::new(1000, 1000)));
    thread::spawn(move || {
        metric_smol::run([listener], store, &Settings::default(), &ServerHandle::default())
            .unwrap();
    });
    address
}

/// Starts a server that calls `treat` with each connection. Returns its address.
fn strange_server(treat: fn(&mut BufReader<TcpStream>)) -> String {
    let (listener, address) = listen();
    thread::spawn(move || {
        let treat = |socket| thread::spawn(move || treat(&mut BufReader::new(socket)));
        listener.incoming().map_while(Result::ok).for_each(|socket| _ = treat(socket));
    });
    address
}

fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

fn bench(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_metric-bench"));
    command.args(arguments).stdin(Stdio::null());
    command
}

fn execute(arguments: &[&str]) -> Output {
    bench(arguments).output().unwrap()
}

/// Runs the program without a warm-up. Returns its report.
fn measure(address: &str, options: &str) -> Value {
    let mut arguments = vec![address, "--warm-up", "0", "--json"];
    arguments.extend(options.split_whitespace());
    report(&execute(&arguments))
}

fn report(output: &Output) -> Value {
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && log.is_empty(), "{log}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn figures<const N: usize>(report: &Value, names: [&str; N]) -> [u64; N] {
    names.map(|name| report[name].as_u64().unwrap_or_else(|| panic!("{name} in {report}")))
}

/// Runs the program, asserts that it fails with `code` and one line, and returns the line.
fn failure(arguments: &[&str], code: i32) -> String {
    let output = execute(arguments);
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {line}");
    assert_eq!((line.lines().count(), output.stdout.len()), (1, 0), "{line}");
    assert!(line.starts_with("error: "), "{line}");
    line
}

#[test]
fn a_closed_loop_sends_the_given_number_of_requests() {
    let options = "--requests 1003 --connections 7 --pipeline 16 --keys 10 --samples 5";
    let report = measure(&server(), options);
    assert_eq!(
        figures(&report, ["requests", "put", "ok", "wrong_commands"]),
        [1003, 1003, 1003, 0]
    );
    assert_eq!(figures(&report, ["bytes_received"]), [4 * 1003]);
    assert_eq!(report["requests_missed"], 0);
}

#[test]
fn an_open_loop_sends_the_given_number_of_requests() {
    let options = "--requests 100 --rate 2000 --connections 3 --pipeline 4";
    let report = measure(&server(), options);
    assert_eq!(figures(&report, ["requests", "ok", "requests_missed"]), [100, 100, 0]);
    assert!(report["seconds"].as_f64().unwrap() >= 99.0 / 2000.0, "{report}");
}

#[test]
fn latencies_of_an_open_loop_include_stalls() {
    let stalling = strange_server(|stream| {
        let _ = stream.fill_buf();
        thread::sleep(Duration::from_millis(300));
        while answer(stream, b"ok\n\n") {}
    });
    let report = measure(&stalling, "--requests 20 --rate 100 --connections 1");
    // The last request was due after 190 ms, and no reply arrived before 300 ms.
    let shortest = report["latency_us"]["min"].as_f64().unwrap();
    assert!(figures(&report, ["requests"]) == [20] && shortest > 100_000.0, "{report}");
}

#[test]
fn gets_return_the_samples_that_were_put() {
    let (server, load) = (server(), "--keys 20 --samples 5 --connections 4 --pipeline 8");
    measure(&server, &format!("{load} --requests 100"));
    let gets = measure(&server, &format!("{load} --requests 60 --mix get=1"));
    assert_eq!(figures(&gets, ["get", "samples_received"]), [60, 60 * 5]);
    let all = measure(&server, &format!("{load} --requests 9 --mix get-all=1"));
    assert_eq!(figures(&all, ["get_all", "samples_received"]), [9, 9 * 100]);
    let mixed = measure(&server, &format!("{load} --requests 3000 --mix put=8,get=1,get-all=1"));
    let kinds = figures(&mixed, ["put", "get", "get_all"]);
    assert!(kinds.iter().all(|&count| count > 0) && kinds.iter().sum::<u64>() == 3000, "{kinds:?}");
}

#[test]
fn with_zero_samples_every_put_is_a_new_sample() {
    let server = server();
    measure(&server, "--keys 2 --samples 0 --values random --requests 600");
    measure(&server, "--keys 2 --samples 0 --values uniform --requests 200 --start 1700000300");
    let all = measure(&server, "--mix get-all=1 --requests 1");
    assert_eq!(figures(&all, ["samples_received"]), [800]);
}

#[test]
fn replies_longer_than_all_buffers_are_counted() {
    let server = server();
    measure(&server, "--keys 100 --samples 1000 --pipeline 1000 --requests 100000");
    let all = measure(&server, "--mix get-all=1 --connections 2 --pipeline 3 --requests 6");
    assert_eq!(figures(&all, ["ok", "samples_received"]), [6, 600_000]);
}

#[test]
fn refused_requests_are_counted_and_not_a_failure() {
    let report = measure(&server(), "--keys 1500 --samples 1 --requests 1500");
    assert_eq!(figures(&report, ["requests", "ok", "wrong_commands"]), [1500, 1000, 500]);
}

#[test]
fn the_table_shows_the_process_and_idle_connections() {
    let (server, pid) = (server(), std::process::id().to_string());
    let output =
        execute(&[&server, "--requests", "10", "--warm-up", "0", "--idle", "5", "--pid", &pid]);
    let table = String::from_utf8(output.stdout).unwrap();
    for row in ["requests/s", "p99.9", "server CPU us/request", "RSS bytes for each"] {
        assert!(table.contains(&format!("\n  {row} ")), "{row} in {table}");
    }
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    assert_eq!(measure(&server, "--requests 1 --idle 5")["idle"]["connections"], 5);
}

#[test]
fn a_signal_ends_it_early_with_the_results_so_far() {
    let (address, begun) = server_that_tells();
    let child = start(&[&address, "--seconds", "3600", "--warm-up", "0", "--json"]);
    begun.recv().unwrap();
    let pid = Pid::from_raw(child.id().cast_signed()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    let report = report(&child.wait_with_output().unwrap());
    assert_eq!(report["ended_early"], true);
    assert!(figures(&report, ["requests"]) >= [1]);
}

fn start(arguments: &[&str]) -> Child {
    bench(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Starts a server that reports each reply. Returns its address and the receiver of the reports.
fn server_that_tells() -> (String, std::sync::mpsc::Receiver<()>) {
    let ((listener, address), (sender, begun)) = (listen(), std::sync::mpsc::channel());
    thread::spawn(move || {
        let mut stream = BufReader::new(listener.accept().unwrap().0);
        while answer(&mut stream, b"ok\n\n") {
            let _ = sender.send(());
        }
    });
    (address, begun)
}

/// Answers a line. Returns false at the end of the stream.
fn answer(stream: &mut BufReader<TcpStream>, reply: &[u8]) -> bool {
    let read = stream.read_line(&mut String::new()).is_ok_and(|length| length > 0);
    read && stream.get_mut().write_all(reply).is_ok()
}

#[test]
fn an_error_is_a_wrong_command() {
    let refuse = strange_server(|stream| while answer(stream, b"error\nwrong command\n\n") {});
    let report = measure(&refuse, "--requests 10 --connections 2 --mix get=1");
    assert_eq!(figures(&report, ["requests", "ok", "wrong_commands"]), [10, 0, 10]);
}

#[test]
fn a_server_that_closes_is_reported_in_one_line() {
    let cutting = strange_server(|stream| _ = answer(stream, b"ok\n"));
    let line = failure(&[&cutting, "--warm-up", "0"], 1);
    assert!(line.contains("closed a connection, requests unanswered there: 1;"), "{line}");
    // Closing with unread bytes resets the connection.
    let resetting = strange_server(|stream| _ = stream.get_mut().write_all(b"ok"));
    failure(&[&resetting, "--warm-up", "0", "--pipeline", "1000"], 1);
}

#[test]
fn another_protocol_is_reported_in_one_line() {
    let other = strange_server(|stream| _ = answer(stream, b"SSH-2.0-Server\r\n"));
    let line = failure(&[&other, "--warm-up", "0"], 1);
    assert!(line.contains("`SSH-2.0-Server\\r`"), "{line}");
    let talkative = strange_server(|stream| _ = answer(stream, b"ok\n\nok\n\n"));
    let line = failure(&[&talkative, "--warm-up", "0"], 1);
    assert!(line.contains("more replies than requests"), "{line}");
}

#[test]
fn a_missing_server_is_reported_in_one_line() {
    let (listener, address) = listen();
    drop(listener);
    let line = failure(&[&address], 1);
    assert!(line.contains(&address) && line.contains("refused"), "{line}");
    let line = failure(&[&server(), "--pid", "4294967295"], 1);
    assert!(line.contains("--pid"), "{line}");
}

#[test]
fn wrong_options_are_reported_in_one_line() {
    let wrong: [&[&str]; 12] = [
        &["--no-such-option"],
        &["--connections", "0"],
        &["--pipeline", "many"],
        &["--keys", "10000001"],
        &["--mix", "del=1"],
        &["--mix", "put=0"],
        &["--values", "none"],
        &["--rate", "0"],
        &["--seconds", "-1"],
        &["--seconds", "1", "--requests", "1"],
        &["--pid", "0"],
        &["stray"],
    ];
    for options in wrong {
        let line = failure(&[&["127.0.0.1:1"], options].concat(), 2);
        assert!(line.contains("--help"), "{line}");
    }
    failure(&[], 2);
    failure(&["nonsense"], 2);
}

#[test]
fn help_fits_a_terminal_of_80_columns() {
    let help = execute(&["--help"]);
    let text = String::from_utf8(help.stdout).unwrap();
    assert!(help.status.success() && help.stderr.is_empty());
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}
