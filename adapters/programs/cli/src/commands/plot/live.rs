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
use crate::signals::Signal;

/// Redraws the whole terminal until a signal, q or Ctrl-C ends that. After the first drawing, an
/// outage of the server does not end it. A resized window is redrawn without reading again.
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
    let read_after = async |pause| {
        Timer::after(pause).await;
        Reading::read(server, arguments, arguments.layout().columns()).await
    };
    let mut screen = Screen::open()?;
    let connecting = format!("connecting to {}", server.name);
    let mut shown = Shown { reading: None, remark: Some(connecting) };
    let mut reading = pin!(read_after(Duration::ZERO));
    loop {
        screen.draw(|frame| shown.draw(frame, arguments))?;
        let event = async { screen.event().await.map(Err) };
        let read = async { Ok(Ok(reading.as_mut().await)) };
        match or(event, read).await? {
            Ok(reading_now) => {
                shown.update(reading_now)?;
                reading.set(read_after(every));
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
    /// `None` before the first answer of the server.
    reading: Option<Reading>,
    /// What there is to tell about the reading, such as the error of the last one.
    remark: Option<String>,
}

impl Shown {
    /// Takes a reading. If it failed, the one before is still shown.
    ///
    /// # Errors
    ///
    /// Those that reading again does not cure, and those of the first reading.
    fn update(&mut self, reading: Result<Reading, Lack>) -> Result<(), Failure> {
        match reading {
            Ok(reading) => (self.reading, self.remark) = (Some(reading), None),
            Err(Lack::Room(failure)) => return Err(failure),
            Err(lack) if self.reading.is_none() => return Err(lack.into()),
            Err(lack) => self.remark = Some(Failure::from(lack).to_string()),
        }
        Ok(())
    }

    /// Draws the plot, and below it the remark.
    fn draw(&self, frame: &mut Frame<'_>, arguments: &Arguments) {
        let (area, mut layout) = (frame.area(), arguments.layout());
        let reading = self.reading.as_ref();
        let (chart, lack) = match reading.map(|reading| reading.chart(arguments, layout.room())) {
            Some(Ok(chart)) => (Some(chart), None),
            Some(Err(lack)) => (None, Some(Failure::from(lack).to_string())),
            None => (None, None),
        };
        let remark = self.remark.as_ref().or(lack.as_ref());
        let rows = area.height.saturating_sub(u16::from(remark.is_some()));
        (layout.width, layout.height) = (layout.width.min(area.width), layout.height.min(rows));
        let mut below = 0;
        if let Some(chart) = chart {
            below = layout.height;
            frame.buffer_mut().merge(&terminal::draw(&chart, layout));
        }
        if let Some(remark) = remark.filter(|_| area.height > 0) {
            let row = Rect::new(0, below, area.width, 1);
            frame.render_widget(Line::from(remark.as_str()), row);
        }
    }
}
