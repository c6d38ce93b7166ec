//! The terminal, taken and given back.

use std::io::{self, BufWriter, Stdout, Write as _, stdout};
use std::panic;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::{Frame, Terminal as Drawn};

/// The terminal while it is ours: raw, and with a screen of its own. It is given back when this is dropped, and before
/// the message of a panic, in whichever thread, is printed.
pub(super) struct Terminal {
    drawn: Drawn<CrosstermBackend<BufWriter<Stdout>>>,
    hold: Hold,
}

/// Whether the terminal is ours. Nobody draws on one that was given back.
#[derive(Clone, Debug, Default)]
struct Hold(Arc<Mutex<Held>>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Held {
    #[default]
    No,
    Yes,
    /// Given back because of a panic, for good.
    Panicked,
}

impl Terminal {
    /// Takes the terminal.
    pub(super) fn take() -> io::Result<Self> {
        let hold = Hold::default();
        hold.release_before_panics();
        let backend = CrosstermBackend::new(BufWriter::with_capacity(FRAME_BYTES, stdout()));
        let mut terminal = Self {
            drawn: Drawn::new(backend)?,
            hold,
        };
        terminal.resume()?;
        Ok(terminal)
    }

    /// Draws, if the terminal is still ours; whether it is.
    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<bool> {
        let held = self.hold.0.lock();
        if *held == Held::Yes {
            self.drawn.draw(draw)?;
        }
        Ok(*held == Held::Yes)
    }

    /// Has the next drawing draw everything.
    pub(super) fn redraw(&mut self) -> io::Result<()> {
        // Not `clear`: that asks the terminal where the cursor is, and not every terminal answers.
        self.drawn.resize(self.drawn.size()?.into())
    }

    /// Gives the terminal back for as long as the shell has it, and takes it again.
    #[cfg(unix)]
    pub(super) fn suspend(&mut self) -> io::Result<()> {
        use rustix::process::{Signal, kill_current_process_group};

        self.hold.release();
        // As the terminal does it: the whole job stops, whoever belongs to it.
        kill_current_process_group(Signal::TSTP)?;
        // All threads stop, but which of them first is not said: this one is not to come back before.
        std::thread::park_timeout(Duration::from_millis(100));
        self.resume()
    }

    fn resume(&mut self) -> io::Result<()> {
        if self.hold.acquire()? {
            self.drawn.hide_cursor()?;
            self.redraw()?;
        }
        Ok(())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.hold.release();
    }
}

impl Hold {
    /// Takes it, unless a panic has taken it away; whether it is ours.
    fn acquire(&self) -> io::Result<bool> {
        let mut held = self.0.lock();
        if *held == Held::No {
            // Before the first step, so that the steps that were made are undone.
            *held = Held::Yes;
            enable_raw_mode()?;
            execute!(stdout(), EnterAlternateScreen)?;
        }
        Ok(*held == Held::Yes)
    }

    fn release(&self) {
        let mut held = self.0.lock();
        if *held == Held::Yes {
            *held = Held::No;
            give_back();
        }
    }

    fn release_before_panics(&self) {
        let shared = self.clone();
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            // Whoever panics may be the one who draws, and holds it: then there is nobody to wait for.
            let held = shared.0.try_lock_for(Duration::from_millis(200));
            match held {
                Some(mut held) => {
                    if std::mem::replace(&mut *held, Held::Panicked) == Held::Yes {
                        give_back();
                    }
                }
                None => give_back(),
            }
            usual(panic);
        }));
    }
}

/// Undoes everything. What fails here has nobody to be told to.
fn give_back() {
    let _ = disable_raw_mode();
    let _ = execute!(stdout(), LeaveAlternateScreen, Show);
    let _ = stdout().flush();
}

/// Room for what is drawn at a time, so that it reaches the terminal in one piece.
const FRAME_BYTES: usize = 64 * 1024;

#[cfg(all(test, unix))]
mod tests {
    use std::io::Read as _;
    use std::num::NonZeroU16;

    use pty_process::Size;
    use pty_process::blocking::{Command, open};
    use ratatui::style::Style;

    use super::*;

    fn taken() -> Terminal {
        let mut terminal = Terminal::take().expect("a terminal");
        let is_ours = terminal.draw(|frame| {
            frame.buffer_mut().set_string(0, 0, "drawn", Style::new());
        });
        assert!(is_ours.expect("drawn"));
        terminal
    }

    #[test]
    #[ignore = "takes the terminal and panics: for the test below, which gives it a terminal of its own"]
    fn between_drawings() {
        let _terminal = taken();
        panic!("the message of the panic");
    }

    #[test]
    #[ignore = "takes the terminal and panics: for the test below, which gives it a terminal of its own"]
    fn while_drawing() {
        let _ = taken().draw(|_| panic!("the message of the panic"));
    }

    #[test]
    #[ignore = "takes the terminal: for the test below, which gives it a terminal of its own"]
    fn in_another_thread() {
        let mut terminal = taken();
        let panicking = std::thread::spawn(|| panic!("the message of the panic"));
        assert!(panicking.join().is_err());
        let is_ours = terminal.draw(|_| panic!("nobody draws on a terminal that was given back"));
        assert!(!is_ours.unwrap());
    }

    #[test]
    fn a_panic_gives_the_terminal_back_before_its_message() {
        for test in ["between_drawings", "while_drawing", "in_another_thread"] {
            let bytes = output_of(&format!(
                "{}::{test}",
                module_path!().replacen("otelbox::", "", 1)
            ));
            let place = |needle: &str| {
                let found = bytes
                    .windows(needle.len())
                    .position(|seen| seen == needle.as_bytes());
                found.unwrap_or_else(|| {
                    panic!("{test}: no {needle:?}: {}", String::from_utf8_lossy(&bytes))
                })
            };
            assert!(place("drawn") < place("\u{1b}[?1049l"), "{test}");
            assert!(
                place("\u{1b}[?1049l") < place("the message of the panic"),
                "{test}"
            );
            let size = NonZeroU16::new(80).unwrap();
            let mut emulator = vt100::Parser::new(size, size, 0);
            emulator.process(&bytes);
            let screen = emulator.screen();
            assert!(
                !screen.alternate_screen() && !screen.hide_cursor(),
                "{test}"
            );
            assert!(
                screen.contents().contains("the message of the panic"),
                "{test}"
            );
        }
    }

    /// What a test of this program writes on a terminal of its own.
    fn output_of(test: &str) -> Vec<u8> {
        let (mut pty, pts) = open().expect("a pseudo-terminal");
        pty.resize(Size::new(24, 80)).expect("a size");
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(["--ignored", "--exact", "--nocapture", test])
            .env("TERM", "xterm")
            .env("RUST_BACKTRACE", "0")
            .spawn(pts)
            .expect("started");
        let mut bytes = Vec::new();
        // In the end nobody has the terminal any more, and reading fails.
        let _ = pty.read_to_end(&mut bytes);
        child.wait().expect("ended");
        bytes
    }
}
