//! The question of `metric board config` for a password.

use std::fs;

use crate::served::Served;
use crate::terminal::Terminal;

#[test]
fn a_password_is_asked_for_and_not_shown() {
    let (served, dir) = (Served::mute(), tempfile::tempdir().unwrap());
    let out = dir.path().join("settings");
    let config = ["board", "config", "--for", "esp32-c3", "--wifi", "my network", "--out"];
    let config = [&config[..], &[out.to_str().unwrap()]].concat();
    let mut terminal = Terminal::start(&served, (24, 80), &config);
    terminal.wait_for("password of my network");
    terminal.press("open sesame\n");
    terminal.wait_for("espflash write-bin 0x3ff000");
    assert!(!terminal.text().contains("sesame"), "{}", terminal.text());
    assert!(terminal.end().success());
    let sector = fs::read(&out).unwrap();
    assert!(sector.windows(11).any(|part| part == b"open sesame"));
}

#[test]
fn an_interrupted_question_leaves_the_terminal_as_it_was() {
    let (served, dir) = (Served::mute(), tempfile::tempdir().unwrap());
    let out = dir.path().join("settings");
    let config = ["board", "config", "--for", "pico-w", "--wifi", "w", "--out"];
    let config = [&config[..], &[out.to_str().unwrap()]].concat();
    let mut terminal = Terminal::start(&served, (24, 80), &config);
    terminal.wait_for("password of w");
    terminal.press("half\x03");
    assert_eq!(terminal.end().code(), Some(130));
    assert!(!out.exists());
}
