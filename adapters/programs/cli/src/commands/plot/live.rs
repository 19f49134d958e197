//! A plot that is redrawn at an interval.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use crossterm::cursor::MoveTo;
use crossterm::terminal::{Clear, ClearType};
use smol::Timer;
use smol::future::or;
use unicode_truncate::UnicodeTruncateStr;

use super::Arguments;
use super::reading::{Lack, Reading};
use super::terminal;
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
    // After SIGCONT the shell has written over the plot.
    let redraws = Signals::new(&[Signal::Winch, Signal::Cont])?;
    let read = || Reading::read(server, arguments, arguments.layout().columns());
    let mut shown = Shown { reading: read().await?, trouble: None };
    let mut due = Timer::after(every);
    loop {
        shown.print(arguments)?;
        let is_due = async {
            (&mut due).await;
            Some(true)
        };
        // Resizing a window by hand gives many sizes, so redraw without reading again.
        match or(is_due, async { redraws.next().await.map(|_| false) }).await {
            Some(true) => {
                shown.update(read().await)?;
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
    reading: Reading,
    /// The error of the last reading, if it failed.
    trouble: Option<String>,
}

impl Shown {
    /// Takes a further reading. If it failed, the one before is still shown.
    ///
    /// # Errors
    ///
    /// Only those that reading again does not cure.
    fn update(&mut self, reading: Result<Reading, Lack>) -> Result<(), Failure> {
        match reading {
            Ok(reading) => (self.reading, self.trouble) = (reading, None),
            Err(Lack::Room(failure)) => return Err(failure),
            Err(lack) => self.trouble = Some(Failure::from(lack).to_string()),
        }
        Ok(())
    }

    /// Prints the content in one write, so that the screen never shows half of it. Each row is
    /// cleared just before it is written, so that the screen does not flicker.
    fn print(&self, arguments: &Arguments) -> io::Result<()> {
        let mut text = MoveTo(0, 0).to_string().into_bytes();
        for row in self.rows(arguments)? {
            write!(text, "{}", Clear(ClearType::UntilNewLine))?;
            text.extend(row);
            writeln!(text)?;
        }
        write!(text, "{}", Clear(ClearType::FromCursorDown))?;
        let mut output = io::stdout();
        output.write_all(&text)?;
        output.flush()
    }

    /// Returns the plot and what went wrong below it.
    fn rows(&self, arguments: &Arguments) -> io::Result<Vec<Vec<u8>>> {
        let mut layout = arguments.layout();
        let (chart, lack) = match self.reading.chart(arguments, layout.room()) {
            Ok(chart) => (Some(chart), None),
            Err(lack) => (None, Some(Failure::from(lack).to_string())),
        };
        let trouble = self.trouble.as_ref().or(lack.as_ref());
        layout.height = layout.height.saturating_sub(u16::from(trouble.is_some()));
        let mut rows = chart.map_or(Ok(Vec::new()), |chart| terminal::rows(&chart, layout))?;
        let trouble = trouble.map(|text| text.unicode_truncate(usize::from(layout.width)).0);
        rows.extend(trouble.map(|text| text.as_bytes().to_vec()));
        Ok(rows)
    }
}
