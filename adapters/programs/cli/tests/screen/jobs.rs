//! Commands that fill the terminal, as jobs of a shell: suspended, in the background, continued.

use std::os::unix::process::ExitStatusExt;

use rustix::process::Signal;

use crate::NOON;
use crate::served::Served;
use crate::terminal::{Terminal, hang_up, hang_up_silently};

/// The commands, each with the end of what it shows.
const COMMANDS: [(&[&str], &str); 2] = [
    (&["watch", "*", "--every", "3600"], "? help  q quit"),
    (&["plot", "k", "--every", "3600"], "12:00:09"),
];

fn served() -> Served {
    let served = Served::start();
    served.put("k", (0..10).map(|n| (NOON + n, n as f64)));
    served
}

#[test]
fn a_command_suspends_and_comes_back_as_often_as_told() {
    let again = "; do count=1$count; echo stopped $count; read line; fg; done; echo \"ended $?\"";
    // The second is a job of two processes, one of which waits for the other.
    let jobs =
        [r#""$@"; while [ $? -gt 128 ]"#, r#"sh -c '"$@"; exit $?' sh "$@"; while [ $? -gt 128 ]"#];
    let served = served();
    for (arguments, end) in COMMANDS {
        for job in jobs {
            let mut terminal = Terminal::start_shell(&served, &format!("{job}{again}"), arguments);
            terminal.wait_for(end);
            let shown = terminal.text();
            for count in ["1", "11", "111"] {
                terminal.press("\x1a");
                terminal.wait_for(&format!("stopped {count}\n"));
                assert!(terminal.is_restored());
                terminal.press("\n");
                terminal.wait_for_all(&shown);
                assert!(terminal.is_alternate());
            }
            terminal.press("\x03");
            terminal.wait_for("ended 0");
            assert!(terminal.end().success());
        }
    }
}

#[test]
fn a_signal_suspends_as_ctrl_z_does() {
    let script = r#""$@"; echo stopped; read line; fg; echo "ended $?""#;
    let served = served();
    for (arguments, end) in COMMANDS {
        let mut terminal = Terminal::start_shell(&served, script, arguments);
        terminal.wait_for(end);
        let shown = terminal.text();
        terminal.signal_job(Signal::TSTP);
        terminal.wait_for("stopped\n");
        assert!(terminal.is_restored());
        terminal.press("\n");
        terminal.wait_for_all(&shown);
        terminal.press("\x03");
        terminal.wait_for("ended 0");
        assert!(terminal.end().success());
    }
}

#[test]
fn a_command_in_the_background_stops_and_draws_nothing() {
    // In a pipe, jobs would be those of another shell.
    let script = r#"jobs=$(mktemp); "$@" &
        until jobs >$jobs; grep -q Stopped $jobs; do sleep 0.01; done
        rm $jobs; echo stopped; read line; fg; echo "ended $?""#;
    let served = served();
    for (arguments, end) in COMMANDS {
        let mut terminal = Terminal::start_shell(&served, script, arguments);
        terminal.wait_for("stopped\n");
        assert!(terminal.is_restored());
        terminal.press("\n");
        terminal.wait_for(end);
        terminal.press("\x03");
        terminal.wait_for("ended 0");
        assert!(terminal.end().success());
    }
}

#[test]
fn a_command_that_was_stopped_sets_the_terminal_again_and_draws_all() {
    let served = served();
    for (arguments, end) in COMMANDS {
        let mut terminal = Terminal::start(&served, (24, 80), arguments);
        terminal.wait_for(end);
        let shown = terminal.text();
        for _ in 0..3 {
            terminal.stop();
            terminal.signal(Signal::CONT);
            terminal.wait_for_all(&shown);
        }
        // In the modes of a shell, this is a signal.
        terminal.press("\x03");
        assert_eq!(terminal.end().code(), Some(0));
    }
}

#[test]
fn without_a_shell_that_could_continue_it_ctrl_z_only_redraws() {
    let served = served();
    for (arguments, end) in COMMANDS {
        let mut terminal = Terminal::start(&served, (24, 80), arguments);
        terminal.wait_for(end);
        let shown = terminal.text();
        terminal.empty();
        terminal.press("\x1a");
        terminal.wait_for_all(&shown);
        terminal.press("q");
        assert_eq!(terminal.end().code(), Some(0));
    }
}

#[test]
fn a_command_that_must_not_be_suspended_is_not() {
    let served = served();
    for (arguments, end) in COMMANDS {
        let script = r#"trap "" TSTP; exec "$@""#;
        let mut terminal = Terminal::start_shell(&served, script, arguments);
        terminal.wait_for(end);
        terminal.press("\x1a");
        terminal.resize((24, 60));
        terminal.empty();
        terminal.resize((24, 80));
        terminal.wait_for(end);
        assert!(terminal.is_alternate());
    }
}

#[test]
fn a_command_ends_with_its_terminal() {
    let served = served();
    for (arguments, end) in COMMANDS {
        for hang_up in [hang_up, hang_up_silently] {
            let status = hang_up(&served, arguments, end);
            assert_eq!(status.signal(), Some(Signal::HUP.as_raw()), "{arguments:?}");
        }
    }
}
