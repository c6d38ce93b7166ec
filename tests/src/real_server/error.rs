//! What goes wrong with a server.

use std::time::Duration;
use std::{fmt, io};

use super::{Ended, Readiness};

/// A server that is not what a test needs, with what it wrote last.
#[derive(Debug, thiserror::Error)]
pub struct ServerError {
    pub(super) name: String,
    #[source]
    pub(super) kind: ServerErrorKind,
    pub(super) last_lines: Vec<String>,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerErrorKind {
    /// Its directory, its files or its ports cannot be had.
    #[error("cannot be prepared")]
    Prepare(#[source] io::Error),
    /// The program cannot be started.
    #[error("does not start")]
    Start(#[source] io::Error),
    /// It ended before it was ready.
    #[error("has ended before it was ready ({0})")]
    EndedEarly(Ended),
    /// It runs, and was not ready in time.
    #[error("is not ready after {after:?}: {readiness}")]
    NeverReady {
        /// What was waited for.
        readiness: Readiness,
        /// For how long.
        after: Duration,
    },
    /// It ended while it was needed.
    #[error("has ended in mid-run ({0})")]
    Died(Ended),
}

impl ServerError {
    /// The system has no free ports.
    pub(crate) fn no_ports(error: io::Error) -> Self {
        Self {
            name: "a server".to_owned(),
            kind: ServerErrorKind::Prepare(error),
            last_lines: Vec::new(),
        }
    }

    /// What went wrong.
    pub const fn kind(&self) -> &ServerErrorKind {
        &self.kind
    }

    /// What the server wrote last.
    pub fn last_lines(&self) -> &[String] {
        &self.last_lines
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.kind)?;
        if let ServerErrorKind::Prepare(cause) | ServerErrorKind::Start(cause) = &self.kind {
            write!(f, ": {cause}")?;
        }
        if self.last_lines.is_empty() {
            return f.write_str("; it wrote nothing");
        }
        f.write_str("; it wrote last:")?;
        for line in &self.last_lines {
            write!(f, "\n    {line}")?;
        }
        Ok(())
    }
}
