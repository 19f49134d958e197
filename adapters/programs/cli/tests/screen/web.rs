//! `watch` and `plot --every` with a server program that has the HTTP API, and with one that has not.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use crate::NOON;
use crate::program::Program;
use crate::served::Served;
use crate::terminal::Terminal;
use crate::watch::table;

fn put(address: SocketAddr, samples: &str) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(samples.as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut replies = String::new();
    stream.read_to_string(&mut replies).unwrap();
    assert_eq!(replies, "ok\n\n".repeat(samples.lines().count()));
}

fn samples() -> String {
    let sample = |n: i64| format!("put palm.cpu {} {}\nput other 1 {n}\n", n % 7, NOON + n * 10);
    (0..100).map(sample).collect()
}

#[test]
fn the_screen_is_the_same_over_http_though_less_is_read() {
    let tables = [("", "60 samples read"), ("off", "100 samples read")].map(|(http, read)| {
        let options = if http.is_empty() { vec![] } else { vec!["--http", http] };
        let program = Program::start(&options);
        put(program.address, &samples());
        let served = Served::at(program.address);
        let watch = ["watch", "palm.*", "none", "--every", "0.05"];
        let mut terminal = Terminal::start(&served, (24, 80), &watch);
        terminal.wait_for(read);
        terminal.wait_for("? help  q quit");
        let before = table(&terminal);
        put(program.address, &format!("put palm.cpu 99.5 {}\n", NOON + 1_000));
        terminal.wait_for("\npalm.cpu   99.5 ");
        terminal.wait("a value that is the same again", |shown| !shown.is_bold("99.5"));
        (before, table(&terminal))
    });
    assert_eq!(tables[0], tables[1]);
}

#[test]
fn a_live_plot_follows_a_server_over_http() {
    let program = Program::start(&[]);
    put(program.address, &samples());
    let served = Served::at(program.address);
    let plot = ["plot", "palm.*", "--last", "50", "--every", "0.05"];
    let mut terminal = Terminal::start(&served, (24, 80), &plot);
    terminal.wait_for("last 1, min 0, max 6");
    put(program.address, &format!("put palm.cpu 99.5 {}\n", NOON + 1_000));
    terminal.wait_for("last 99.5, min 0, max 99.5");
}
