//! Shortening the export that is running.

use tokio::sync::watch;

use super::Deadline;

/// Tells the running export that it has less time than it was given.
#[derive(Debug)]
pub(crate) struct Hurry(watch::Sender<Option<Deadline>>);

impl Hurry {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(None))
    }

    /// An export begins, with all the time that it was given.
    pub(crate) fn forget(&self) {
        self.0.send_replace(None);
    }

    /// The export has until `deadline` now.
    pub(crate) fn tell(&self, deadline: Deadline) {
        self.0.send_replace(Some(deadline));
    }

    /// Ready when the export has to hurry; gives its new deadline.
    pub(crate) async fn told(&self) -> Deadline {
        let mut told = self.0.subscribe();
        // The sender is `self`, so the channel cannot close while this waits.
        match told.wait_for(Option::is_some).await {
            Ok(deadline) => deadline.unwrap_or(Deadline::none()),
            Err(_) => Deadline::none(),
        }
    }
}
