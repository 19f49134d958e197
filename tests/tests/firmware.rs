//! The firmware for the emulated boards conforms in QEMU. If the emulator or a compiler for the chip is
//! missing, the test is ignored and says what is missing.

use std::io::{self, BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use libtest_mimic::{Arguments, Failed, Trial};
use metric_conformance::{Options, TcpServer, check};
use metric_tests::servers::FIRMWARE;
use rustix::process::{Pid, Signal, kill_process};

/// Firmware for an emulated board.
#[derive(Clone, Copy)]
struct Firmware {
    test: &'static str,
    folder: &'static str,
    emulator: &'static str,
    target: &'static str,
}

const BOARDS: [Firmware; 2] = [
    Firmware {
        test: "the_firmware_for_a_cortex_m3_conforms_in_the_emulator",
        folder: "embassy-lm3s6965",
        emulator: "qemu-system-arm",
        target: "thumbv7m-none-eabi",
    },
    Firmware {
        test: "the_firmware_for_risc_v_conforms_in_the_emulator",
        folder: "embassy-riscv-virt",
        emulator: "qemu-system-riscv32",
        target: "riscv32imc-unknown-none-elf",
    },
];

fn main() -> ExitCode {
    let trials = BOARDS.map(trial).into();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn trial(firmware: Firmware) -> Trial {
    let missing = firmware.missing();
    let kind = missing.map(|what| format!("left out, as there is no {what}"));
    Trial::test(firmware.test, move || firmware.conforms())
        .with_kind(kind.unwrap_or_default())
        .with_ignored_flag(missing.is_some())
}

impl Firmware {
    /// Returns what is missing on this machine, if anything. The test installs nothing.
    fn missing(self) -> Option<&'static str> {
        if !runs(self.emulator, &["--version"]) {
            return Some(self.emulator);
        }
        compiler(self.target).is_none().then_some("compiler for the chip")
    }

    fn conforms(self) -> Result<(), Failed> {
        let image = self.build()?;
        let mut board = None;
        let start = move || {
            drop(board.take());
            Ok(board.insert(Board::boot(&self.folder(), &image)?).address)
        };
        let server = TcpServer::started_by(FIRMWARE, start)?;
        check(&mut server.without_backlog(), &Options::default()).assert_passed();
        Ok(())
    }

    fn build(self) -> Result<PathBuf, Failed> {
        let mut build = Command::new(self.folder().join("build.sh"));
        let compiler = compiler(self.target).unwrap_or_default();
        build.env("COMPILER", compiler).stderr(Stdio::inherit());
        // The variable may name the folder of the workspace, which other builds lock.
        let output = build.env_remove("CARGO_TARGET_DIR").output()?;
        let image = String::from_utf8(output.stdout)?;
        if output.status.success() {
            Ok(image.trim().into())
        } else {
            Err("the build failed".into())
        }
    }

    fn folder(self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(self.folder)
    }
}

/// Returns the compiler that `build.sh` has to use, if there is one.
fn compiler(target: &str) -> Option<&'static str> {
    let library = ["--print", "target-libdir", "--target", target];
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

/// The emulated board. It ends when dropped.
struct Board {
    emulator: Child,
    address: SocketAddr,
}

impl Board {
    /// Starts a board on a free port and waits until it answers.
    fn boot(folder: &Path, image: &Path) -> io::Result<Self> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let mut command = Command::new(folder.join("emulate.sh"));
        command.arg(address.port().to_string()).arg("--image").arg(image);
        let emulator = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let mut board = Self { emulator, address };
        let mut line = String::new();
        if let Some(stdout) = board.emulator.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        assert!(line.starts_with("the board answers"), "the board does not answer");
        Ok(board)
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
