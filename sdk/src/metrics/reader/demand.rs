//! What makes a reader collect.

use futures_util::future::BoxFuture;

use crate::export::Deadline;

/// What makes a reader collect.
pub(super) enum Trigger {
    /// Time.
    Interval,
    /// Somebody who asks.
    #[cfg(feature = "prometheus")]
    Demand(Box<dyn Demand>),
}

/// Those who ask a reader to collect, and wait for what comes of it.
#[cfg_attr(
    not(feature = "prometheus"),
    expect(dead_code, reason = "only scrapes are such")
)]
pub(crate) trait Demand: Send {
    /// Waits until somebody asks, and takes all who do by then: one collection answers them all. Gives the time by which
    /// the last of them wants its answer. May be dropped at any time without losing anybody.
    fn asked(&mut self) -> BoxFuture<'_, Deadline>;

    /// The collection is over and exported, or why there is none. Those who have asked since wait for the next one, because
    /// this one does not cover what was recorded before they did.
    fn answer(&mut self, result: Result<(), String>);
}
