//! A plot that is redrawn at an interval.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use crossterm::cursor::MoveTo;
use crossterm::terminal::{Clear, ClearType};
use smol::Timer;
use smol::future::or;
use unicode_truncate::UnicodeTruncateStr;

use super::chart::Chart;
use super::terminal::{self, Layout};
use super::{Arguments, Lack, read_for};
use crate::failure::Failure;
use crate::output::colour;
use crate::server::Server;
use crate::signals::{ENDING, Signal, Signals};

/// Redraws the whole terminal until a signal arrives. After the first drawing, an outage of the
/// server does not end it.
pub(super) async fn follow(
    server: &Server,
    arguments: &Arguments,
    every: Duration,
) -> Result<(), Failure> {
    if !io::stdout().is_terminal() {
        return Err(Failure::Usage("--every needs a terminal to draw on".to_owned()));
    }
    if !colour::moves() {
        let message = "--every needs a terminal that can move its cursor; TERM does not name one";
        return Err(Failure::Usage(message.to_owned()));
    }
    let signals = Signals::ending(&ENDING)?;
    let enough = async {
        signals.next().await;
        Ok(())
    };
    or(enough, draw_again(server, arguments, every)).await
}

async fn draw_again(
    server: &Server,
    arguments: &Arguments,
    every: Duration,
) -> Result<(), Failure> {
    let sizes = Signals::new(&[Signal::Winch])?;
    let mut shown = Shown::first(read_for(server, arguments, arguments.layout()).await)?;
    let mut due = Timer::after(every);
    loop {
        shown.print(arguments.layout())?;
        let is_due = async {
            (&mut due).await;
            Some(true)
        };
        // Resizing a window by hand gives many sizes, so redraw without reading again.
        match or(is_due, async { sizes.next().await.map(|_| false) }).await {
            Some(true) => {
                shown = shown.then(read_for(server, arguments, arguments.layout()).await)?;
                due.set_after(every);
            }
            Some(false) => {}
            None => return Ok(()),
        }
    }
}

/// The content of the screen.
#[derive(Debug)]
struct Shown {
    chart: Option<Chart>,
    /// The error of the last reading, if it failed.
    trouble: Option<String>,
}

impl Shown {
    /// Returns the content after the first reading. An unreachable server is an error here, since
    /// it may be the wrong one.
    fn first(reading: Result<Chart, Lack>) -> Result<Self, Failure> {
        match reading {
            Err(Lack::Reading(failure)) => Err(failure),
            reading => Self { chart: None, trouble: None }.then(reading),
        }
    }

    /// Returns the content after a further reading.
    ///
    /// # Errors
    ///
    /// Only those that reading again does not cure.
    fn then(self, reading: Result<Chart, Lack>) -> Result<Self, Failure> {
        let (chart, trouble) = match reading {
            Ok(chart) => (Some(chart), None),
            Err(Lack::Samples(failure)) => (None, Some(failure)),
            Err(Lack::Reading(failure)) => (self.chart, Some(failure)),
            Err(Lack::Room(failure)) => return Err(failure),
        };
        Ok(Self { chart, trouble: trouble.map(|failure| failure.to_string()) })
    }

    /// Prints the content in one write, so that the screen never shows half of it.
    fn print(&self, mut layout: Layout) -> io::Result<()> {
        let mut text = format!("{}{}", MoveTo(0, 0), Clear(ClearType::All)).into_bytes();
        layout.height -= u16::from(self.trouble.is_some());
        if let Some(chart) = &self.chart {
            terminal::write(&mut text, chart, layout)?;
        }
        if let Some(trouble) = &self.trouble {
            writeln!(text, "{}", trouble.unicode_truncate(usize::from(layout.width)).0)?;
        }
        let mut output = io::stdout();
        output.write_all(&text)?;
        output.flush()
    }
}
