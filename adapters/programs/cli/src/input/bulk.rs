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
use crate::output::progress::{Progress, tell};
use crate::signals::unless_interrupted;

/// Stores the samples of all lines in bounded memory, and reports the refused ones.
pub(crate) async fn send(
    client: &mut Client,
    mut lines: Lines,
    mut reader: Reader,
    progress: Progress,
) -> Result<(), Failure> {
    let tally = RefCell::new(Tally::new(progress));
    let sent = unless_interrupted(send_all(client, &mut lines, &mut reader, &tally)).await;
    let tally = tally.into_inner();
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
    let unit = reader.unit();
    let mut puts = client.puts(|_, answer| tally.borrow_mut().answered(answer))?;
    let mut more = true;
    while more {
        while let Some(line) = lines.next() {
            match read(reader, line) {
                Ok(Some((key, sample))) => {
                    tally.borrow_mut().sent(line, || unit.doubt(sample.timestamp()));
                    puts.put(key, sample).await?;
                }
                Ok(None) => {}
                Err(Fault::Line(why)) => tally.borrow_mut().wrong(line, why),
                Err(Fault::Header) => return Err(no_header(line)),
            }
        }
        tally.borrow().show(lines.read);
        more = match poll_once(lines.read()).await {
            Some(more) => {
                // Without a yield, input that never pauses would keep Ctrl-C from being handled.
                yield_now().await;
                more?
            }
            None => {
                // No input is ready: send what is buffered instead of waiting for more.
                puts.settle().await?;
                lines.read().await?
            }
        };
    }
    Ok(puts.finish().await?)
}

fn read<'r>(reader: &'r mut Reader, line: Line<'_>) -> Result<Option<(Key<'r>, Sample)>, Fault> {
    const TOO_LONG: &str = "it is too long for a sample";
    const _: () = assert!(LONGEST > metric_proto::MAX_LINE);
    if line.whole { reader.read(line.text) } else { Err(TOO_LONG.into()) }
}

fn no_header(line: Line<'_>) -> Failure {
    Failure::failed(format_args!(
        "{}: it must name the columns key, value and timestamp, each once; put also takes just key and value",
        Excerpt::of(line)
    ))
}
