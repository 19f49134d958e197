//! The one suite for server programs: options, signals, logs, and bad peers.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use socket2::SockRef;

use crate::running::Running;
use crate::{Offer, Options, TcpServer, check};

/// Checks a server program, each promise in turn.
///
/// # Panics
///
/// If the program does not keep one; the last line printed tells which.
pub fn check_program(program: &Path) {
    for (promise, case) in CASES {
        println!("{promise}");
        case(program);
    }
}

/// Runs the conformance suite against a server program, which is started afresh for the cases that
/// need it.
///
/// # Panics
///
/// If the server does not start, or does not conform.
pub fn check_program_conforms(program: &Path) {
    let (program, mut running) = (program.to_owned(), None);
    let server = TcpServer::started_by(Offer::DESKTOP, move || {
        drop(running.take());
        Ok(running.insert(Running::start(&program, &[])).address())
    });
    check(&mut server.expect("the server starts"), &Options::default()).assert_passed();
}

type Case = (&'static str, fn(&Path));

const CASES: &[Case] = &[
    ("--help and --version are for people with 80 columns", help_and_version),
    ("a wrong option is one clear line and exit code 2", wrong_options),
    ("a port that is taken is one clear line and exit code 1", taken_port),
    ("the one line on standard output says where it listens", output),
    ("SIGUSR1 logs the counters", counters),
    ("SIGINT and SIGTERM end it with exit code 0 and a last account", signals),
    ("who is being answered when it stops gets the whole reply", stop_in_reply),
    ("who does not take the reply is cut in the end, and counted", stop_with_stuck_peer),
    ("who still sends when it stops loses no reply", stop_with_talker),
    ("a second signal ends it at once", second_signal),
    ("a port can be used again at once", same_port),
    ("--log off logs nothing", log_off),
    ("a log that nobody reads keeps it from nothing", unread_log),
    ("long replies to fast readers leave turns to others", fast_readers),
    ("refusals are logged a line per cause and second, with a count", refusals),
    ("at the bound of connections new ones wait and none is dropped", connection_bound),
    ("an idle time-out ends silent connections and those that do not read", idle_timeout),
    ("it survives that no file can be opened", no_files),
    ("peers that reset in a reply harm nobody", resets),
    ("a line without an end costs no memory", endless_line),
    ("peers that never read cost a bounded buffer each and nobody's time", never_reading),
    ("10,000 idle connections cost less than 4 KiB each", idle_connections),
    ("several threads serve one store", threads),
];

fn execute(program: &Path, options: &[&str]) -> Output {
    Command::new(program).args(options).output().expect("the program starts")
}

fn help_and_version(program: &Path) {
    let help = execute(program, &["--help"]);
    let text = String::from_utf8(help.stdout).expect("help is text");
    assert!(help.status.success() && help.stderr.is_empty());
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    for option in
        ["listen", "max-connections", "idle-timeout", "grace", "max-series", "max-samples"]
    {
        assert!(text.contains(&format!("--{option} <")), "{option}");
    }
    let version = String::from_utf8(execute(program, &["--version"]).stdout).expect("text");
    let name = program.file_name().and_then(|name| name.to_str()).expect("a name");
    assert!(version.starts_with(&format!("{name} ")), "{version}");
}

fn wrong_options(program: &Path) {
    let wrong: [&[&str]; 8] = [
        &["--no-such-option"],
        &["stray"],
        &["--listen", "nonsense"],
        &["--listen", "127.0.0.1:65536"],
        &["--max-series", "0"],
        &["--idle-timeout", "soon"],
        &["--log", "loud"],
        &["--threads"],
    ];
    for options in wrong {
        let output = execute(program, options);
        let line = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(2), "{options:?}");
        assert_eq!((line.lines().count(), output.stdout.len()), (1, 0), "{line}");
        assert!(line.starts_with("error: ") && line.contains("--help"), "{line}");
    }
}

fn taken_port(program: &Path) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let output = execute(program, &["--listen", &address]);
    let line = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!((line.lines().count(), output.stdout.len()), (1, 0), "{line}");
    assert!(line.contains(&address) && line.contains("in use"), "{line}");
}

fn output(program: &Path) {
    let server = Running::start(program, &[]);
    assert_ne!(server.address().port(), 0);
    assert_eq!(server.ask("put a 1 2\nget a\n"), "ok\n\nok\na 1.0 2\n\n");
    assert_eq!(server.stop().stdout, "");
}

fn counters(program: &Path) {
    let server = Running::start(program, &["--max-series", "1", "--max-samples", "1"]);
    let _ = server.ask("put a 1 1\nput a 1 2\nput a 1 1\nput b 1 1\nget *\nhello\n\n");
    let _ = server.ask("get a\n");
    server.wait_for_counters(
        "connections: 0 open, 2 in all, 0 broken, 0 timed out; requests: 6; wrong commands: 2; \
         samples: 1, refused: 2, evicted: 1; series: 1",
    );
}

fn signals(program: &Path) {
    for signal in [Signal::TERM, Signal::INT] {
        let server = Running::start(program, &[]);
        let _ = server.ask("put a 1 1\nput a 1 2\nput b 1 1\nhello\n");
        let idle = server.connect();
        server.signal(signal);
        let outcome = server.wait();
        assert_eq!(outcome.status.code(), Some(0), "{}", outcome.log);
        assert!(outcome.log.contains("samples: 3, refused: 0, evicted: 0; series: 2"));
        assert!(outcome.log.contains("no connection was cut"), "{}", outcome.log);
        drop(idle);
    }
}

/// So many that the reply is larger than what the system takes for a peer that does not read.
const SAMPLES: usize = 300_000;

/// Puts so many samples; returns the reply that lists them.
fn fill(server: &Running, samples: usize) -> String {
    let puts: String = (0..samples).map(|time| format!("put series 0.1 {time}\n")).collect();
    assert_eq!(server.ask(&puts).len(), samples * "ok\n\n".len());
    let lines: String = (0..samples).map(|time| format!("series 0.1 {time}\n")).collect();
    format!("ok\n{lines}\n")
}

fn stop_in_reply(program: &Path) {
    let server = Running::start(program, &["--grace", "60"]);
    let expected = fill(&server, SAMPLES);
    let mut stream = server.connect();
    stream.write_all(b"get *\n").expect("the server reads");
    let mut reply = vec![0; 1000];
    stream.read_exact(&mut reply).expect("the reply has begun");
    server.signal(Signal::TERM);
    server.wait_for_log("stopping");
    stream.read_to_end(&mut reply).expect("the reply goes on");
    assert!(reply == expected.as_bytes(), "{} of {} bytes", reply.len(), expected.len());
    let outcome = server.wait();
    assert_eq!(outcome.status.code(), Some(0));
    assert!(outcome.log.contains("no connection was cut"), "{}", outcome.log);
}

fn stop_with_stuck_peer(program: &Path) {
    let server = Running::start(program, &["--grace", "1"]);
    let _ = fill(&server, SAMPLES);
    let mut stuck = server.connect_narrow();
    stuck.write_all(b"get *\n").expect("the server reads");
    stuck.read_exact(&mut [0; 1000]).expect("the reply has begun");
    let outcome = server.stop();
    assert_eq!(outcome.status.code(), Some(0));
    assert!(outcome.log.contains("connections cut: 1"), "{}", outcome.log);
}

/// Sends while it can, and reads all there is: each reply is whole, and the end is no reset.
fn stop_with_talker(program: &Path) {
    let server = Running::start(program, &[]);
    let mut stream = server.connect();
    let mut sender = stream.try_clone().expect("a second handle");
    let talker = std::thread::spawn(move || while sender.write_all(b"get none\n").is_ok() {});
    stream.read_exact(&mut [0; 4000]).expect("replies");
    server.signal(Signal::TERM);
    server.wait_for_log("stopping");
    let mut replies = Vec::new();
    stream.read_to_end(&mut replies).expect("an end, not a reset");
    assert!(replies.chunks(4).all(|reply| reply == b"ok\n\n"), "whole replies");
    drop(stream);
    assert_eq!(server.wait().status.code(), Some(0));
    talker.join().expect("the server closes in the end");
}

fn same_port(program: &Path) {
    let server = Running::start(program, &[]);
    let address = server.address().to_string();
    let open = server.connect();
    assert_eq!(server.ask("get a\n"), "ok\n\n");
    assert_eq!(server.stop().status.code(), Some(0));
    let mut command = Command::new(program);
    command.args(["--listen", &address]);
    let again = Running::start_command(command);
    assert_eq!(again.address().to_string(), address);
    drop(open);
}

fn log_off(program: &Path) {
    let server = Running::start(program, &["--log", "off"]);
    let _ = server.ask("hello\n");
    assert_eq!(server.stop().log, "");
}

fn unread_log(program: &Path) {
    let mut command = Command::new(program);
    command.args(["--listen", "127.0.0.1:0"]);
    let server = Running::start_unheard(command);
    for _ in 0..2_000 {
        server.signal(Signal::USR1);
        std::thread::sleep(Duration::from_micros(100));
    }
    assert_eq!(server.ask("put a 1 2\n"), "ok\n\n");
    server.signal(Signal::TERM);
    // The log is stuck, but the server is gone.
    while TcpStream::connect(server.address()).is_ok() {
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Counts turns, not time: while one asks ten times, fast readers get no more than a share.
fn fast_readers(program: &Path) {
    let server = Running::start(program, &[]);
    let reply = fill(&server, SAMPLES).len() as u64;
    let taken = AtomicU64::new(0);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let mut stream = server.connect();
            let (taken, done) = (&taken, &done);
            scope.spawn(move || {
                stream.write_all(&b"get *\n".repeat(2_000)).expect("the server reads");
                let mut part = vec![0; 1 << 16];
                while !done.load(Relaxed) {
                    let count = stream.read(&mut part).expect("replies");
                    taken.fetch_add(count as u64, Relaxed);
                }
            });
        }
        let mut stream = server.connect();
        let before = taken.load(Relaxed);
        for _ in 0..20 {
            stream.write_all(b"get none\n").expect("the server reads");
            stream.read_exact(&mut [0; 4]).expect("a reply");
        }
        let each = (taken.load(Relaxed) - before) / 20;
        done.store(true, Relaxed);
        println!("  {each} bytes");
        assert!(each < reply, "{each} bytes went to fast readers for each reply to another");
    });
}

fn second_signal(program: &Path) {
    let server = Running::start(program, &[]);
    let _ = fill(&server, SAMPLES);
    let mut stuck = server.connect_narrow();
    stuck.write_all(b"get *\n").expect("the server reads");
    stuck.read_exact(&mut [0; 1000]).expect("the reply has begun");
    server.signal(Signal::INT);
    server.wait_for_log("stopping");
    server.signal(Signal::INT);
    let outcome = server.wait();
    assert_eq!(outcome.status.code(), Some(1), "{}", outcome.log);
}

fn refusals(program: &Path) {
    let since = Instant::now();
    let server = Running::start(program, &["--max-series", "1"]);
    for _ in 0..5 {
        let _ = server.ask(&("put a 1 1\n".to_owned() + &"put b 1 1\nhello\n".repeat(200)));
        std::thread::sleep(Duration::from_millis(400));
    }
    let log = server.stop().log;
    for cause in ["wrong command", "the table of series is full"] {
        let lines: Vec<_> = log.lines().filter(|line| line.contains(cause)).collect();
        let counts = lines.iter().filter_map(|line| line.rsplit_once('(')?.1.split_once(' '));
        let sum: u32 = counts.filter_map(|(count, _)| count.parse::<u32>().ok()).sum();
        // One at most for the second that has begun, and one for the account at the end.
        let most = since.elapsed().as_secs() as usize + 2;
        assert!(lines.len() <= most && sum == 1000, "{log}");
    }
}

fn connection_bound(program: &Path) {
    let server = Running::start(program, &["--max-connections", "2"]);
    let (mut one, two) = (server.connect(), server.connect());
    let mut three = server.connect();
    for stream in [&mut one, &mut three] {
        stream.write_all(b"get a\n").expect("the system takes it");
    }
    one.read_exact(&mut [0; 4]).expect("a reply");
    three.set_read_timeout(Some(Duration::from_millis(200))).expect("a time-out can be set");
    let waits = three.read(&mut [0; 4]).expect_err("no reply yet").kind();
    assert!(matches!(waits, ErrorKind::WouldBlock | ErrorKind::TimedOut));
    drop(two);
    three.set_read_timeout(Some(crate::running::HANG)).expect("a time-out can be set");
    three.read_exact(&mut [0; 4]).expect("a reply, now that there is room");
}

fn idle_timeout(program: &Path) {
    let server = Running::start(program, &["--idle-timeout", "1"]);
    let _ = fill(&server, SAMPLES);
    let (mut silent, mut deaf) = (server.connect(), server.connect_narrow());
    deaf.write_all(b"get *\n").expect("the server reads");
    assert_eq!(silent.read(&mut [0; 4]).expect("the end"), 0);
    server.wait_for_counters("connections: 0 open");
    assert!(server.log().contains("2 timed out"), "{}", server.log());
    drop(deaf);
}

fn no_files(program: &Path) {
    let mut command = Command::new("sh");
    let script = format!("ulimit -n 30; exec '{}' --listen 127.0.0.1:0", program.display());
    command.args(["-c", &script]);
    let server = Running::start_command(command);
    let crowd: Vec<TcpStream> = (0..60).map(|_| server.connect()).collect();
    server.wait_for_log("accepting fails");
    let (before, since) = (server.ticks(), Instant::now());
    std::thread::sleep(Duration::from_secs(1));
    let busy = server.ticks() - before;
    assert!(busy * 10_000 < 15 * since.elapsed().as_millis() as u64, "{busy} ticks: it spins");
    drop(crowd);
    assert_eq!(server.ask("put a 1 2\n"), "ok\n\n");
    let log = server.stop().log;
    assert!(log.contains("the limit of open files"), "{log}");
}

fn resets(program: &Path) {
    let server = Running::start(program, &[]);
    let expected = fill(&server, SAMPLES / 3);
    for _ in 0..50 {
        let mut stream = server.connect();
        stream.write_all(b"get *\nput ser").expect("the server reads");
        stream.read_exact(&mut [0; 10]).expect("the reply has begun");
        // With no time to linger a close is a reset.
        SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("it can be set");
    }
    assert!(server.ask("get *\n") == expected);
    assert_eq!(server.stop().status.code(), Some(0));
}

fn endless_line(program: &Path) {
    let server = Running::start(program, &[]);
    let mut stream = server.connect();
    stream.write_all(b"put a 1 2\n").expect("the server reads");
    let part = vec![b'x'; 1 << 20];
    stream.write_all(&part).expect("the server reads");
    let before = server.memory();
    for _ in 1..256 {
        stream.write_all(&part).expect("the server reads");
    }
    let grown = server.memory().saturating_sub(before);
    stream.write_all(b"\nget a\n").expect("the server reads");
    stream.shutdown(Shutdown::Write).expect("the server is there");
    let mut replies = String::new();
    stream.read_to_string(&mut replies).expect("replies");
    assert_eq!(replies, "ok\n\nerror\nwrong command\n\nok\na 1.0 2\n\n");
    assert!(grown < 4096, "{grown} KiB for a line of 256 MiB");
}

fn never_reading(program: &Path) {
    let server = Running::start(program, &[]);
    let _ = fill(&server, SAMPLES);
    let before = server.memory();
    let deaf = |_| {
        let mut stream = server.connect_narrow();
        stream.write_all(&b"get *\n".repeat(100)).expect("the system takes it");
        stream
    };
    let deaf: Vec<TcpStream> = (0..50).map(deaf).collect();
    for _ in 0..100 {
        assert_eq!(server.ask("get none\n"), "ok\n\n");
    }
    let each = server.memory().saturating_sub(before) / deaf.len() as u64;
    assert!(each < 128, "{each} KiB for a peer that never reads");
}

fn idle_connections(program: &Path) {
    let count = allow_files(10_000);
    let server = Running::start(program, &["--max-connections", "10001"]);
    let before = server.memory();
    let crowd: Vec<TcpStream> = (0..count).map(|_| server.connect()).collect();
    assert_eq!(server.ask("put a 1 2\n"), "ok\n\n");
    server.wait_for_counters(&format!("connections: {count} open"));
    let each = server.memory().saturating_sub(before) * 1024 / count as u64;
    println!("  {count} connections, {each} bytes each");
    assert!(each < 4096, "{each} bytes");
    drop(crowd);
    assert_eq!(server.stop().status.code(), Some(0));
}

/// Raises the bound of open files so that `connections` can be open, or else as far as it goes;
/// returns how many can be.
fn allow_files(connections: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    let allowed = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    connections.min(usize::try_from(allowed).unwrap_or(usize::MAX).saturating_sub(200))
}

fn threads(program: &Path) {
    let server = Running::start(program, &["--threads", "3"]);
    let mut streams: Vec<TcpStream> = (0..10).map(|_| server.connect()).collect();
    for (time, stream) in streams.iter_mut().enumerate() {
        stream.write_all(format!("put a 1 {time}\n").as_bytes()).expect("the server reads");
        stream.read_exact(&mut [0; 4]).expect("a reply");
        let lines = server.ask("get a\n").lines().count();
        assert_eq!(lines, time + 3, "what one connection stored the next one sees");
    }
    let single = Running::start(program, &[]);
    let _ = single.ask("get a\n");
    assert!(server.threads() >= single.threads() + 2);
    let outcome = server.stop();
    assert_eq!(outcome.status.code(), Some(0));
    assert!(outcome.log.contains("no connection was cut"), "{}", outcome.log);
}
