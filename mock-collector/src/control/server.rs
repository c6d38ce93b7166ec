//! The server of the control API.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::service::ControlService;
use super::settings::ControlSettings;
use crate::collector::MockCollector;

/// The control API of a running collector. It ends with [`Control::close`] or when it is dropped.
#[derive(Debug)]
#[must_use = "the control API ends when it is dropped"]
pub struct Control {
    address: SocketAddr,
    service: ControlService,
    closing: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

/// The control API could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} for the control API")]
pub struct ControlError {
    address: SocketAddr,
    source: io::Error,
}

impl ControlError {
    /// What kind of error the system reported.
    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }
}

/// How long answers that are on their way may take when the API is closed.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

impl Control {
    /// Opens the control API of this collector on the current runtime. When this returns, it listens.
    ///
    /// The faults that the collector has now are those that a reset goes back to.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if the port cannot be had.
    pub async fn open(
        collector: &MockCollector,
        settings: ControlSettings,
    ) -> Result<Self, ControlError> {
        let ControlSettings { address, token } = settings;
        let failed = |source| ControlError { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let service = ControlService::new(collector, token);
        let router = service.router.clone();
        let (closing, mut closes) = watch::channel(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let end = async move {
                // Where the sender is gone, so is this task.
                let _ = closes.wait_for(|closing| *closing).await;
            };
            // It ends when it is told to; what goes wrong with one connection is logged there.
            let served = axum::serve(listener, router).with_graceful_shutdown(end);
            if let Err(error) = served.await {
                tracing::warn!(%error, "the control API has ended");
            }
        });
        Ok(Self {
            address,
            service,
            closing,
            tasks,
        })
    }

    /// The address, with the port that was bound.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Comes back when a client has stopped the collector. It has stopped then: every exchange has ended, nothing arrives
    /// any more, and the client is being told what there was.
    pub async fn stopped(&mut self) {
        if self
            .service
            .stopped
            .wait_for(|stopped| *stopped)
            .await
            .is_err()
        {
            // Nobody is left who could.
            std::future::pending::<()>().await;
        }
    }

    /// Ends the control API, once answers that are on their way have been sent.
    pub async fn close(mut self) {
        self.closing.send_replace(true);
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        // Who does not take the answer in that time does not get it.
        let _ = timeout(LAST_ANSWERS, ended).await;
    }
}
