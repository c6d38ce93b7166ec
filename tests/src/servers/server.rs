//! A real server that can be stopped and started again.

use std::net::SocketAddr;

use std::path::Path;

use crate::real_server::{
    Readiness, RealServer, ServerBuilder, ServerError, ServerErrorKind, Stopped, free_addresses,
};

/// How often other ports are tried, where somebody has taken the free ones in between.
const TRIES: u32 = 5;

/// A real server on `N` ports of the loopback interface. It may be stopped and started again on the same ports, with what it has
/// stored in its directory.
#[derive(Debug)]
pub struct Server<const N: usize> {
    builder: ServerBuilder,
    readiness: Readiness,
    addresses: [SocketAddr; N],
    running: Option<RealServer>,
}

impl<const N: usize> Server<N> {
    /// Starts what `builder` makes for free addresses, and says when it is ready.
    pub(crate) async fn start(
        builder: impl Fn(&[SocketAddr; N]) -> Result<ServerBuilder, ServerError>,
        readiness: impl Fn(&[SocketAddr; N]) -> Readiness,
    ) -> Result<Self, ServerError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let addresses = free_addresses().map_err(ServerError::no_ports)?;
            let builder = builder(&addresses)?;
            let readiness = readiness(&addresses);
            match builder.start(&readiness).await {
                Ok(running) => {
                    return Ok(Self {
                        builder,
                        readiness,
                        addresses,
                        running: Some(running),
                    });
                }
                Err(error) if tries < TRIES && lost_a_port(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Its addresses.
    pub const fn addresses(&self) -> &[SocketAddr; N] {
        &self.addresses
    }

    /// Where it runs.
    pub fn directory(&self) -> &Path {
        self.builder.directory()
    }

    /// Asks it to end (SIGTERM) and waits for that: the beginning of an outage in good order. Nothing where it does not
    /// run.
    pub async fn stop(&mut self) -> Option<Stopped> {
        Some(self.running.take()?.stop().await)
    }

    /// Ends it at once, and in the middle of anything (SIGKILL). Nothing where it does not run.
    pub async fn kill(&mut self) -> Option<Stopped> {
        Some(self.running.take()?.kill().await)
    }

    /// Whether it still runs, or is meant not to.
    ///
    /// # Errors
    ///
    /// [`ServerError`] where it has ended by itself, with what it wrote last.
    pub fn check(&self) -> Result<(), ServerError> {
        self.running.as_ref().map_or(Ok(()), RealServer::check)
    }

    /// Starts it again, on the same ports and in the same directory; stops it first, where it runs.
    ///
    /// # Errors
    ///
    /// [`ServerError`], with what it wrote last.
    pub async fn start_again(&mut self) -> Result<(), ServerError> {
        self.stop().await;
        self.running = Some(self.builder.start(&self.readiness).await?);
        Ok(())
    }
}

fn lost_a_port(error: &ServerError) -> bool {
    const TAKEN: &str = "address already in use";
    matches!(error.kind(), ServerErrorKind::EndedEarly(_))
        && error
            .last_lines()
            .iter()
            .any(|line| line.to_ascii_lowercase().contains(TAKEN))
}
