//! The progress of commands that take long.

use std::fs;

use crate::served::Served;
use crate::terminal::Terminal;

#[test]
fn progress_takes_one_line_of_any_terminal() {
    let (served, dir) = (Served::mute(), tempfile::tempdir().unwrap());
    let [input, output] = ["in.csv", "out.csv"].map(|name| dir.path().join(name));
    fs::write(&input, "k,1,2\n".repeat(100)).unwrap();
    let import = ["import", input.to_str().unwrap()];
    let export = ["export", "--out", output.to_str().unwrap()];
    for columns in [120, 80, 40, 39, 20] {
        let bar = if columns < 40 { " %  0 samples" } else { " %  0 samples  0s to go" };
        for (arguments, shown) in [(&import[..], bar), (&export, " 0s")] {
            let mut terminal = Terminal::start(&served, (5, columns), arguments);
            terminal.wait_for(shown);
            assert_eq!(terminal.text().trim_end().lines().count(), 1, "{}", terminal.text());
        }
    }
}
