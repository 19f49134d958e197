//! A session of another protocol, to show that adapters serve any session.

use std::task::{Context, Poll};

use metric_driver::{Next, Progress, Session};
use metric_proto::Lost;

/// Sends lines back after committing them. The commit of a line with `fail` in it fails, `bye` closes
/// the connection, and `raw` hands it over.
#[derive(Debug, Default)]
pub struct Echo {
    state: State,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Committed,
    /// Waits once for the commit, which works or fails.
    Committing { works: bool, polled: bool },
}

const MIN: usize = 64;

impl Session for Echo {
    fn min_input(&self) -> usize {
        MIN
    }

    fn min_output(&self) -> usize {
        MIN
    }

    fn process(&mut self, input: &[u8], output: &mut [u8], filled: usize) -> Progress {
        let Some(line) = input.split_inclusive(|byte| *byte == b'\n').next() else {
            return Progress { consumed: 0, filled, next: Next::Input };
        };
        if !line.ends_with(b"\n") {
            return Progress { consumed: 0, filled, next: Next::Input };
        }
        let Some(room) = output.get_mut(filled..filled + line.len()) else {
            return Progress { consumed: 0, filled, next: Next::Output };
        };
        room.copy_from_slice(line);
        let works = !line.windows(4).any(|word| word == b"fail");
        self.state = State::Committing { works, polled: false };
        let next = match line {
            b"bye\n" => Next::Close,
            b"raw\n" => Next::HandOver,
            _ => Next::Wait,
        };
        Progress { consumed: line.len(), filled: filled + line.len(), next }
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        match &mut self.state {
            State::Committed => Poll::Ready(Ok(())),
            State::Committing { polled, .. } if !*polled => {
                *polled = true;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            State::Committing { works: false, .. } => Poll::Ready(Err(Lost)),
            State::Committing { .. } => {
                self.state = State::Committed;
                Poll::Ready(Ok(()))
            }
        }
    }
}
