//! Checks pickles.

use std::io::Write;
use std::net::TcpStream;

use super::{Setup, send};

/// What Python writes for `[("palm.cpu;b=1;a=2", (1150864247, 23.7))]` by protocol 2.
const PICKLE: &[u8] =
    b"\x80\x02]q\x00X\x10\x00\x00\x00palm.cpu;b=1;a=2q\x01Jw\xcb\x98DG@7\xb333333\
    \x86q\x02\x86q\x03a.";

const STORED: &str = "palm.cpu;a=2;b=1 23.7 1150864247";

fn frame(pickle: &[u8]) -> Vec<u8> {
    [&(pickle.len() as u32).to_be_bytes(), pickle].concat()
}

pub(super) fn stored(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    let mut stream = TcpStream::connect(server.pickle()).expect("the door accepts");
    stream.set_nodelay(true).expect("it can be set");
    for byte in frame(PICKLE) {
        stream.write_all(&[byte]).expect("the door reads");
    }
    server.wait_for("metric_graphite_pickle_samples_total", 1);
    assert_eq!(server.samples(), [STORED]);
    stream.write_all(&frame(PICKLE).repeat(1_000)).expect("the door reads");
    server.wait_for("metric_graphite_pickle_samples_total", 1_001);
}

pub(super) fn refused(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    let file = tempfile::tempdir().expect("a temporary directory").path().join("made");
    let code = format!("cos\nsystem\n(S'touch {}'\ntR.", file.display());
    // What comes before it is stored, what follows is not.
    let sent = [frame(PICKLE), frame(code.as_bytes()), frame(b"\x80\x02].")].concat();
    assert_eq!(send(server.pickle(), &sent), "");
    assert!(!file.exists());
    assert_eq!(server.samples(), [STORED]);
    server.wait_for("metric_graphite_pickle_faults_total{cause=\"frame\"}", 1);
    let refusal = "so its connection was closed (1 times), such as from 127.0.0.1:";
    server.running.wait_for_log(refusal);
    server.running.wait_for_log(": opcode GLOBAL is refused");
}
