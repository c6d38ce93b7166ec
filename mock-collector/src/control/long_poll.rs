//! Waiting for something to be there.

use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};

use super::shared::Shared;
use super::time_to_live::Patience;

/// How long changes that follow one another closely are taken together: each look goes through the journal.
const PAUSE: Duration = Duration::from_millis(20);

impl Shared {
    /// A number that is another one after each change of journal or faults.
    pub(super) fn revision(&self) -> u64 {
        let core = &self.collector.core;
        let journal = *core.journal.subscribe().borrow();
        let faults = *core.faults.subscribe().borrow();
        journal.wrapping_add(faults)
    }

    /// What `look` finds, as soon as it says that it is enough, or when the time is over, or when the receiver stops.
    pub(super) async fn look_until_enough<T>(
        &self,
        Patience(patience): Patience,
        mut look: impl FnMut() -> (bool, T),
    ) -> T {
        let deadline = Instant::now() + patience;
        let core = &self.collector.core;
        let mut journal = core.journal.subscribe();
        let mut faults = core.faults.subscribe();
        loop {
            journal.mark_unchanged();
            faults.mark_unchanged();
            let (enough, found) = look();
            if enough || core.journal.is_stopped() || Instant::now() >= deadline {
                return found;
            }
            let change = async {
                tokio::select! {
                    // The senders live as long as the collector, which is held here.
                    _ = journal.changed() => {}
                    _ = faults.changed() => {}
                }
            };
            // Where the time is over, the next look is the last.
            if timeout_at(deadline, change).await.is_ok() {
                sleep_until(deadline.min(Instant::now() + PAUSE)).await;
            }
        }
    }
}
