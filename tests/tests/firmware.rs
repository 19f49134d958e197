//! The firmware for the LM3S6965 conforms in QEMU. If the emulator or a compiler for the chip is
//! missing, the test is ignored and says what is missing.

use std::io::{self, BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use libtest_mimic::{Arguments, Failed, Trial};
use metric_conformance::{Options, TcpServer, check};
use metric_tests::servers::LM3S6965;
use rustix::process::{Pid, Signal, kill_process};

fn main() -> ExitCode {
    let missing = missing();
    let kind = missing.map(|what| format!("left out, as there is no {what}"));
    let trial = Trial::test("the_firmware_in_the_emulator_conforms", conforms)
        .with_kind(kind.unwrap_or_default())
        .with_ignored_flag(missing.is_some());
    libtest_mimic::run(&Arguments::from_args(), vec![trial]).exit_code()
}

/// Returns what is missing on this machine, if anything. The test installs nothing.
fn missing() -> Option<&'static str> {
    if !runs("qemu-system-arm", &["--version"]) {
        return Some("qemu-system-arm");
    }
    compiler().is_none().then_some("compiler for thumbv7m-none-eabi")
}

/// Returns the compiler that `build.sh` has to use, if there is one.
fn compiler() -> Option<&'static str> {
    let library = ["--print", "target-libdir", "--target", "thumbv7m-none-eabi"];
    let library = Command::new("rustc").args(library).output().ok()?.stdout;
    let debian = ["/usr/bin/rustc", "/usr/lib/rustlib/src"];
    if Path::new(String::from_utf8(library).ok()?.trim()).exists() {
        Some("rustup")
    } else {
        debian.iter().all(|path| Path::new(path).exists()).then_some("debian")
    }
}

fn runs(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

fn conforms() -> Result<(), Failed> {
    let image = build()?;
    let mut board = None;
    let start = move || {
        drop(board.take());
        Ok(board.insert(Board::boot(&image)?).address)
    };
    let server = TcpServer::started_by(LM3S6965, start)?;
    check(&mut server.without_backlog(), &Options::default()).assert_passed();
    Ok(())
}

fn build() -> Result<PathBuf, Failed> {
    let mut build = Command::new(folder().join("build.sh"));
    let build = build.env("COMPILER", compiler().unwrap_or_default()).stderr(Stdio::inherit());
    // The variable may name the folder of the workspace, which other builds lock.
    let output = build.env_remove("CARGO_TARGET_DIR").output()?;
    let image = String::from_utf8(output.stdout)?;
    if output.status.success() { Ok(image.trim().into()) } else { Err("the build failed".into()) }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/embassy-lm3s6965")
}

/// The emulated board. It ends when dropped.
struct Board {
    emulator: Child,
    address: SocketAddr,
}

impl Board {
    /// Starts a board on a free port and waits until it answers.
    fn boot(image: &Path) -> io::Result<Self> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let mut command = Command::new(folder().join("emulate.sh"));
        command.arg(address.port().to_string()).arg("--image").arg(image);
        let mut emulator = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let mut line = String::new();
        if let Some(stdout) = emulator.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        assert!(line.starts_with("the board answers"), "the board does not answer");
        Ok(Self { emulator, address })
    }
}

impl Board {
    /// Ends the emulator. If it had failed before, prints its messages.
    fn stop(&mut self) -> io::Result<()> {
        // The script ends the emulator, too. It may have ended already.
        let _ = kill_process(Pid::from_child(&self.emulator), Signal::TERM);
        let failed = self.emulator.wait()?.code() == Some(1);
        if let Some(mut said) = self.emulator.stderr.take().filter(|_| failed) {
            io::copy(&mut said, &mut io::stderr())?;
        }
        Ok(())
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        self.stop().expect("the emulator can be ended");
    }
}
