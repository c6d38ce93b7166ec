//! The end of an exporter, and what is in flight until then.

use tokio::sync::watch;

use super::{Deadline, ExportError};

/// How far the shutdown has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// Exports are taken.
    Open,
    /// No more exports are taken, and nobody waits for a retry any longer. Attempts in flight may end.
    Closing,
    /// Attempts in flight end now.
    Closed,
}

/// Shared by the exports of one exporter and its shutdown.
#[derive(Debug)]
pub(crate) struct Lifecycle {
    phase: watch::Sender<Phase>,
    in_flight: watch::Sender<usize>,
}

impl Lifecycle {
    pub(crate) fn new() -> Self {
        Self {
            phase: watch::Sender::new(Phase::Open),
            in_flight: watch::Sender::new(0),
        }
    }

    /// Registers an export until the guard is dropped; `None` after a shutdown.
    pub(crate) fn begin(&self) -> Option<InFlight<'_>> {
        let mut begun = false;
        self.phase.send_if_modified(|phase| {
            if *phase == Phase::Open {
                self.in_flight.send_modify(|count| *count += 1);
                begun = true;
            }
            false
        });
        begun.then(|| InFlight(self))
    }

    /// Ready when waits have to end.
    pub(crate) async fn closing(&self) {
        self.reached(Phase::Closing).await;
    }

    /// Ready when attempts have to end.
    pub(crate) async fn closed(&self) {
        self.reached(Phase::Closed).await;
    }

    /// Waits until nothing is in flight.
    pub(crate) async fn flush(&self, deadline: Deadline) -> Result<(), ExportError> {
        let mut in_flight = self.in_flight.subscribe();
        let idle = deadline
            .bound(in_flight.wait_for(|count| *count == 0))
            .await;
        match idle {
            Ok(_) => Ok(()),
            Err(_) => Err(ExportError::DeadlineExceeded),
        }
    }

    /// Takes no more exports, ends waits, lets attempts end by `deadline`, and ends those that do not.
    pub(crate) async fn shut_down(&self, deadline: Deadline) -> Result<(), ExportError> {
        let first = self.phase.send_if_modified(|phase| {
            let open = *phase == Phase::Open;
            if open {
                *phase = Phase::Closing;
            }
            open
        });
        if !first {
            return Err(ExportError::AlreadyShutDown);
        }
        let flushed = self.flush(deadline).await;
        self.phase.send_replace(Phase::Closed);
        flushed
    }

    async fn reached(&self, wanted: Phase) {
        // The sender is `self`, so the channel cannot close while this waits.
        let _ = self
            .phase
            .subscribe()
            .wait_for(|phase| *phase >= wanted)
            .await;
    }
}

/// An export that is in flight.
#[derive(Debug)]
pub(crate) struct InFlight<'a>(&'a Lifecycle);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.send_modify(|count| *count -= 1);
    }
}
