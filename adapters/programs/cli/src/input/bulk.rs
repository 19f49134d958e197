//! Stores many samples without waiting for each reply.

use std::cell::RefCell;

use metric_proto::{Key, Sample};
use metric_smol::Client;
use smol::future::{poll_once, yield_now};

use super::fields::Fault;
use super::lines::{LONGEST, Line, Lines};
use super::reader::Reader;
use super::tally::{Excerpt, Tally};
use crate::failure::Failure;
use crate::output::progress::tell;
use crate::signals::unless_interrupted;

/// Stores the samples of all lines in bounded memory, and reports the refused ones.
pub(crate) async fn send(
    client: &mut Client,
    mut lines: Lines,
    mut reader: Reader,
    tally: Tally,
) -> Result<(), Failure> {
    let tally = RefCell::new(tally);
    let sent = unless_interrupted(send_all(client, &mut lines, &mut reader, &tally)).await;
    let tally = tally.into_inner();
    tally.say_hidden();
    sent.map_err(|failure| tally.cut_short(failure))?;
    tally.result()?;
    let stored = format!("metric: {tally}");
    // Print after the bar is gone, so that the line is not overwritten.
    drop(tally);
    tell(&stored);
    Ok(())
}

async fn send_all(
    client: &mut Client,
    lines: &mut Lines,
    reader: &mut Reader,
    tally: &RefCell<Tally>,
) -> Result<(), Failure> {
    let remarks = reader.remarks();
    let mut puts = client.puts(|_, answer| tally.borrow_mut().answered(answer))?;
    let fault = 'input: loop {
        while let Some(line) = lines.next() {
            match read(reader, line) {
                Ok(Some((key, sample))) => {
                    if tally.borrow().is_empty() {
                        remarks.on(line, sample).for_each(|remark| tally.borrow().remark(&remark));
                    }
                    tally.borrow_mut().sent(line);
                    puts.put(key, sample).await?;
                }
                Ok(None) => {}
                Err(Fault::Line(why)) => tally.borrow_mut().wrong(line, why),
                Err(Fault::Rest(why)) => break 'input Some(unreadable(line, why)),
            }
        }
        tally.borrow().show(lines.read);
        let more = match poll_once(lines.read()).await {
            Some(more) => {
                // Without a yield, input that never pauses would keep Ctrl-C from being handled.
                yield_now().await;
                more
            }
            None => {
                // No input is ready: send what is buffered instead of waiting for more.
                puts.settle().await?;
                lines.read().await
            }
        };
        match more {
            Ok(true) => {}
            Ok(false) => break None,
            Err(failure) => break Some(failure),
        }
    };
    // If the input failed, this makes the counts exact.
    puts.finish().await?;
    fault.map_or(Ok(()), Err)
}

fn unreadable(line: Line<'_>, why: &str) -> Failure {
    Failure::failed(format_args!("{}: {why}", Excerpt::of(line)))
}

fn read<'r>(reader: &'r mut Reader, line: Line<'_>) -> Result<Option<(Key<'r>, Sample)>, Fault> {
    const TOO_LONG: &str = "it is too long for a sample";
    const _: () = assert!(LONGEST > metric_proto::MAX_LINE);
    if line.whole { reader.read(line.text) } else { Err(TOO_LONG.into()) }
}
