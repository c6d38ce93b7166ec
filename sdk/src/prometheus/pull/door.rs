//! The end of a server.

use tokio::sync::watch;

use crate::export::{Deadline, DeadlinePassed};

/// Tells a server when it has to end, and others when it has. Shared by both.
#[derive(Debug)]
pub(super) struct Door {
    /// By when connections have to be over, once nobody is let in any more.
    closing: watch::Sender<Option<Deadline>>,
    is_closed: watch::Sender<bool>,
}

impl Door {
    pub(super) fn new() -> Self {
        Self {
            closing: watch::Sender::new(None),
            is_closed: watch::Sender::new(false),
        }
    }

    /// Lets nobody in any more; those who are in have until `deadline`. The first one who says so counts.
    pub(super) fn close(&self, deadline: Deadline) {
        self.closing.send_if_modified(|closing| {
            let is_first = closing.is_none();
            if is_first {
                *closing = Some(deadline);
            }
            is_first
        });
    }

    /// Ready when nobody is to be let in; gives the time by which all have to be out.
    pub(super) async fn closing(&self) -> Deadline {
        let mut closing = self.closing.subscribe();
        // The sender is `self`, so the channel cannot close while this waits.
        match closing.wait_for(Option::is_some).await {
            Ok(deadline) => deadline.unwrap_or(Deadline::none()),
            Err(_) => Deadline::none(),
        }
    }

    /// Everybody is out.
    pub(super) fn closed(&self) {
        self.is_closed.send_replace(true);
    }

    /// Waits until everybody is out.
    pub(super) async fn wait_closed(&self, deadline: Deadline) -> Result<(), DeadlinePassed> {
        let mut is_closed = self.is_closed.subscribe();
        deadline
            .bound(is_closed.wait_for(|is_closed| *is_closed))
            .await
            .map(drop)
    }
}
