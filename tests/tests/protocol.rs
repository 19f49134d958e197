//! The core does what the examples of PROTOCOL.md show.

use std::fs;

use metric_proto::{FixedStore, Limits, MIN_OUTPUT, Next, ServerConnection, Store};

const WRONG: &str = "error\nwrong command\n\n";

#[test]
fn every_dialogue_is_answered_as_the_page_shows() {
    let page = page();
    let dialogues = page.split("```text\n").skip(1).filter_map(|rest| rest.split_once("```"));
    let dialogues: Vec<_> = dialogues.map(|(dialogue, _)| dialogue).collect();
    assert!(dialogues.len() >= 4, "the dialogues are not found");
    assert!(dialogues.iter().any(|dialogue| dialogue.contains("get x y\\n\\n")));
    for dialogue in dialogues {
        let is_of_a_full_store = dialogue.contains("now the series is full");
        if is_of_a_full_store {
            hold(dialogue, &mut FixedStore::<1, 2, 255>::new());
        } else {
            hold(dialogue, &mut FixedStore::<8, 8, 255>::new());
        }
    }
}

#[test]
fn every_line_that_the_page_calls_wrong_is_wrong() {
    let page = page();
    let (_, table) = page.split_once("**D4**").unwrap();
    let rows = table.lines().skip_while(|line| !line.starts_with('|')).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    let columns = rows.flat_map(|row| row.split(" | ").step_by(2).collect::<Vec<_>>());
    let cells: Vec<_> = columns.flat_map(|column| column.split('`').skip(1).step_by(2)).collect();
    assert!(cells.len() > 25, "the table is not read: {cells:?}");
    for line in cells {
        assert_eq!(replies(line, &mut FixedStore::<8, 8, 255>::new()), WRONG, "{line}");
    }
}

#[test]
fn every_value_is_shown_as_the_page_says() {
    let page = page();
    let (_, table) = page.split_once("| sent | shown | sent | shown |\n").unwrap();
    let rows: Vec<_> = table.lines().skip(1).take_while(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), 7, "{rows:?}");
    for row in rows {
        let cells: Vec<_> = row.trim_matches(['|', ' ']).split(" | ").collect();
        for pair in cells.chunks(2) {
            let (sent, shown) = (pair[0].trim_matches('`'), pair[1].trim_matches('`'));
            let shown = if shown == "the same" { sent } else { shown };
            let asked = format!("put k {sent} 1\\nget k\\n");
            let got = replies(&asked, &mut FixedStore::<8, 8, 255>::new());
            assert_eq!(got, format!("ok\n\nok\nk {shown} 1\n\n"), "{sent}");
        }
    }
}

fn page() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../PROTOCOL.md")).unwrap()
}

/// Sends each line that begins with an arrow and compares the replies with the next one.
fn hold<S: Store>(dialogue: &str, mut store: &mut S) {
    let mut lines = dialogue.lines();
    while let (Some(sent), Some(shown)) = (lines.next(), lines.next()) {
        // Text after three blanks is a remark.
        let sent = sent.strip_prefix("→ ").unwrap().split("   ").next().unwrap();
        let shown = unescaped(shown.strip_prefix("← ").unwrap());
        assert_eq!(replies(sent, &mut store), shown, "{sent}");
    }
}

/// Returns the replies of the core to bytes that are escaped as on the page.
fn replies<S: Store>(sent: &str, store: &mut S) -> String {
    let (sent, mut server) = (unescaped(sent), ServerConnection::new(Limits::DESKTOP));
    let (mut unread, mut replies, mut next) = (sent.as_bytes(), Vec::new(), Next::Output);
    while next == Next::Output {
        let mut output = [0; MIN_OUTPUT];
        let progress = server.process(store, unread, &mut output, 0);
        unread = &unread[progress.consumed..];
        replies.extend_from_slice(&output[..progress.filled]);
        next = progress.next;
    }
    String::from_utf8(replies).unwrap()
}

fn unescaped(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t")
}
