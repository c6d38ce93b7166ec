//! What a process has written last.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::sync::Notify;

/// How many lines are kept.
const KEPT_LINES: usize = 60;

/// The longest line that is kept whole, in characters.
const KEPT_CHARACTERS: usize = 2000;

/// The last lines of both outputs of a process, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct LastLines {
    lines: Mutex<VecDeque<String>>,
    grew: Notify,
}

impl LastLines {
    /// Reads a stream to its end.
    pub(super) async fn follow(self: Arc<Self>, stream: impl AsyncRead + Unpin) {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while let Ok(1..) = stream.read_until(b'\n', &mut line).await {
            self.push(&String::from_utf8_lossy(&line));
            line.clear();
        }
    }

    fn push(&self, line: &str) {
        let mut lines = self.lock();
        if lines.len() == KEPT_LINES {
            lines.pop_front();
        }
        lines.push_back(line.trim_end().chars().take(KEPT_CHARACTERS).collect());
        drop(lines);
        self.grew.notify_waiters();
    }

    /// Waits until one of them contains this text.
    pub(super) async fn say(&self, text: &str) {
        loop {
            let grew = self.grew.notified();
            tokio::pin!(grew);
            // From here on no line is missed, also one that comes before the wait.
            grew.as_mut().enable();
            if self.lock().iter().any(|line| line.contains(text)) {
                return;
            }
            grew.await;
        }
    }

    pub(super) fn all(&self) -> Vec<String> {
        self.lock().iter().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
