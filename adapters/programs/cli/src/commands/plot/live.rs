//! A plot that is drawn again and again.

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

/// Draws over all of the terminal, until a signal says that it is enough. Once it has begun, an
/// outage of the server does not end it.
pub(super) async fn follow(
    server: &Server,
    arguments: &Arguments,
    every: Duration,
) -> Result<(), Failure> {
    if !io::stdout().is_terminal() {
        return Err(Failure::Usage("--every needs a terminal to draw over".to_owned()));
    }
    if !colour::moves() {
        let message = "--every needs a terminal that can move its cursor, and TERM names none";
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
        // Another size is no reason to read again: there are many while a window is drawn larger.
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

/// What is on the screen.
#[derive(Debug)]
struct Shown {
    chart: Option<Chart>,
    /// Why there is nothing newer.
    trouble: Option<String>,
}

impl Shown {
    /// A server that is not there at the start may be the wrong one.
    fn first(reading: Result<Chart, Lack>) -> Result<Self, Failure> {
        match reading {
            Err(Lack::Reading(failure)) => Err(failure),
            reading => Self { chart: None, trouble: None }.then(reading),
        }
    }

    /// What to show after a reading. An error is what no later one makes better.
    fn then(self, reading: Result<Chart, Lack>) -> Result<Self, Failure> {
        let (chart, trouble) = match reading {
            Ok(chart) => (Some(chart), None),
            Err(Lack::Samples(failure)) => (None, Some(failure)),
            Err(Lack::Reading(failure)) => (self.chart, Some(failure)),
            Err(Lack::Room(failure)) => return Err(failure),
        };
        Ok(Self { chart, trouble: trouble.map(|failure| failure.to_string()) })
    }

    /// Prints in one write, so that nobody sees a half of it.
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
