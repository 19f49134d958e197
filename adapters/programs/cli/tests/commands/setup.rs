//! Starts servers and runs the program against them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use metric_memory::MemoryStore;
use metric_smol::{ServerHandle, Settings};
use rustix::process::{Pid, Signal, kill_process};

/// The time after which a hang is a failure. No passing test comes near it.
pub(crate) const HANG: Duration = Duration::from_secs(60);

/// A server's address; the server ends with this process.
pub(crate) struct Server(pub(crate) String);

impl Server {
    pub(crate) fn start() -> Self {
        Self::with_bounds(1000, 1_000_000)
    }

    pub(crate) fn with_bounds(series: usize, samples: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let store: &'static MemoryStore = Box::leak(Box::new(MemoryStore::new(series, samples)));
        thread::spawn(move || {
            metric_smol::run([listener], store, &Settings::default(), &ServerHandle::default())
                .unwrap();
        });
        Self(address)
    }

    /// Starts a server that calls `treat` with each connection.
    pub(crate) fn strange(
        treat: impl Fn(&mut BufReader<TcpStream>) + Clone + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                let treat = treat.clone();
                thread::spawn(move || treat(&mut BufReader::new(socket)));
            }
        });
        Self(address)
    }

    /// Starts a server that does not know HTTP, and calls `treat` with each connection of a client that
    /// goes on without.
    pub(crate) fn native(
        treat: impl Fn(&mut BufReader<TcpStream>) + Clone + Send + 'static,
    ) -> Self {
        Self::strange(move |peer| {
            if !peer.fill_buf().is_ok_and(|first| first.starts_with(b"GET ")) {
                return treat(peer);
            }
            let _ = peer.get_mut().write_all(b"error\nwrong command\n\n");
            silent(peer);
        })
    }

    /// Returns an address at which nobody listens: the port was in use a moment ago.
    pub(crate) fn closed() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self(listener.local_addr().unwrap().to_string())
    }

    /// Sends requests without the program. Returns the replies.
    pub(crate) fn ask(&self, requests: &str) -> String {
        let stream = TcpStream::connect(&self.0).unwrap();
        let mut replies = String::new();
        thread::scope(|scope| {
            scope.spawn(|| {
                (&stream).write_all(requests.as_bytes()).unwrap();
                stream.shutdown(Shutdown::Write).unwrap();
            });
            (&stream).read_to_string(&mut replies).unwrap();
        });
        replies
    }

    /// Stores samples without the program.
    pub(crate) fn put(&self, samples: &str) {
        let puts: String = samples.lines().map(|line| format!("put {line}\n")).collect();
        assert_eq!(self.ask(&puts), "ok\n\n".repeat(samples.lines().count()));
    }

    /// Returns all samples, one per line.
    pub(crate) fn samples(&self) -> String {
        let reply = self.ask("get *\n");
        let samples = reply.strip_prefix("ok\n").and_then(|rest| rest.strip_suffix('\n'));
        samples.unwrap_or_else(|| panic!("{reply}")).to_owned()
    }

    /// Waits until the server has `count` samples.
    pub(crate) fn wait_for(&self, count: usize) {
        let since = Instant::now();
        while self.samples().lines().count() < count {
            assert!(since.elapsed() < HANG, "too few samples: {}", self.samples());
            thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_metric"));
        command
            .args(["--server", &self.0])
            .args(arguments)
            .env_remove("METRIC_SERVER")
            .env_remove("METRIC_UNIT");
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.command(arguments).output().unwrap())
    }

    /// Runs the program with `input` as standard input.
    pub(crate) fn feed(&self, arguments: &[&str], input: &[u8]) -> Ended {
        feed(&mut self.command(arguments), input)
    }

    /// Starts the program with all three streams as pipes.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        spawn(&mut self.command(arguments))
    }
}

fn spawn(command: &mut Command) -> Child {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Runs a command with `input` as standard input.
pub(crate) fn feed(command: &mut Command, input: &[u8]) -> Ended {
    let mut child = spawn(command);
    let mut stdin = child.stdin.take().unwrap();
    thread::scope(|scope| {
        // The program may rightly end before it has read all input.
        scope.spawn(move || drop(stdin.write_all(input)));
        Ended::of(child.wait_with_output().unwrap())
    })
}

/// The exit code and the output of the program.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        Self { code: output.status.code(), stdout, stderr }
    }

    /// Asserts success, this standard output and an empty standard error.
    #[track_caller]
    pub(crate) fn assert_done(&self, stdout: &str) {
        assert_eq!((self.code, &*self.stdout, &*self.stderr), (Some(0), stdout, ""));
    }

    /// Asserts success without output, and a line that says so.
    #[track_caller]
    pub(crate) fn assert_nothing(&self) {
        self.assert_nothing_but("");
    }

    /// Asserts success with an output of no samples, and a line that says so.
    #[track_caller]
    pub(crate) fn assert_nothing_but(&self, stdout: &str) {
        assert_eq!((self.code, &*self.stdout), (Some(0), stdout), "{self:?}");
        assert!(self.stderr.starts_with("metric: no samples"), "{self:?}");
    }

    /// Asserts this exit code and one line on standard error that contains `part`.
    #[track_caller]
    pub(crate) fn assert_failed(&self, code: i32, part: &str) {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(self.stderr.starts_with("metric: ") && self.stderr.contains(part), "{self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "{self:?}");
    }
}

/// Waits for the end of a program. Its output must fit in a pipe.
pub(crate) fn end(mut child: Child) -> Ended {
    let since = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if since.elapsed() > HANG {
            child.kill().unwrap();
            panic!("the program does not end: {:?}", child.wait_with_output());
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ended::of(child.wait_with_output().unwrap())
}

pub(crate) fn interrupt(child: &Child, signal: Signal) {
    kill_process(Pid::from_raw(child.id().cast_signed()).unwrap(), signal).unwrap();
}

/// Reads requests and never replies.
pub(crate) fn silent(peer: &mut BufReader<TcpStream>) {
    let _ = peer.read_to_end(&mut Vec::new());
}

/// Reads a request and replies in another protocol.
pub(crate) fn foreign(peer: &mut BufReader<TcpStream>) {
    let _ = peer.read_line(&mut String::new());
    let _ = peer.get_mut().write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    silent(peer);
}

/// Answers HTTP as a server that has no room for another connection.
pub(crate) fn full(peer: &mut BufReader<TcpStream>) {
    let reply = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
    let _ = peer.get_mut().write_all(reply);
    silent(peer);
}

/// Answers three puts, and closes in the middle of the next reply. A get is answered in part.
pub(crate) fn ending(peer: &mut BufReader<TcpStream>) {
    for number in 0..4 {
        let mut request = String::new();
        let _ = peer.read_line(&mut request);
        let samples = if request.starts_with("get") { "k 1.0 2\nk 1.0 3\n" } else { "" };
        let end = if number < 3 && samples.is_empty() { "\n" } else { "" };
        let _ = peer.get_mut().write_all(format!("ok\n{samples}{end}").as_bytes());
        if !samples.is_empty() {
            return;
        }
    }
}
