//! The limit that a system may have on the size of files (`ulimit -f`).

use std::io;

/// As long as there is one, a file that reaches the limit is an error of the write, and not the end of the process.
pub(super) struct FileSizeLimit {
    /// Whoever listens for a signal is not ended by it. Nobody reads it: the write tells.
    #[cfg(unix)]
    _signal: tokio::signal::unix::Signal,
}

impl FileSizeLimit {
    #[cfg(unix)]
    pub(super) fn told_as_an_error() -> io::Result<Self> {
        use rustix::process::Signal;
        use tokio::signal::unix::{SignalKind, signal};

        let kind = SignalKind::from_raw(Signal::XFSZ.as_raw());
        Ok(Self {
            _signal: signal(kind)?,
        })
    }

    #[cfg(not(unix))]
    #[expect(clippy::unnecessary_wraps, reason = "as on Unix")]
    pub(super) const fn told_as_an_error() -> io::Result<Self> {
        Ok(Self {})
    }
}
