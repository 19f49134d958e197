//! A plot that is redrawn at an interval.

use std::io::{self, IsTerminal};
use std::pin::pin;
use std::time::Duration;

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use signal_hook::low_level::emulate_default_handler;
use smol::Timer;
use smol::future::or;

use super::reading::{Lack, Reading};
use super::{Arguments, terminal};
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
        let reading = Reading::read(server, arguments, arguments.layout().columns()).await?;
        Ok::<_, Failure>(Some(Shown { reading, trouble: None }))
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
        Reading::read(server, arguments, arguments.layout().columns()).await
    };
    let mut screen = Screen::open()?;
    let mut reading = pin!(read_later());
    loop {
        screen.draw(|frame| shown.draw(frame, arguments))?;
        let event = async { screen.event().await.map(Err) };
        let read = async { Ok(Ok(reading.as_mut().await)) };
        match or(event, read).await? {
            Ok(reading_now) => {
                shown.update(reading_now)?;
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

    /// Draws the plot, and below it what went wrong.
    fn draw(&self, frame: &mut Frame<'_>, arguments: &Arguments) {
        let (area, mut layout) = (frame.area(), arguments.layout());
        let (chart, lack) = match self.reading.chart(arguments, layout.room()) {
            Ok(chart) => (Some(chart), None),
            Err(lack) => (None, Some(Failure::from(lack).to_string())),
        };
        let trouble = self.trouble.as_ref().or(lack.as_ref());
        let rows = area.height.saturating_sub(u16::from(trouble.is_some()));
        (layout.width, layout.height) = (layout.width.min(area.width), layout.height.min(rows));
        let mut below = 0;
        if let Some(chart) = chart {
            below = layout.height;
            frame.buffer_mut().merge(&terminal::draw(&chart, layout));
        }
        if let Some(trouble) = trouble.filter(|_| area.height > 0) {
            let row = Rect::new(0, below, area.width, 1);
            frame.render_widget(Line::from(trouble.as_str()), row);
        }
    }
}
