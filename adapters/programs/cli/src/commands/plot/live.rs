//! A plot that is redrawn at an interval.

use std::io::{self, IsTerminal, Write};
use std::pin::pin;
use std::time::Duration;

use crossterm::event::KeyCode;
use signal_hook::low_level::emulate_default_handler;
use smol::Timer;
use smol::future::or;
use unicode_truncate::UnicodeTruncateStr;

use super::chart::Chart;
use super::terminal::{self, Layout};
use super::{Arguments, Lack, read_for};
use crate::failure::Failure;
use crate::output::colour;
use crate::screen::{Event, Screen};
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
        Ok(None)
    };
    let first = async {
        let reading = read_for(server, arguments, arguments.layout()).await;
        Shown::first(reading).map(Some)
    };
    match or(enough, first).await? {
        Some(shown) => draw_again(shown, server, arguments, every).await,
        None => Ok(()),
    }
}

/// Draws until a signal, q or Ctrl-C ends that. A resized window is redrawn without reading again.
async fn draw_again(
    mut shown: Shown,
    server: &Server,
    arguments: &Arguments,
    every: Duration,
) -> Result<(), Failure> {
    let read_later = async || {
        Timer::after(every).await;
        read_for(server, arguments, arguments.layout()).await
    };
    let mut screen = Screen::open()?;
    let mut reading = pin!(read_later());
    loop {
        screen.print(&shown.text(arguments.layout())?)?;
        let event = async { screen.event().await.map(Err) };
        let read = async { Ok(Ok(reading.as_mut().await)) };
        match or(event, read).await? {
            Ok(chart) => {
                shown = shown.then(chart)?;
                reading.set(read_later());
            }
            Err(Event::End(Signal::Hup)) => {
                return Ok(emulate_default_handler(Signal::Hup as i32)?);
            }
            Err(Event::Quit | Event::End(_)) => return Ok(()),
            Err(Event::Key(key)) if key.code == KeyCode::Char('q') => return Ok(()),
            Err(Event::Key(_) | Event::Redraw) => {}
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

    /// Returns the lines of the screen.
    fn text(&self, mut layout: Layout) -> Result<String, Failure> {
        let mut text = Vec::new();
        layout.height -= u16::from(self.trouble.is_some());
        if let Some(chart) = &self.chart {
            terminal::write(&mut text, chart, layout)?;
        }
        if let Some(trouble) = &self.trouble {
            writeln!(text, "{}", trouble.unicode_truncate(usize::from(layout.width)).0)?;
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}
