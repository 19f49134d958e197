//! Stores many samples without waiting for each reply.

use std::cell::RefCell;

use metric_proto::{Key, Sample};
use metric_smol::{Client, client};
use smol::future::{poll_once, yield_now};

use super::expected::Expected;
use super::fields::Fault;
use super::lines::{LONGEST, Line, Lines};
use super::reader::Reader;
use super::remarks::Remarks;
use super::tally::{Complaints, Excerpt, Tally};
use crate::failure::Failure;
use crate::output::progress::{Progress, tell};
use crate::server::Server;
use crate::signals::unless_interrupted;

/// Stores the samples of all lines in bounded memory, and reports the refused ones.
pub(crate) async fn store(
    server: &Server,
    mut lines: Lines,
    reader: Reader,
    complaints: Complaints,
) -> Result<(), Failure> {
    let mut client = server.connect().await?;
    let progress = begin(&lines, reader.expected());
    let tally = RefCell::new(Tally::new(progress, complaints));
    let mut samples = Samples::new(reader, &tally);
    let sent = unless_interrupted(send_all(&mut client, &mut lines, &mut samples)).await;
    samples.say_remarks();
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

/// Returns the progress of an input. If it is typed, says what to type.
fn begin(lines: &Lines, expected: Expected) -> Progress {
    if !lines.are_typed() {
        return Progress::new(lines.length);
    }
    tell(&format!("metric: type {}, one sample per line; Ctrl-D ends", expected.line()));
    Progress::none()
}

async fn send_all(
    client: &mut Client,
    lines: &mut Lines,
    samples: &mut Samples<'_>,
) -> Result<(), Failure> {
    let tally = samples.tally;
    let mut puts = client.puts(|_, answer| tally.borrow_mut().answered(answer))?;
    let read = 'input: loop {
        while let Some(line) = lines.next() {
            match samples.read(line) {
                Ok(Some((key, sample))) => puts.put(key, sample).await?,
                Ok(None) => {}
                Err(failure) => break 'input Err(failure),
            }
        }
        tally.borrow().show(lines.read);
        match read_more(lines, async || puts.settle().await).await? {
            Ok(true) => {}
            end => break end.map(drop),
        }
    };
    // If the input failed, this makes the counts exact.
    puts.finish().await?;
    read
}

/// Reads more input. If none is ready, first sends what is buffered instead of waiting.
///
/// # Errors
///
/// The outer error is of the connection, the inner one of the input.
async fn read_more(
    lines: &mut Lines,
    settle: impl AsyncFnOnce() -> Result<(), client::Error>,
) -> Result<Result<bool, Failure>, client::Error> {
    if let Some(read) = poll_once(lines.read()).await {
        // Without a yield, input that never pauses would keep Ctrl-C from being handled.
        yield_now().await;
        return Ok(read);
    }
    settle().await?;
    Ok(lines.read().await)
}

/// Reads lines as samples, and reports what is wrong with them.
struct Samples<'t> {
    expected: Expected,
    reader: Reader,
    remarks: Remarks,
    tally: &'t RefCell<Tally>,
}

impl<'t> Samples<'t> {
    fn new(reader: Reader, tally: &'t RefCell<Tally>) -> Self {
        Self { expected: reader.expected(), remarks: reader.remarks(), reader, tally }
    }

    /// Returns the sample of a line, or `None` if it has none.
    ///
    /// # Errors
    ///
    /// If neither this line nor those after it can be trusted.
    fn read(&mut self, line: Line<'_>) -> Result<Option<(Key<'_>, Sample)>, Failure> {
        let (expected, tally) = (self.expected, self.tally);
        match read(&mut self.reader, line) {
            Ok(Some((key, sample))) => {
                let remark = self.remarks.on(sample.timestamp());
                let cut = expected.may_be_cut(line).then(|| without_end(key, sample));
                let mut tally = tally.borrow_mut();
                remark.iter().chain(&cut).for_each(|remark| tally.remark(line, remark));
                tally.sent(line);
                Ok(Some((key, sample)))
            }
            Ok(None) => Ok(None),
            Err(fault) => {
                let is_first = tally.borrow().is_empty();
                let other = is_first.then(|| expected.other(line.text)).flatten();
                match other.map_or(fault, Fault::Rest) {
                    Fault::Line(why) => tally.borrow_mut().wrong(line, why),
                    Fault::Rest(why) => return Err(unreadable(line, why)),
                }
                Ok(None)
            }
        }
    }

    fn say_remarks(&self) {
        self.remarks.counts().for_each(|count| self.tally.borrow().say(&count));
    }
}

/// Returns a remark on a last line that looks like a sample, and may be the beginning of another one.
fn without_end(key: Key<'_>, sample: Sample) -> String {
    let (value, timestamp) = (sample.value(), sample.timestamp());
    format!(
        "it has no line end, so the input may be cut; it was read as {key} {value:?} {timestamp}"
    )
}

fn unreadable(line: Line<'_>, why: &str) -> Failure {
    Failure::failed(format_args!("{}: {why}", Excerpt::of(line)))
}

fn read<'r>(reader: &'r mut Reader, line: Line<'_>) -> Result<Option<(Key<'r>, Sample)>, Fault> {
    const TOO_LONG: &str = "it is too long for a sample";
    const _: () = assert!(LONGEST > metric_proto::Limits::WIDEST.line());
    if line.whole { reader.read(line.text) } else { Err(TOO_LONG.into()) }
}
