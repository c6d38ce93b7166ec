//! The thread that reads keys and draws.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use otelbox_mock_collector::fault::LiveFaults;
use otelbox_mock_collector::journal::Journal;
use parking_lot::Mutex;
use ratatui::crossterm::event::{self, Event};
use tokio::sync::oneshot;

use super::audience::LiveAudience;
use super::colours::Colours;
use super::keys::{Command, command};
use super::setup::Setup;
use super::state::State;
use super::terminal::Terminal;
use super::view;
use crate::cli::error::CliError;

/// The view on the terminal. The terminal is given back when this is dropped.
pub(in crate::cli::serve) struct Screen {
    state: Arc<Mutex<State>>,
    is_over: Arc<AtomicBool>,
    left: oneshot::Receiver<io::Result<Leave>>,
    thread: Option<JoinHandle<()>>,
}

/// How somebody has left the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli::serve) enum Leave {
    /// With `q`.
    Quit,
    /// With Ctrl-C.
    Interrupted,
}

impl Screen {
    /// Takes the terminal and shows what there is.
    pub(in crate::cli::serve) fn open(
        setup: Setup,
        journal: Journal,
        faults: LiveFaults,
    ) -> Result<Self, CliError> {
        let state = Arc::new(Mutex::new(State::new(setup)));
        let is_over = Arc::new(AtomicBool::new(false));
        let (leaving, left) = oneshot::channel();
        let viewer = Viewer {
            state: Arc::clone(&state),
            is_over: Arc::clone(&is_over),
            colours: Colours::of_standard_output(),
            terminal: Terminal::take().map_err(CliError::Terminal)?,
            journal,
            faults,
        };
        let thread = thread::Builder::new()
            .name("view".to_owned())
            .spawn(move || {
                let leave = viewer.run();
                // Whoever does not wait for it has ended the view.
                let _ = leaving.send(leave);
            })
            .map_err(CliError::Terminal)?;
        Ok(Self {
            state,
            is_over,
            left,
            thread: Some(thread),
        })
    }

    /// Who tells the view what is new.
    pub(in crate::cli::serve) fn audience(&self) -> LiveAudience {
        LiveAudience(Arc::clone(&self.state))
    }

    /// Comes back when somebody has left the view.
    ///
    /// # Errors
    ///
    /// [`CliError::Terminal`] where the terminal has failed, or a panic has taken it away.
    pub(in crate::cli::serve) async fn left(&mut self) -> Result<Leave, CliError> {
        match (&mut self.left).await {
            Ok(leave) => leave.map_err(CliError::Terminal),
            Err(_) => Err(CliError::Terminal(panicked())),
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // Its panic, if there was one, has been told.
            let _ = thread.join();
        }
    }
}

struct Viewer {
    state: Arc<Mutex<State>>,
    is_over: Arc<AtomicBool>,
    colours: Colours,
    terminal: Terminal,
    journal: Journal,
    faults: LiveFaults,
}

impl Viewer {
    fn run(mut self) -> io::Result<Leave> {
        while !self.is_over.load(Ordering::Acquire) {
            self.draw()?;
            // Waits at most so long, and less for a key; all keys that are there are taken before it is drawn again.
            let mut wait = PACE;
            while event::poll(wait)? {
                wait = Duration::ZERO;
                if let Some(leave) = self.on(&event::read()?)? {
                    return Ok(leave);
                }
            }
        }
        Ok(Leave::Quit)
    }

    fn draw(&mut self) -> io::Result<()> {
        let again = {
            let mut state = self.state.lock();
            state.tick(self.journal.elapsed(), &self.faults);
            state.to_open_again()
        };
        if let Some(to_open) = again {
            let page = to_open.page();
            self.state.lock().open(page);
        }
        if !self.state.lock().take_changed() {
            return Ok(());
        }
        let (state, colours) = (&self.state, self.colours);
        let is_ours = self.terminal.draw(|frame| {
            // Held while it is drawn in memory, not while it is written.
            let mut state = state.lock();
            let room = view::draw(frame, &state, colours);
            state.drawn(room);
        })?;
        if is_ours { Ok(()) } else { Err(panicked()) }
    }

    fn on(&mut self, event: &Event) -> io::Result<Option<Leave>> {
        let wanted = match event {
            Event::Key(key) => command(*key),
            Event::Resize(..) => {
                self.state.lock().touch();
                None
            }
            Event::FocusGained | Event::FocusLost | Event::Mouse(_) | Event::Paste(_) => None,
        };
        match wanted {
            None => {}
            Some(Command::Quit) => return Ok(Some(Leave::Quit)),
            Some(Command::Interrupt) => return Ok(Some(Leave::Interrupted)),
            Some(Command::Toggle(switch)) => {
                // A proxy of bytes sees no requests: a switch about them stays off, as the view shows.
                let _ = self.faults.toggle(switch);
            }
            Some(Command::Look(look)) => {
                let to_open = self.state.lock().look(look);
                if let Some(to_open) = to_open {
                    let page = to_open.page();
                    self.state.lock().open(page);
                }
            }
            Some(Command::Suspend) => {
                #[cfg(unix)]
                self.terminal.suspend()?;
                self.state.lock().touch();
            }
            Some(Command::Redraw) => {
                self.terminal.redraw()?;
                self.state.lock().touch();
            }
        }
        Ok(None)
    }
}

fn panicked() -> io::Error {
    io::Error::other("something panicked")
}

/// The least time between two drawings that nobody has asked for with a key.
const PACE: Duration = Duration::from_millis(50);
