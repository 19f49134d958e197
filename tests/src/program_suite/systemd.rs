//! Checks socket activation and notifications of systemd, over real sockets.

use std::env;
use std::fs;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener};
use std::path::Path;
use std::process::{self, Command, Stdio};

use crate::running::{HANG, Running};

pub(super) fn notified(program: &Path) {
    let name = format!("metric-test-{}", process::id());
    let path = env::temp_dir().join(&name);
    let _ = fs::remove_file(&path);
    let file = UnixDatagram::bind(&path).expect("a socket with a path");
    let heard = serve_notified(program, path.as_os_str().as_ref(), &file);
    let _ = fs::remove_file(&path);
    let address = SocketAddr::from_abstract_name(&name).expect("a name");
    let nameless = UnixDatagram::bind_addr(&address).expect("a socket without a path");
    assert_eq!(serve_notified(program, format!("@{name}").as_ref(), &nameless), heard);
    // A server runs although nobody receives its notifications.
    let server = Running::start_command(notifying(program, &path));
    assert_eq!(server.ask("put a 1 2\n"), "ok\n\n");
    server.wait_for_log("NOTIFY_SOCKET");
    assert_eq!(server.stop().status.code(), Some(0));
}

/// Fails unless the server notifies that it is ready and that it stops. Returns both messages, without
/// the address.
fn serve_notified(program: &Path, name: &Path, socket: &UnixDatagram) -> [String; 2] {
    socket.set_read_timeout(Some(HANG)).expect("a time-out can be set");
    let hear = || {
        let mut message = [0; 1000];
        let length = socket.recv(&mut message).expect("the server says something");
        String::from_utf8_lossy(&message[..length]).into_owned()
    };
    let server = Running::start_command(notifying(program, name));
    let address = server.address().to_string();
    let ready = hear();
    TcpStream::connect(&address).expect("it listens when it is ready");
    assert!(ready.lines().any(|line| line == "READY=1") && ready.contains(&address), "{ready}");
    assert_eq!(server.stop().status.code(), Some(0));
    let stopping = hear();
    assert!(stopping.lines().any(|line| line == "STOPPING=1"), "{stopping}");
    [ready.replace(&address, "ADDRESS"), stopping]
}

fn notifying(program: &Path, name: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["--listen", "127.0.0.1:0"]).env("NOTIFY_SOCKET", name);
    command
}

pub(super) fn sockets(program: &Path) {
    // The passed socket replaces the default address, whose port may be in use.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it has one");
    let server = Running::start_with(passed(program, "$$", &[]), OwnedFd::from(listener));
    assert_eq!(server.address(), address);
    assert_eq!(server.ask("put a 1 2\nget a\n"), "ok\n\nok\na 1.0 2\n\n");
    let outcome = server.stop();
    let page = format!("page at http://{address}/\n");
    assert_eq!((outcome.status.code(), outcome.stdout), (Some(0), page));

    // The passed socket and the one of `--listen` are both served.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let options = ["--listen", "127.0.0.1:0", "--threads", "2"];
    let server = Running::start_with(passed(program, "$$", &options), OwnedFd::from(listener));
    assert_eq!(server.ask("put a 1 2\n"), "ok\n\n");
    assert_eq!(server.stop().stdout.lines().count(), 3);

    // A socket that was passed to another process is left alone.
    let options = ["--listen", "127.0.0.1:0"];
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it has one");
    let server = Running::start_with(passed(program, "1", &options), OwnedFd::from(listener));
    assert_ne!(server.address(), address);

    for wrong in not_listening() {
        let mut command = passed(program, "$$", &["--listen", "127.0.0.1:0"]);
        let output = command.stdin(Stdio::from(wrong)).output().expect("the program starts");
        let line = String::from_utf8(output.stderr).expect("text");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{line}");
        assert!(line.starts_with("error: cannot use a socket of LISTEN_FDS: "), "{line}");
        assert_eq!(line.lines().count(), 1, "{line}");
    }
}

/// Returns a command that passes its standard input to a server as systemd passes a socket.
fn passed(program: &Path, pid: &str, options: &[&str]) -> Command {
    let script =
        format!("export LISTEN_PID={pid} LISTEN_FDS=1; exec \"$0\" \"$@\" 3<&0 </dev/null");
    let mut command = Command::new("sh");
    command.args(["-c", &script]).arg(program).args(options);
    command
}

fn not_listening() -> [OwnedFd; 4] {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it has one");
    let name = format!("metric-test-unix-{}", process::id());
    let name = SocketAddr::from_abstract_name(name).expect("a name");
    [
        TcpStream::connect(address).expect("somebody listens").into(),
        UdpSocket::bind("127.0.0.1:0").expect("a free port").into(),
        UnixListener::bind_addr(&name).expect("a free name").into(),
        fs::File::open("/dev/null").expect("there is one").into(),
    ]
}
