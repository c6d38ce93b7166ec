//! What a driver process says on its standard error, heard for one case after another.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::{io::AsyncRead, sync::watch};

use super::{
    LogBook,
    log::{each_line, level_of},
};
use crate::driver::protocol::RESET_LINE;

/// More of one line is another line: what a driver says without a line end must not fill the memory.
const MAX_LINE_BYTES: u64 = 64 * 1024;

/// Copies standard error to the log book of the case that is run, until the driver says that it has been reset.
#[derive(Clone, Debug)]
pub struct Ear {
    book: Arc<Mutex<LogBook>>,
    state: Arc<watch::Sender<State>>,
}

#[derive(Clone, Copy, Debug)]
struct State {
    /// How often the driver said that it has been reset.
    resets: u64,
    /// Whether standard error is open: it ends with the process.
    is_open: bool,
}

impl Ear {
    /// Listens for the case whose log book this is.
    pub(crate) fn new(book: LogBook) -> Self {
        let (state, _) = watch::channel(State {
            resets: 0,
            is_open: true,
        });
        Self {
            book: Arc::new(Mutex::new(book)),
            state: Arc::new(state),
        }
    }

    /// Listens for another case from now on. Returns whether nothing was said since the last reset and the process is
    /// still there; a driver that talks between two cases has something going on.
    pub fn attend(&self, book: LogBook) -> bool {
        let between = std::mem::replace(&mut *self.book.lock(), book);
        between.is_empty() && self.state.borrow().is_open
    }

    /// The last `count` lines in one text.
    pub(crate) fn tail(&self, count: usize) -> String {
        self.book.lock().tail(count)
    }

    /// How often the driver said that it has been reset.
    pub(crate) fn resets(&self) -> u64 {
        self.state.borrow().resets
    }

    /// Comes back when the driver has said so more than `before` times.
    pub(crate) async fn heard_more_resets_than(&self, before: u64) {
        let mut state = self.state.subscribe();
        // The sender lives as long as `self` does.
        drop(state.wait_for(|state| state.resets > before).await);
    }

    /// Listens until standard error ends.
    pub(crate) async fn listen(self, stderr: impl AsyncRead + Unpin) {
        each_line(stderr, MAX_LINE_BYTES, |text| {
            if text == RESET_LINE {
                *self.book.lock() = LogBook::default();
                self.state.send_modify(|state| state.resets += 1);
            } else {
                self.book.lock().add(level_of(&text), text);
            }
        })
        .await;
        self.state.send_modify(|state| state.is_open = false);
    }
}
