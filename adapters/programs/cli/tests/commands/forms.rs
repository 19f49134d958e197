//! Byte order marks, and input in another format than the expected one.

use crate::setup::Server;

#[test]
fn a_byte_order_mark_before_a_line_is_no_part_of_it() {
    let line = "{\"key\":\"k\",\"value\":1,\"timestamp\":2}\n";
    for (format, lines) in [
        ("text", ["k 1 2\n", "k 1 3\n"]),
        ("text", ["\n", "k 1 2\n"]),
        ("csv", ["k,1,2\n", "\"k\",1,3\n"]),
        ("csv", ["key,value,timestamp\n", "k,1,2\n"]),
        ("csv", ["\"k\",1,2\n", "key,value,timestamp\n"]),
        ("jsonl", [line, line]),
    ] {
        // The second mark is what joining two files leaves.
        let marked = lines.map(|line| format!("\u{feff}{line}")).concat();
        for command in ["put", "import"] {
            let [server, plain] = [(); 2].map(|()| Server::start());
            server.feed(&[command, "--format", format], marked.as_bytes()).assert_done("");
            plain.feed(&[command, "--format", format], lines.concat().as_bytes()).assert_done("");
            assert_eq!(server.samples(), plain.samples(), "{lines:?}");
            assert!(server.samples().starts_with("k 1.0 2\n"), "{lines:?}");
        }
    }
}

#[test]
fn input_in_another_format_is_named_before_anything_is_stored() {
    let server = Server::start();
    let object = "{\"key\":\"k\",\"value\":1,\"timestamp\":2}";
    let (csv, json) = ("it looks like CSV; --format csv", "it looks like JSON; --format jsonl");
    let array = "it looks like a JSON array; `jq -c '.[]'` makes lines of it";
    for (command, input, told) in [
        (&["put"][..], "k,1,2\nj,1,2\n".to_owned(), csv),
        (&["put"], "key,value,timestamp\nk,1,2\n".to_owned(), csv),
        (&["put"], "name;time;value\nk;1;2\n".to_owned(), csv),
        (&["put"], format!("\n{object}\n"), json),
        (&["import"], format!("{object}\n"), json),
        (&["import"], "k 1 2\n".to_owned(), "it looks like KEY VALUE TIMESTAMP; --format text"),
        (&["import"], format!("[{object},\n{object}]\n"), array),
        (&["import", "--format", "jsonl"], format!("[\n  {object}\n]\n"), array),
        (
            &["put"],
            "{\n  \"key\": \"k\"\n}".to_owned(),
            "it looks like a JSON object of several lines",
        ),
    ] {
        let ended = server.feed(command, input.as_bytes());
        ended.assert_failed(1, told);
        assert!(ended.stderr.contains("stored: 0, refused: 0"), "{ended:?}");
    }
    assert_eq!(server.samples(), "");
    // Behind a sample, a line is wrong by itself.
    let ended = server.feed(&["put"], b"k 1 2\nk,1,3\nk 1 4\n");
    assert!(ended.code == Some(3) && ended.stderr.contains("expected KEY VALUE"), "{ended:?}");
    assert_eq!(server.samples().lines().count(), 2);
}
