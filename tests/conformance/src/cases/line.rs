//! Where a line ends, and which lines are invalid.

use crate::reply::{OK, WRONG, assert_same, put, row, series};
use crate::trial::Trial;
use crate::{Case, Needs};

pub(super) const CASES: &[Case] = &[
    Case::new("a line ends with LF", Needs::SMALL, ends_with_lf),
    Case::new("one CR right before the LF is dropped: CR LF ends a line too", Needs::SMALL, cr_lf),
    Case::new("of two CRs before the LF only one is dropped", Needs::SMALL, two_crs),
    Case::new("a CR alone does not end a line", Needs::SMALL, cr_alone),
    Case::new("a CR inside a line or before it is a wrong command", Needs::SMALL, cr_inside),
    Case::new("no other line separator ends a line", Needs::SMALL, other_separators),
    Case::new("an empty line is a wrong command", Needs::SMALL, empty_line),
    Case::new("a blank line is a wrong command", Needs::SMALL, blank_line),
    Case::new("half a line at the end of the stream is dropped", TWO, half_a_line),
    Case::new(
        "half a line with a CR at the end of the stream is dropped",
        TWO,
        half_a_line_with_cr,
    ),
    Case::new("a line that is not UTF-8 is a wrong command", Needs::SMALL, not_utf_8),
];

const TWO: Needs = Needs { connections: 2, samples: 2, ..Needs::SMALL };

fn ends_with_lf(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut client = trial.connect();
    client.send(put(&key, 1) + "\n");
    client.expect_next("in reply to a put that ends with LF", OK);
    client.expect(format!("get {key}"), series(&key, [1]));
}

fn cr_lf(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut client = trial.connect();
    client.expect_ok(put(&key, 1) + "\r");
    client.expect(format!("get {key}\r"), series(&key, [1]));
    client.expect(format!("get {key}"), series(&key, [1]));
    let listed = trial.own(&client.ask("get *\r"));
    assert_same("own rows in reply to `get *` CR LF", series(&key, [1]).as_bytes(), &listed);
    client.expect_wrong("hello\r");
}

fn two_crs(trial: &mut Trial<'_>) {
    trial.all_wrong(&["put <key> 2 2\r\r", "get <key>\r\r", "get *\r\r", "\r\r"]);
}

fn cr_alone(trial: &mut Trial<'_>) {
    trial.all_wrong(&["get <key>\rget <key>", "put <key> 2 2\rput <key> 3 3", "get *\rget *\r"]);
}

fn cr_inside(trial: &mut Trial<'_>) {
    trial.all_wrong(&[
        "put <key> 2\r2",
        "put <key>\r2 2",
        "put <key>\r 2 2",
        "put\r<key> 2 2",
        "put\r <key> 2 2",
        "\rput <key> 2 2",
        "get\r<key>",
        "\rget <key>",
        "\rget *",
        "put <key> 2 2\r ",
    ]);
}

fn other_separators(trial: &mut Trial<'_>) {
    let separators = ["\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}", "\0"];
    let lines = separators.map(|separator| format!("put <key> 2 2{separator}"));
    trial.all_wrong(&lines);
    let lines = separators.map(|separator| format!("get <key>{separator}get <key>"));
    trial.all_wrong(&lines);
}

fn empty_line(trial: &mut Trial<'_>) {
    trial.all_wrong(&["", "", "\r"]);
}

fn blank_line(trial: &mut Trial<'_>) {
    trial.all_wrong(&[" ", "  ", "    ", "\t", " \t ", " \r", "\u{a0}", "\u{3000}"]);
}

fn half_a_line(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut client = trial.connect();
    client.send(format!("{}\n{}", put(&key, 1), put(&key, 12)));
    assert_same("every reply", OK.as_bytes(), &client.close_and_read());
    trial.expect_own(&mut trial.connect(), [row(&key, 1)]);
}

fn half_a_line_with_cr(trial: &mut Trial<'_>) {
    let key = trial.key("k");
    let mut client = trial.connect();
    client.send(format!("hello\n{}\r", put(&key, 1)));
    assert_same("every reply", WRONG.as_bytes(), &client.close_and_read());
    trial.expect_own(&mut trial.connect(), []);
}

fn not_utf_8(trial: &mut Trial<'_>) {
    let lines = NOT_UTF_8.map(|bytes| [b"put <key>", bytes, b" 2 2"].concat());
    trial.all_wrong(&lines);
    let lines = NOT_UTF_8.map(|bytes| [b"get <key>", bytes].concat());
    trial.all_wrong(&lines);
    trial.all_wrong(&NOT_UTF_8);
    trial.all_wrong(&[
        &b"put <key> 2\xff 2"[..],
        b"put <key> 2 2\xff",
        b"\xffput <key> 2 2",
        b"get\xff <key>",
        b"get *\xff",
    ]);
}

const NOT_UTF_8: [&[u8]; 9] = [
    b"\xff",
    b"\x80",
    b"\xc3",
    b"\xc3(",
    b"\xc0\x80",
    b"\xe2\x82",
    b"\xe0\x80\x80",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
];
