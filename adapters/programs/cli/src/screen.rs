//! A terminal that a command fills, and the events to which the command reacts.
//!
//! ```text
//!              Ctrl-Z, SIGTSTP: the terminal is restored, then the process stops
//!   open ──────────────────────────────────────────────────────────────────────▶ closed
//!    ▲ ◀── SIGCONT: the terminal is set again and drawn anew, also after SIGSTOP ───┘
//! ```
//!
//! In the background, setting the terminal stops the process again, by SIGTTOU.

use std::io::{self, IsTerminal, stdin, stdout};
use std::mem::ManuallyDrop;
use std::thread;
use std::time::Duration;

use crossterm::event::{self, KeyCode, KeyEvent, KeyModifiers};
use crossterm::execute;
use crossterm::terminal::{EnterAlternateScreen, enable_raw_mode};
use ratatui::{DefaultTerminal, Frame};
use smol::Timer;
use smol::channel::{Receiver, Sender, bounded};
use smol::future::or;

use crate::failure::Failure;
use crate::signals::{Signal, Signals, is_ignored};
use crate::system;

/// A terminal in raw mode with a screen of its own. It is restored when this is dropped, and before
/// the message of a panic.
pub(crate) struct Screen {
    /// Ratatui's own `drop` and `restore` write to standard error if they fail, and panic if that
    /// fails too, which happens once the terminal is gone.
    terminal: ManuallyDrop<DefaultTerminal>,
    ending: Signals,
    changing: Signals,
    typed: Receiver<io::Result<event::Event>>,
    /// Which of the streams were terminals at the start.
    terminals: [bool; 2],
}

/// What a command reacts to.
#[derive(Debug)]
pub(crate) enum Event {
    Key(KeyEvent),
    /// The screen is empty, or has another size: draw it.
    Redraw,
    /// Ctrl-C was typed.
    Quit,
    /// A signal asks the program to end. [`Signal::Hup`] if the terminal is gone.
    End(Signal),
}

/// The signals that end a command. The first restores the terminal.
const ENDING: [Signal; 4] = [Signal::Hup, Signal::Int, Signal::Quit, Signal::Term];

impl Screen {
    /// Fills the terminal. In the background, waits until the shell brings the program to the
    /// foreground.
    pub(crate) fn open() -> Result<Self, Failure> {
        let (ending, changing) = (Signals::ending(&ENDING)?, Signals::new(&changing())?);
        let opened = ratatui::try_init().inspect_err(|_| drop(ratatui::try_restore()));
        let terminal = ManuallyDrop::new(opened.map_err(unusable)?);
        let (sender, typed) = bounded(1);
        let screen = Self { terminal, ending, changing, typed, terminals: terminals() };
        // In raw mode Ctrl-D is a key, not an end of file, so start reading only now.
        pass_on_events(sender).map_err(unusable)?;
        Ok(screen)
    }

    pub(crate) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> Result<(), Failure> {
        let drawn = self.terminal.draw(draw).map(|_| ());
        self.unless_gone(drawn)
    }

    /// Waits for the next event. The future may be dropped without losing one.
    pub(crate) async fn event(&mut self) -> Result<Event, Failure> {
        match self.heard().await? {
            Heard::Signal(Signal::Tstp) => self.suspend(system::stop),
            Heard::Signal(Signal::Cont) => self.open_again(),
            Heard::Signal(Signal::Winch) => self.clear(),
            Heard::Signal(signal) => Ok(Event::End(signal)),
            Heard::Typed(event::Event::Key(key)) if key.is_press() => self.react(key),
            Heard::Typed(_) => Ok(Event::Redraw),
        }
    }

    fn react(&mut self, key: KeyEvent) -> Result<Event, Failure> {
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c') if is_control => Ok(Event::Quit),
            KeyCode::Char('z') if is_control && !is_ignored(Signal::Tstp) => {
                self.suspend(system::stop_job)
            }
            _ => Ok(Event::Key(key)),
        }
    }

    async fn heard(&self) -> Result<Heard, Failure> {
        let signal = or(self.ending.next(), self.changing.next());
        let signal = async { signal.await.map(Heard::Signal).ok_or_else(deaf) };
        let typed = async {
            match self.typed.recv().await.map_err(|_| deaf())? {
                Ok(event) => Ok(Heard::Typed(event)),
                Err(_) if self.is_gone() => Ok(Heard::Signal(Signal::Hup)),
                Err(error) => Err(unusable(error)),
            }
        };
        or(signal, or(self.hang_up(), typed)).await
    }

    /// Waits until the terminal is gone. Programs that it does not control get no SIGHUP then.
    async fn hang_up(&self) -> Result<Heard, Failure> {
        while !self.is_gone() {
            Timer::after(Duration::from_secs(1)).await;
        }
        Ok(Heard::Signal(Signal::Hup))
    }

    fn is_gone(&self) -> bool {
        terminals() != self.terminals
    }

    /// Passes a result on. Once the terminal is gone, errors are ignored, since [`Self::event`]
    /// reports that.
    fn unless_gone(&self, result: io::Result<()>) -> Result<(), Failure> {
        match result {
            Err(error) if !self.is_gone() => Err(unusable(error)),
            _ => Ok(()),
        }
    }

    /// Restores the terminal until the program is continued.
    fn suspend(&mut self, stop: fn()) -> Result<Event, Failure> {
        self.close();
        stop();
        self.open_again()
    }

    /// Sets the terminal again, whatever has become of it, and clears it.
    fn open_again(&mut self) -> Result<Event, Failure> {
        // Crossterm does nothing if it has set the modes before, but the shell may have changed them.
        let raw = enable_raw_mode().and_then(|()| system::make_raw());
        let opened = raw.and_then(|()| execute!(stdout(), EnterAlternateScreen));
        self.unless_gone(opened)?;
        self.clear()
    }

    /// Forces a full redraw. Needed after every resize: even a size of a moment cuts off text.
    fn clear(&mut self) -> Result<Event, Failure> {
        let size = self.terminal.size();
        let cleared = size.and_then(|size| self.terminal.resize(size.into()));
        self.unless_gone(cleared).map(|()| Event::Redraw)
    }

    /// Restores the terminal. If it is gone, there is nothing to restore.
    fn close(&mut self) {
        let _ = self.terminal.show_cursor();
        let _ = ratatui::try_restore();
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.close();
    }
}

#[derive(Debug)]
enum Heard {
    Signal(Signal),
    Typed(event::Event),
}

/// Returns the signals that change the screen. A program that was started to ignore SIGTSTP cannot
/// be suspended, so it is not.
fn changing() -> Vec<Signal> {
    let stops = Some(Signal::Tstp).filter(|&signal| !is_ignored(signal));
    [Signal::Cont, Signal::Winch].into_iter().chain(stops).collect()
}

/// Starts a thread that sends what is typed. It needs a thread of its own, since crossterm blocks
/// after half of an escape sequence, after an end of file, and when the terminal is gone.
fn pass_on_events(sender: Sender<io::Result<event::Event>>) -> io::Result<()> {
    let pass_on = move || while sender.send_blocking(event::read()).is_ok() {};
    thread::Builder::new().name("events".to_owned()).spawn(pass_on)?;
    Ok(())
}

fn terminals() -> [bool; 2] {
    [stdin().is_terminal(), stdout().is_terminal()]
}

fn unusable(error: io::Error) -> Failure {
    Failure::failed(format_args!("cannot use the terminal: {error}"))
}

fn deaf() -> Failure {
    Failure::failed("cannot wait for signals and keys")
}
