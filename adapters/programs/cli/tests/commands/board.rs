//! `metric board config`.

use std::fs;
use std::net::SocketAddrV4;
use std::path::Path;

use metric_board_settings::{SECTOR, Settings, Wifi};
use tempfile::tempdir;

use crate::setup::{Ended, Server};

const SECRET: &str = "my password";

/// Runs `metric board config` with a password as standard input.
fn config(arguments: &[&str], out: &Path, password: &str) -> Ended {
    let out = out.to_str().unwrap();
    let arguments = [&["board", "config", "--out", out], arguments].concat();
    Server::closed().feed(&arguments, password.as_bytes())
}

#[test]
fn a_file_has_the_settings_of_its_board() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("settings");
    let name = &["--name", "greenhouse", "--report", "192.168.1.7:9000"][..];
    let wifi = [name, &["--wifi", "my network", "--password-file", "-"]].concat();
    let server: SocketAddrV4 = "192.168.1.7:9000".parse().unwrap();
    let plain = Settings { wifi: None, name: Some("greenhouse"), report: Some(server) };
    let network = Wifi { network: "my network", password: Some(SECRET) };
    let with_wifi = Settings { wifi: Some(network), ..plain };
    for (board, options, settings) in [
        ("stm32h743", name, plain),
        ("lm3s6965", name, plain),
        ("riscv-virt", name, plain),
        ("esp32-c3", &wifi, with_wifi),
    ] {
        let ended = config(&[&["--for", board], options].concat(), &out, "my password\n");
        ended.assert_done("");
        let sector = fs::read(&out).unwrap();
        assert_eq!(sector.len(), SECTOR);
        assert_eq!(Settings::read(&sector), Ok(settings), "{board}");
    }
    let number =
        |block: &[u8], at: usize| u32::from_le_bytes(block[at..at + 4].try_into().unwrap());
    for (board, address, family) in
        [("pico-w", 0x101f_f000, 0xe48b_ff56), ("pico-2-w", 0x103f_f000, 0xe48b_ff57)]
    {
        let ended = config(&[&["--for", board], &wifi[..]].concat(), &out, "my password\r\n");
        ended.assert_done("");
        let blocks = fs::read(&out).unwrap();
        let payload: Vec<u8> =
            blocks.chunks(512).flat_map(|block| &block[32..288]).copied().collect();
        assert_eq!(Settings::read(&payload), Ok(with_wifi), "{board}");
        assert_eq!((number(&blocks, 12), number(&blocks, 28)), (address, family), "{board}");
    }
}

#[test]
fn a_password_comes_from_a_file_and_is_seen_by_its_owner_only() {
    let folder = tempdir().unwrap();
    let (out, secret) = (folder.path().join("settings"), folder.path().join("secret"));
    fs::write(&out, "an older file").unwrap();
    for (content, password) in [
        ("my password", Some(SECRET)),
        ("my password\nmore\n", Some(SECRET)),
        ("", None),
        ("\n", None),
    ] {
        fs::write(&secret, content).unwrap();
        let file = ["--password-file", secret.to_str().unwrap()];
        let board = ["--for", "esp32-c3", "--wifi", "w"];
        config(&[&board[..], &file].concat(), &out, "").assert_done("");
        let sector = fs::read(&out).unwrap();
        let wifi = Some(Wifi { network: "w", password });
        assert_eq!(Settings::read(&sector).unwrap().wifi, wifi);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}

#[test]
fn a_name_that_promises_another_format_is_refused() {
    let folder = tempdir().unwrap();
    for (board, name, why) in [
        ("pico-w", "a.bin", Some("is UF2: call it .uf2")),
        ("pico-2-w", "a.BIN", Some("is UF2: call it .uf2")),
        ("stm32h743", "a.uf2", Some("is not UF2: call it .bin")),
        ("esp32-c3", "a.bin", None),
        ("pico-w", "a.uf2", None),
        ("pico-w", "a", None),
    ] {
        let out = folder.path().join(name);
        let ended = config(&["--for", board, "--name", "a"], &out, "");
        match why {
            Some(why) => ended.assert_failed(2, why),
            None => ended.assert_done(""),
        }
        assert_eq!(fs::remove_file(&out).is_ok(), why.is_none(), "{board} {name}");
    }
}

#[test]
fn what_no_board_can_use_is_refused_before_anything_is_written() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("settings");
    let long = "x".repeat(33);
    for (arguments, code, why) in [
        (&["--for", "pico-w", "--wifi", &long][..], 2, "has 1 to 32 bytes"),
        (&["--for", "pico-w", "--wifi", "w", "--password-file", "-"], 2, "has 8 to 63 printable"),
        (&["--for", "stm32h743", "--wifi", "w"], 2, "the board stm32h743 has no Wi-Fi"),
        (&["--for", "pico-w", "--name", "My Board"], 2, "has 1 to 24 small letters"),
        (&["--for", "pico-w"], 2, "there is nothing to set"),
        (&["--for", "arduino", "--name", "a"], 2, "possible values: pico-w"),
        (&["--name", "a"], 2, "--for <BOARD>"),
        (&["--for", "pico-w", "--password-file", "f", "--name", "a"], 2, "--wifi"),
        (&["--for", "pico-w", "--report", "127.0.0.1"], 2, "is the board itself"),
        (&["--for", "pico-w", "--report", "[2001:db8::1]:1"], 1, "has no IPv4 address"),
        (&["--for", "pico-w", "--report", "10.0.0.1:0"], 2, "the port must be 1 to 65535"),
        (&["--for", "pico-w", "--wifi", "w", "--password-file", "/none"], 1, "cannot read"),
    ] {
        let ended = config(arguments, &out, "short");
        ended.assert_failed(code, why);
        assert!(!out.exists(), "{arguments:?}");
        assert!(!ended.stderr.contains(SECRET) && !ended.stderr.contains("short"));
    }
}
