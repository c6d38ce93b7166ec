//! A real server that can be stopped and started again.

use std::net::SocketAddr;

use crate::real_server::{
    Readiness, RealServer, ServerBuilder, ServerError, ServerErrorKind, free_addresses,
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
    pub(super) async fn start(
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
                Err(error)
                    if tries < TRIES && matches!(error.kind(), ServerErrorKind::EndedEarly(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Its addresses.
    pub const fn addresses(&self) -> &[SocketAddr; N] {
        &self.addresses
    }

    /// Stops it (SIGTERM), and waits until it is gone.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }

    /// Ends it at once (SIGKILL).
    pub async fn kill(&mut self) {
        if let Some(running) = self.running.take() {
            running.kill().await;
        }
    }

    /// Starts it again, on the same ports and in the same directory.
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
