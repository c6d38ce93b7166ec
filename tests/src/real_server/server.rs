//! A server that runs.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::{io, thread};

use tempfile::TempDir;

use super::keeper::{Ended, Ending, Keeper};
use super::last_lines::LastLines;
use super::{ServerError, ServerErrorKind};

/// A server in a process of its own. It ends with this value, whatever happens; if that is a panic, what it wrote last is
/// printed.
#[derive(Debug)]
#[must_use = "the server ends when this is dropped"]
pub struct RealServer {
    pub(super) name: String,
    pub(super) keeper: Keeper,
    pub(super) lines: Arc<LastLines>,
    pub(super) ends_within: Duration,
    pub(super) directory: Arc<TempDir>,
}

/// A server that has ended because it was told to.
#[derive(Clone, Debug)]
pub struct Stopped {
    /// How it ended.
    pub ended: Ended,
    /// What it wrote last.
    pub last_lines: Vec<String>,
}

impl RealServer {
    /// Where it runs.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// What it has written last.
    pub fn last_lines(&self) -> Vec<String> {
        self.lines.all()
    }

    /// Whether it still runs.
    ///
    /// # Errors
    ///
    /// [`ServerErrorKind::Died`] where it does not.
    pub fn check(&self) -> Result<(), ServerError> {
        self.keeper
            .has_ended()
            .map_or(Ok(()), |ended| Err(self.died(ended)))
    }

    /// Does something that needs the server.
    ///
    /// # Errors
    ///
    /// [`ServerErrorKind::Died`] where it ends before that is done.
    pub async fn while_it_runs<F: Future>(&self, needing: F) -> Result<F::Output, ServerError> {
        tokio::select! {
            done = needing => Ok(done),
            ended = self.keeper.ended() => Err(self.died(ended)),
        }
    }

    fn died(&self, ended: Ended) -> ServerError {
        ServerError {
            name: self.name.clone(),
            kind: ServerErrorKind::Died(ended),
            last_lines: self.lines.all(),
        }
    }

    /// Asks it to end (SIGTERM), waits for that, and kills it where it does not.
    pub async fn stop(self) -> Stopped {
        let ending = Ending::Asked(self.ends_within);
        self.end(ending).await
    }

    /// Ends it at once, and in the middle of anything (SIGKILL).
    pub async fn kill(self) -> Stopped {
        self.end(Ending::Killed).await
    }

    async fn end(mut self, ending: Ending) -> Stopped {
        let ended = self.keeper.end(ending).await;
        Stopped {
            ended,
            last_lines: self.lines.all(),
        }
    }
}

impl Drop for RealServer {
    fn drop(&mut self) {
        if thread::panicking() {
            let lines = self.lines.all().join("\n");
            let text = format!("--- {} wrote last:\n{lines}\n", self.name);
            // Nothing is left to do if standard error is gone too.
            let _ = io::stderr().write_all(text.as_bytes());
        }
    }
}
