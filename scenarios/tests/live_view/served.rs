//! `otelbox serve` in a terminal of its own.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::num::NonZeroU16;
use std::process::Child;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use pty_process::Size;
use pty_process::blocking::{Command, Pty, open};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{Termios, tcgetattr};
use vt100::{Parser, Screen};

/// How long anything may take before the test fails: only a guard.
const GUARD: Duration = Duration::from_secs(120);

/// `otelbox serve` on free ports, in a terminal of 80 by 24.
pub(crate) struct Served {
    child: Child,
    pty: Arc<Pty>,
    emulator: Arc<Emulator>,
    reader: JoinHandle<()>,
    modes: Termios,
    http: SocketAddr,
}

/// What is left on the terminal when it has ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) screen: Screen,
    /// Whether the screen was ever another than that of the shell.
    pub(crate) took_the_terminal: bool,
    modes_before: Termios,
    modes_after: Termios,
}

struct Emulator {
    seen: Mutex<Seen>,
    grew: Condvar,
}

struct Seen {
    parser: Parser,
    took_the_terminal: bool,
    is_over: bool,
}

impl Served {
    pub(crate) fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let (pty, pts) = open().expect("a pseudo-terminal");
        pty.resize(Size::new(24, 80)).expect("a size");
        let modes = tcgetattr(&pty).expect("modes");
        let child = Command::new(env!("CARGO_BIN_EXE_otelbox"))
            .args(["serve", "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"])
            .args(arguments)
            .env("TERM", "xterm-256color")
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR")
            .env_remove("CLICOLOR_FORCE")
            .envs(environment.iter().copied())
            .spawn(pts)
            .expect("otelbox starts");
        let pty = Arc::new(pty);
        let emulator = Arc::new(Emulator {
            seen: Mutex::new(Seen {
                parser: Parser::new(number(24), number(80), 0),
                took_the_terminal: false,
                is_over: false,
            }),
            grew: Condvar::new(),
        });
        let reader = {
            let (pty, emulator) = (Arc::clone(&pty), Arc::clone(&emulator));
            std::thread::spawn(move || emulator.read(&pty))
        };
        let mut served = Self {
            child,
            pty,
            emulator,
            reader,
            modes,
            http: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        served.http = served.emulator.until("the endpoint", |screen| {
            let text = screen.contents();
            // Not before the line with it is complete.
            if !text.contains("Everything is ready") && !text.contains("quit") {
                return None;
            }
            let (_, rest) = text
                .split_once("http http://")
                .or_else(|| text.split_once("http  http://"))?;
            rest.split_ascii_whitespace().next()?.parse().ok()
        });
        served
    }

    pub(crate) fn http(&self) -> SocketAddr {
        self.http
    }

    /// Waits until the screen is as it is wanted.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, is_so: impl Fn(&Screen) -> bool) {
        self.emulator
            .until(what, |screen| is_so(screen).then_some(()));
    }

    pub(crate) fn press(&self, keys: &[u8]) {
        (&*self.pty).write_all(keys).expect("keys are pressed");
    }

    pub(crate) fn resize(&self, rows: u16, columns: u16) {
        self.emulator
            .seen()
            .parser
            .set_size(number(rows), number(columns));
        self.pty
            .resize(Size::new(rows, columns))
            .expect("another size");
    }

    pub(crate) fn press_to_end(self, keys: &[u8]) -> Ended {
        self.press(keys);
        self.until_ended()
    }

    pub(crate) fn signal_to_end(self, signal: Signal) -> Ended {
        let number = i32::try_from(self.child.id()).expect("a number");
        let process = Pid::from_raw(number).expect("a process");
        kill_process(process, signal).expect("it is running");
        self.until_ended()
    }

    /// Waits for the end.
    fn until_ended(mut self) -> Ended {
        let code = self.child.wait().expect("an end").code();
        self.emulator.until_over();
        self.reader.join().expect("a reader");
        let seen = self.emulator.seen();
        Ended {
            code,
            screen: seen.parser.screen().clone(),
            took_the_terminal: seen.took_the_terminal,
            modes_before: self.modes,
            modes_after: tcgetattr(&*self.pty).expect("modes"),
        }
    }
}

impl Ended {
    /// The screen, the cursor and the modes are those from before.
    #[track_caller]
    pub(crate) fn assert_restored(&self) {
        assert!(
            !self.screen.alternate_screen(),
            "the screen of the shell is back"
        );
        assert!(!self.screen.hide_cursor(), "the cursor is shown");
        let (before, after) = (&self.modes_before, &self.modes_after);
        assert_eq!(before.local_modes, after.local_modes);
        assert_eq!(before.input_modes, after.input_modes);
        assert_eq!(before.output_modes, after.output_modes);
    }
}

impl Emulator {
    fn read(&self, mut pty: &Pty) {
        let mut bytes = [0; 8192];
        // Once nobody has the terminal any more, reading fails.
        while let Ok(length @ 1..) = pty.read(&mut bytes) {
            let mut seen = self.seen();
            seen.parser.process(&bytes[..length]);
            seen.took_the_terminal |= seen.parser.screen().alternate_screen();
            drop(seen);
            self.grew.notify_all();
        }
        self.seen().is_over = true;
        self.grew.notify_all();
    }

    #[track_caller]
    fn until<T>(&self, what: &str, find: impl Fn(&Screen) -> Option<T>) -> T {
        let mut seen = self.seen();
        loop {
            if let Some(found) = find(seen.parser.screen()) {
                return found;
            }
            assert!(
                !seen.is_over,
                "ended without {what}:\n{}",
                seen.parser.screen().contents()
            );
            let (next, waited) = self.grew.wait_timeout(seen, GUARD).expect("no panic");
            seen = next;
            assert!(
                !waited.timed_out(),
                "never {what}:\n{}",
                seen.parser.screen().contents()
            );
        }
    }

    fn until_over(&self) {
        let seen = self.seen();
        let (seen, waited) = self
            .grew
            .wait_timeout_while(seen, GUARD, |seen| !seen.is_over)
            .expect("no panic");
        drop(seen);
        assert!(!waited.timed_out(), "somebody keeps the terminal");
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("no panic")
    }
}

/// Exports one log record with this text by OTLP/HTTP with JSON over a socket, and gives the status of the answer.
pub(crate) fn export(to: SocketAddr, text: &str) -> u16 {
    let record = format!(r#"{{"body":{{"stringValue":"{text}"}}}}"#);
    let body = format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{record}]}}]}}]}}"#);
    let length = body.len();
    let mut stream = TcpStream::connect(to).expect("a connection");
    stream.set_read_timeout(Some(GUARD)).expect("a guard");
    let head = format!(
        "POST /v1/logs HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    stream
        .write_all(format!("{head}{body}").as_bytes())
        .expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let status = answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    status.unwrap_or_else(|| panic!("no answer: {answer:?}"))
}

fn number(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).expect("not zero")
}
