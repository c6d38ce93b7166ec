//! Standard output of the receiver, which nobody may be reading.

use std::fmt::Write as _;
use std::thread;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::cli::error::CliError;
use crate::cli::output::{note, print, warn};

/// How many texts wait for whoever reads standard output.
const WAITING_TEXTS: usize = 1024;

/// How long the end of the program waits for whoever reads standard output.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Standard output, written by a thread of its own: a pipe that nobody reads fills up, and a write to it then stops
/// whoever writes. That must not be the receiver.
pub(super) struct Console {
    texts: mpsc::Sender<String>,
    printed: oneshot::Receiver<Printed>,
    /// Lines that had no room among those that wait.
    dropped: u64,
}

/// What became of the texts.
struct Printed {
    /// Lines that could not be printed.
    lost: u64,
    /// Whether nothing can be printed any more.
    is_broken: bool,
}

impl Console {
    pub(super) fn new() -> Self {
        let (texts, waiting) = mpsc::channel(WAITING_TEXTS);
        let (end, printed) = oneshot::channel();
        thread::spawn(move || {
            // Nobody asks any more if the program has ended.
            let _ = end.send(print_all(waiting));
        });
        Self {
            texts,
            printed,
            dropped: 0,
        }
    }

    /// Prints lines, or counts them as not printed where the reader is too slow.
    pub(super) fn say(&mut self, lines: String) {
        if let Err(refused) = self.texts.try_send(lines) {
            self.dropped += count(&refused.into_inner());
        }
    }

    /// Prints the last words, and waits for them to be read, but not for ever. Where they cannot be printed, they go to
    /// standard error.
    pub(super) async fn finish(self, mut words: String) {
        let Self {
            texts,
            printed,
            mut dropped,
        } = self;
        drop(texts);
        let printed = timeout(LAST_WORDS, printed).await;
        let is_read = if let Ok(Ok(printed)) = printed {
            dropped += printed.lost;
            !printed.is_broken
        } else {
            words.push_str("Nobody has read standard output to its end.\n");
            false
        };
        if dropped > 0 {
            // Writing to a string cannot fail.
            let _ = writeln!(words, "{dropped} lines were not printed: nobody read them.");
        }
        if is_read {
            let (end, printed) = oneshot::channel();
            let text = words.clone();
            thread::spawn(move || end.send(print(&text)));
            if let Ok(Ok(Ok(()))) = timeout(LAST_WORDS, printed).await {
                return;
            }
        }
        note(&words);
    }
}

/// Prints texts as long as there are more. When that fails, it is told, and the rest is counted.
fn print_all(mut waiting: mpsc::Receiver<String>) -> Printed {
    let mut printed = Printed {
        lost: 0,
        is_broken: false,
    };
    while let Some(text) = waiting.blocking_recv() {
        if !printed.is_broken
            && let Err(error) = print(&text)
        {
            printed.is_broken = true;
            let why = match &error {
                CliError::Output(cause) => cause.to_string(),
                other => other.to_string(),
            };
            warn(&format!(
                "cannot write to standard output: {why}\n  The receiver goes on, and prints its ledger to standard error in the end."
            ));
        }
        if printed.is_broken {
            printed.lost += count(&text);
        }
    }
    printed
}

fn count(lines: &str) -> u64 {
    lines.lines().count() as u64
}
