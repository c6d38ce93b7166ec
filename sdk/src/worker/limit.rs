//! A deadline that can still be brought forward.

use tokio::sync::watch;

use crate::export::{Deadline, DeadlinePassed};

/// The end of what is running now. A shutdown that comes meanwhile makes it earlier.
pub(crate) struct Limit(watch::Sender<Deadline>);

impl Limit {
    pub(crate) fn new(deadline: Deadline) -> Self {
        Self(watch::Sender::new(deadline))
    }

    pub(crate) fn deadline(&self) -> Deadline {
        *self.0.borrow()
    }

    /// Brings it forward to `deadline`, if that is earlier, and gives what it is now.
    pub(crate) fn tighten(&self, deadline: Deadline) -> Deadline {
        let tightened = self.deadline().min(deadline);
        self.0.send_replace(tightened);
        tightened
    }

    /// Runs `work` until the limit, wherever it is by then.
    pub(crate) async fn bound<W: Future>(&self, work: W) -> Result<W::Output, DeadlinePassed> {
        let mut changes = self.0.subscribe();
        let passed = async move {
            loop {
                let deadline = *changes.borrow_and_update();
                tokio::select! {
                    () = deadline.passed() => return,
                    // The sender is `self`, so it is there.
                    _ = changes.changed() => {}
                }
            }
        };
        tokio::select! {
            biased;
            output = work => Ok(output),
            () = passed => Err(DeadlinePassed),
        }
    }
}
