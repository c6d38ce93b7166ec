//! The wish that the program ends.

use std::io;

/// The wish of the system (SIGTERM) or of the user (Ctrl-C) that the program ends.
pub(crate) struct End {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl End {
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            terminate: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?,
        })
    }

    /// Comes back when the end is wanted.
    pub(crate) async fn requested(&mut self) {
        #[cfg(unix)]
        let terminated = self.terminate.recv();
        #[cfg(not(unix))]
        let terminated = std::future::pending::<()>();
        tokio::select! {
            _ = terminated => {}
            // Where Ctrl-C cannot be heard of, SIGTERM still ends it.
            Ok(()) = tokio::signal::ctrl_c() => {}
        }
    }
}
