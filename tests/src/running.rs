//! A server program that runs as a child process.

mod figures;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use socket2::{Domain, Socket, Type};

/// The time after which a hang is a failure. Nothing that works takes nearly as long.
pub const HANG: Duration = Duration::from_secs(60);

/// A server program that has started and is ready.
#[derive(Debug)]
pub struct Running {
    child: Child,
    address: SocketAddr,
    stdout: Arc<Mutex<String>>,
    log: Arc<Mutex<String>>,
}

/// The exit status and the output of a server program.
#[derive(Debug)]
pub struct Outcome {
    /// Its exit status.
    pub status: ExitStatus,
    /// The standard output after the line with the address.
    pub stdout: String,
    /// The standard error.
    pub log: String,
}

impl Running {
    /// Starts `program` on a free port of 127.0.0.1 and waits until it is ready.
    ///
    /// # Panics
    ///
    /// If it does not start or prints anything but its address.
    #[must_use]
    pub fn start(program: &Path, options: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(["--listen", "127.0.0.1:0"]).args(options);
        Self::start_command(command)
    }

    /// Starts a command that becomes a server program, and waits until it is ready.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    #[must_use]
    pub fn start_command(command: Command) -> Self {
        Self::start_with(command, Stdio::null())
    }

    /// Like [`start_command`](Self::start_command), with the given standard input.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    #[must_use]
    pub fn start_with(command: Command, stdin: impl Into<Stdio>) -> Self {
        let mut running = Self::spawn(command, stdin.into());
        let stderr = running.child.stderr.take().expect("it is piped");
        gather(BufReader::new(stderr), &running.log);
        running
    }

    /// Like [`start_command`](Self::start_command), but nobody reads the log.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    #[must_use]
    pub fn start_unheard(command: Command) -> Self {
        Self::spawn(command, Stdio::null())
    }

    fn spawn(mut command: Command, stdin: Stdio) -> Self {
        command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let log = Arc::new(Mutex::new(String::new()));
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut ready = String::new();
        stdout.read_line(&mut ready).expect("the program says that it is ready");
        let address =
            ready.strip_prefix("listening on ").and_then(|rest| rest.trim_end().parse().ok());
        let address = address.unwrap_or_else(|| panic!("no address in {ready:?}, log: {log:?}"));
        let rest = Arc::default();
        gather(stdout, &rest);
        Self { child, address, stdout: rest, log }
    }

    /// Returns the number of its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns the address on which it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the address of its page. It must have one.
    ///
    /// # Panics
    ///
    /// If it tells none.
    #[must_use]
    pub fn page(&self) -> SocketAddr {
        self.told("page at http://")
    }

    /// Returns the address that its output tells behind `place`, such as `Graphite at `.
    ///
    /// # Panics
    ///
    /// If it tells none.
    #[must_use]
    pub fn told(&self, place: &str) -> SocketAddr {
        let since = Instant::now();
        loop {
            let told = self.stdout.lock().expect("the output is whole").clone();
            let address = told.lines().find_map(|line| line.strip_prefix(place));
            let address = address.and_then(|rest| rest.split([',', '/']).next()?.parse().ok());
            if let Some(address) = address {
                return address;
            }
            assert!(since.elapsed() < HANG, "no {place:?} in {told:?}");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Opens a connection to it, on which a hang is an error.
    ///
    /// # Panics
    ///
    /// If it cannot connect.
    #[must_use]
    pub fn connect(&self) -> TcpStream {
        guard(TcpStream::connect(self.address).expect("the server accepts"))
    }

    /// Opens a connection with a small receive buffer in the kernel, for a client that reads
    /// slowly.
    ///
    /// # Panics
    ///
    /// If it cannot connect.
    #[must_use]
    pub fn connect_narrow(&self) -> TcpStream {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.set_recv_buffer_size(4096).expect("it can be set");
        socket.connect(&self.address.into()).expect("the server accepts");
        guard(socket.into())
    }

    /// Sends `requests` on a new connection, and returns all replies.
    ///
    /// # Panics
    ///
    /// If the server hangs or breaks the connection.
    #[must_use]
    pub fn ask(&self, requests: &str) -> String {
        let stream = self.connect();
        let mut replies = String::new();
        thread::scope(|scope| {
            // Sends while the other thread reads: a server reads no more than it can answer.
            scope.spawn(|| {
                (&stream).write_all(requests.as_bytes()).expect("the server reads");
                stream.shutdown(Shutdown::Write).expect("the server is there");
            });
            (&stream).read_to_string(&mut replies).expect("the server replies");
        });
        replies
    }

    /// Sends it a signal.
    ///
    /// # Panics
    ///
    /// If it has exited.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().cast_signed()).expect("a process has a number");
        kill_process(pid, signal).expect("the server runs");
    }

    /// Returns the log so far.
    ///
    /// # Panics
    ///
    /// Never, unless reading the log panicked.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.lock().expect("the log is whole").clone()
    }

    /// Makes it log its counters until they contain `text`: a peer sees the end of a connection
    /// before the server has counted it.
    ///
    /// # Panics
    ///
    /// If that takes too long.
    pub fn wait_for_counters(&self, text: &str) {
        let since = Instant::now();
        while !self.log().contains(text) {
            assert!(since.elapsed() < HANG, "no {text:?} in {}", self.log());
            self.signal(Signal::USR1);
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until the log contains `text`.
    ///
    /// # Panics
    ///
    /// If that takes too long.
    pub fn wait_for_log(&self, text: &str) {
        let since = Instant::now();
        while !self.log().contains(text) {
            assert!(since.elapsed() < HANG, "no {text:?} in {}", self.log());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until it exits.
    ///
    /// # Panics
    ///
    /// If that takes too long.
    #[must_use]
    pub fn wait(mut self) -> Outcome {
        let since = Instant::now();
        let status = loop {
            match self.child.try_wait().expect("the server is our child") {
                Some(status) => break status,
                None => thread::sleep(Duration::from_millis(10)),
            }
            assert!(since.elapsed() < HANG, "the server does not end: {}", self.log());
        };
        self.wait_for_rest_of_output();
        let stdout = self.stdout.lock().expect("the output is whole").clone();
        Outcome { status, stdout, log: self.log() }
    }

    /// Tells it to stop, and waits until it exits.
    ///
    /// # Panics
    ///
    /// If that takes too long.
    #[must_use]
    pub fn stop(self) -> Outcome {
        self.signal(Signal::TERM);
        self.wait()
    }

    /// Waits for the readers of the output, which hold the other handles until the pipes end.
    fn wait_for_rest_of_output(&self) {
        let (since, is_read) = (Instant::now(), |text| Arc::strong_count(text) > 1);
        while (is_read(&self.stdout) || is_read(&self.log)) && since.elapsed() < HANG {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Keeps the lines of a stream until it ends.
fn gather(lines: impl BufRead + Send + 'static, kept: &Arc<Mutex<String>>) {
    let kept = Arc::clone(kept);
    thread::spawn(move || {
        for line in lines.lines().map_while(Result::ok) {
            *kept.lock().expect("the text is whole") += &(line + "\n");
        }
    });
}

fn guard(stream: TcpStream) -> TcpStream {
    stream.set_read_timeout(Some(HANG)).expect("a time-out can be set");
    stream.set_write_timeout(Some(HANG)).expect("a time-out can be set");
    stream
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
