//! `metric watch`: shows the newest samples of series, live.
//!
//! ```text
//!   query.rs ─▶ model.rs ─▶ list.rs ─▶ view.rs ─▶ table.rs ◀─ columns.rs ◀─ number.rs
//!               samples     filter,       │       pane.rs: a plot
//!                           order, mark   │       foot.rs, help.rs
//!                              ▲          ▼
//!   ../screen.rs: keys ─▶ keys.rs      ../screen.rs: draws
//! ```

mod columns;
mod foot;
mod help;
mod keys;
mod list;
mod model;
mod number;
mod pane;
mod table;
mod view;

use std::io::{self, IsTerminal};
use std::time::Duration;

use clap::Args;
use metric_proto::Key;
use signal_hook::low_level::emulate_default_handler;
use smol::Timer;
use smol::channel::{Receiver, Sender, bounded};
use smol::future::{or, pending};

use crate::failure::Failure;
use crate::number::whole;
use crate::output::colour;
use crate::query::{Access, Bounds, KEYS, Pattern};
use crate::screen::{Event, Screen};
use crate::server::{Server, seconds};
use crate::signals::Signal;
use crate::time::Zone;
use model::Model;
use view::{Palette, Source, View};

/// Show the newest samples of series, live
///
/// The arrow keys mark a series, / filters, s sorts, p pauses, Enter plots, with gaps as in metric plot,
/// Esc closes the plot and the filter, q and Ctrl-C quit; ? lists all keys. VALUE is bold if it has changed. From a million on, values are scaled by powers of 1000
/// (M, G, T), or of 1024 (Ki, Mi, Gi) if their key contains "bytes"; the line below the table has the
/// exact values of the marked series.
///
/// At each refresh the server sends the samples that are summarised. One without the HTTP API sends all
/// samples of each KEY, or all that it has if one is a prefix: if that is much, raise --every.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[arg(value_name = "KEY", required = true, help = KEYS)]
    keys: Vec<Pattern>,

    /// Seconds between two refreshes
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    every: Duration,

    /// Number of newest samples of each series to summarise
    #[arg(long, value_name = "N", default_value_t = 60)]
    #[arg(value_parser = whole(2_u16..=1_000))]
    last: u16,

    /// Time format
    #[arg(long, value_name = "ZONE", value_enum, default_value_t)]
    time: Zone,
}

pub(super) async fn run(server: &Server, arguments: Arguments) -> Result<(), Failure> {
    if !io::stdout().is_terminal() {
        return Err(Failure::Usage("watch needs a terminal; metric get prints samples".to_owned()));
    }
    if !colour::moves() {
        let message = "watch needs a terminal that can move its cursor; TERM does not name one; \
                       metric get prints samples";
        return Err(Failure::Usage(message.to_owned()));
    }
    let clock = server.clock(arguments.time)?;
    let (every, timeout) = (arguments.every, server.timeout);
    let source = Source { server: server.name.clone(), clock, every, timeout };
    let palette = if colour::wanted() { Palette::Colours } else { Palette::Plain };
    let view = View::new(source, palette);
    let (sender, readings) = bounded(1);
    let reading = read_again(server, &arguments, sender);
    match or(show(view, server, &arguments.keys, readings), reading).await? {
        // The terminal is restored, so let the signal take its default effect.
        Some(signal) => Ok(emulate_default_handler(signal as i32)?),
        None => Ok(()),
    }
}

/// Reads until the receiver is gone. Waits between the end of a reading and the next.
async fn read_again<T>(
    server: &Server,
    arguments: &Arguments,
    sender: Sender<Result<Model, Failure>>,
) -> Result<T, Failure> {
    let mut access = None;
    loop {
        let model = read(server, &mut access, arguments).await;
        if sender.send(model).await.is_err() {
            return pending().await;
        }
        Timer::after(arguments.every).await;
    }
}

/// Reads all series, and leaves a usable connection in `access`. If the old one fails, because the
/// server was away for example, connects again. A time-out is reported first.
async fn read<'s>(
    server: &'s Server,
    access: &mut Option<Access<'s>>,
    arguments: &Arguments,
) -> Result<Model, Failure> {
    server.learn_unit().await?;
    let bounds = Bounds::newest_of(server.unit(), usize::from(arguments.last));
    if let Some(old) = access.take() {
        match read_with(old, arguments, &bounds).await {
            Ok((model, old)) => {
                *access = Some(old);
                return Ok(model);
            }
            Err(late @ Failure::TimedOut(_)) => return Err(late),
            Err(_) => {}
        }
    }
    let new = Access::open(server, &arguments.keys, &bounds).await?;
    let (model, new) = read_with(new, arguments, &bounds).await?;
    *access = Some(new);
    Ok(model)
}

async fn read_with<'s>(
    mut access: Access<'s>,
    arguments: &Arguments,
    bounds: &Bounds,
) -> Result<(Model, Access<'s>), Failure> {
    let mut model = Model::new(usize::from(arguments.last));
    let take = |key: Key<'_>, sample| {
        model.take(key.as_str(), sample);
        Ok(())
    };
    access.each_sample(&arguments.keys, bounds, take).await?;
    Ok((model, access))
}

/// Shows the view and reacts to events and readings until a key quits, or a signal ends the program.
async fn show(
    mut view: View,
    server: &Server,
    patterns: &[Pattern],
    readings: Receiver<Result<Model, Failure>>,
) -> Result<Option<Signal>, Failure> {
    let mut screen = Screen::open()?;
    loop {
        screen.draw(|frame| view.draw(frame))?;
        let event = async { screen.event().await.map(Some) };
        let reading = async {
            match readings.recv().await {
                Ok(Ok(model)) => {
                    let before = view.has_read().then_some(&view.model);
                    view.source.clock = view.source.clock.in_unit(server.unit());
                    view.take(model.finish(patterns, before));
                }
                // There are no values that could stay.
                Ok(Err(failure)) if !view.has_read() => return Err(failure),
                Ok(Err(failure)) => view.trouble = Some(failure.cause()),
                // Reading goes on for as long as this does.
                Err(_) => pending().await,
            }
            Ok(None)
        };
        let older = async {
            Timer::after(TICK).await;
            Ok(None)
        };
        match or(event, or(reading, older)).await? {
            Some(Event::Key(key)) if keys::press(&mut view, key).is_break() => return Ok(None),
            Some(Event::Quit) => return Ok(None),
            Some(Event::End(signal)) => return Ok(Some(signal)),
            Some(Event::Key(_) | Event::Redraw) | None => {}
        }
    }
}

/// The time after which ages are drawn anew.
const TICK: Duration = Duration::from_secs(1);
