//! `metric watch`: shows the newest samples of series, live.
//!
//! ```text
//!   query.rs ─▶ model.rs ─▶ view.rs ◀─ columns.rs
//!                              │
//!   keys, signals ─▶ show ─────┴─▶ screen.rs
//! ```

mod columns;
mod model;
mod screen;
mod view;

use std::io::{self, IsTerminal};
use std::thread;
use std::time::Duration;

use clap::Args;
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyModifiers};
use metric_proto::Key;
use metric_smol::Client;
use signal_hook::low_level::emulate_default_handler;
use smol::Timer;
use smol::channel::{Receiver, Sender, bounded};
use smol::future::or;

use crate::failure::Failure;
use crate::output::colour;
use crate::query::{KEYS, Pattern, each_sample};
use crate::server::{Server, seconds};
use crate::signals::{Signal, Signals};
use crate::time::Zone;
use model::Model;
use screen::Screen;
use view::View;

/// Show the newest samples of series, live
///
/// The arrow keys, Page Up and Page Down scroll; q, Esc and Ctrl-C quit. At each refresh the server
/// sends all samples of each KEY, or all that it has if one is a prefix. On a large server, raise
/// --every.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[arg(value_name = "KEY", required = true, help = KEYS)]
    keys: Vec<Pattern>,

    /// Seconds between two refreshes
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    every: Duration,

    /// Number of newest samples of each series to summarise
    #[arg(long, value_name = "N", default_value_t = 60)]
    #[arg(value_parser = clap::value_parser!(u16).range(2..=1_000))]
    last: u16,

    /// Time format
    #[arg(long, value_name = "ZONE", value_enum, default_value_t)]
    time: Zone,
}

/// The signals that end the command. The first restores the terminal.
const ENDING: [Signal; 3] = [Signal::Hup, Signal::Int, Signal::Term];

/// An event to which the screen reacts.
enum News {
    Read(Result<Model, Failure>),
    Event(io::Result<Event>),
    /// The terminal was resized.
    Size,
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
    let mut client = Some(server.connect().await?);
    let model = read(server, &mut client, &arguments).await?;
    let view = View::new(model, &server.name, clock, colour::wanted());
    let signals = Signals::ending(&ENDING)?;
    let sizes = Signals::new(&[Signal::Winch])?;
    let (sender, news) = bounded(1);
    let read = read_again(server, client, &arguments, sender.clone());
    let shown = async {
        let shown = show(view, sender, news, sizes).await;
        shown.map_err(|error| Failure::failed(format_args!("cannot use the terminal: {error}")))
    };
    let shown = or(shown, read);
    let signal = async { Ok(or(signals.next(), hang_up()).await) };
    let signal = or(signal, async { shown.await.map(|()| None) });
    match signal.await? {
        // The terminal is restored, so let the signal take its default effect.
        Some(signal) => Ok(emulate_default_handler(signal as i32)?),
        None => Ok(()),
    }
}

/// Reads until the receiver is gone. Waits between the end of a reading and the next.
async fn read_again<T>(
    server: &Server,
    mut client: Option<Client>,
    arguments: &Arguments,
    sender: Sender<News>,
) -> Result<T, Failure> {
    loop {
        Timer::after(arguments.every).await;
        let model = read(server, &mut client, arguments).await;
        if sender.send(News::Read(model)).await.is_err() {
            return smol::future::pending().await;
        }
    }
}

/// Reads all series, and leaves a usable client in `client`. If the old client fails, because the
/// server was away for example, connects again.
async fn read(
    server: &Server,
    client: &mut Option<Client>,
    arguments: &Arguments,
) -> Result<Model, Failure> {
    if let Some(old) = client.take()
        && let Ok((model, old)) = read_with(old, arguments).await
    {
        *client = Some(old);
        return Ok(model);
    }
    let (model, new) = read_with(server.connect().await?, arguments).await?;
    *client = Some(new);
    Ok(model)
}

async fn read_with(mut client: Client, arguments: &Arguments) -> Result<(Model, Client), Failure> {
    let mut model = Model::new(&arguments.keys, usize::from(arguments.last));
    let take = |key: Key<'_>, sample| {
        model.take(key.as_str(), sample);
        Ok(())
    };
    each_sample(&mut client, &arguments.keys, take).await?;
    Ok((model, client))
}

/// Waits until the terminal is gone. Programs that it does not control get no SIGHUP then.
async fn hang_up() -> Option<Signal> {
    let terminals = || (io::stdin().is_terminal(), io::stdout().is_terminal());
    let before = terminals();
    while terminals() == before {
        Timer::after(Duration::from_secs(1)).await;
    }
    Some(Signal::Hup)
}

/// Starts a thread that sends what is typed. It needs a thread of its own, since crossterm blocks
/// after half of an escape sequence, after an end of file, and when the terminal is gone.
fn pass_on_events(sender: Sender<News>) -> io::Result<()> {
    let pass_on = move || while sender.send_blocking(News::Event(event::read())).is_ok() {};
    thread::Builder::new().name("events".to_owned()).spawn(pass_on)?;
    Ok(())
}

/// Shows the view and reacts to news until a key quits.
async fn show(
    mut view: View,
    sender: Sender<News>,
    news: Receiver<News>,
    sizes: Signals,
) -> io::Result<()> {
    let mut screen = Screen::open()?;
    // In raw mode Ctrl-D is a key, not an end of file, so start reading only now.
    pass_on_events(sender)?;
    loop {
        screen.draw(|frame| view.draw(frame))?;
        let size = async { sizes.next().await.map(|_| News::Size) };
        match or(async { news.recv().await.ok() }, size).await {
            Some(News::Read(Ok(model))) => (view.model, view.trouble) = (model, None),
            Some(News::Read(Err(failure))) => view.trouble = Some(failure.to_string()),
            Some(News::Event(Ok(Event::Key(key)))) if quits(key) => return Ok(()),
            Some(News::Event(Ok(Event::Key(key)))) => scroll(&mut view, key.code),
            Some(News::Event(event)) => drop(event?),
            Some(News::Size) => screen.clear()?,
            None => return Ok(()),
        }
    }
}

fn quits(key: KeyEvent) -> bool {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('q') | KeyCode::Esc => true,
        KeyCode::Char('c') => control,
        _ => false,
    }
}

fn scroll(view: &mut View, key: KeyCode) {
    let (first, page) = (view.first, view.height.max(1));
    view.scroll_to(match key {
        KeyCode::Up => first.saturating_sub(1),
        KeyCode::Down => first + 1,
        KeyCode::PageUp => first.saturating_sub(page),
        KeyCode::PageDown => first + page,
        KeyCode::Home => 0,
        KeyCode::End => usize::MAX,
        _ => first,
    });
}
