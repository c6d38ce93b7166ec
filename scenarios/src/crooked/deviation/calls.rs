//! What a client makes of the calls of its program.

use std::time::Duration;

use serde::Deserialize;

use crate::driver::Items;
use crate::scenario::{CallResult, TextDuration};
use crate::sut::{CallOutcome, Sut, SutError};

/// How many items the queue holds where nothing else is said.
pub(super) const QUEUE_SIZE: u64 = 2048;

/// A call that returns at once.
pub(super) const ALL_IS_WELL: CallOutcome = CallOutcome {
    result: CallResult::Ok,
    message: None,
    elapsed: Duration::ZERO,
};

/// A call of an SDK that is gone.
pub(super) const NOTHING_IS_LEFT: CallOutcome = CallOutcome {
    result: CallResult::Failed,
    message: None,
    elapsed: Duration::ZERO,
};

/// How `force_flush` or `shutdown` differs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in super::super) struct CallDeviation {
    /// Does nothing and says that all is well. A shutdown drops the SDK.
    pub(super) skipped: bool,
    /// The time limit that counts, whatever the caller's is.
    pub(super) limit: Option<TextDuration>,
    /// Says `ok` for these results.
    pub(super) hides: Vec<CallResult>,
    /// Returns so much later where it is no success.
    pub(super) lingers: Option<TextDuration>,
}

impl CallDeviation {
    /// The time limit that is passed on.
    pub(super) fn limit(&self, given: Option<Duration>) -> Option<Duration> {
        self.limit.map(TextDuration::get).or(given)
    }

    /// What the caller is told, and when.
    pub(super) async fn told(&self, mut outcome: CallOutcome) -> CallOutcome {
        if let Some(longer) = self.lingers
            && outcome.result != CallResult::Ok
        {
            tokio::time::sleep(longer.get()).await;
            outcome.elapsed += longer.get();
        }
        if self.hides.contains(&outcome.result) {
            outcome.result = CallResult::Ok;
            outcome.message = None;
        }
        outcome
    }
}

/// How spans and log records are handed over where there is no room for all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in super::super) enum Emission {
    /// What does not fit is dropped.
    #[default]
    DropsTheNewest,
    /// What waits is dropped in favour of what comes.
    DropsTheOldest,
    /// The caller waits until there is room.
    Blocks,
}

impl Emission {
    /// Hands `items` to `inner`, whose queue holds `queue_size`.
    pub(super) async fn emit(
        self,
        inner: &mut dyn Sut,
        items: &Items,
        queue_size: u64,
    ) -> Result<(), SutError> {
        let over = items.items.saturating_sub(queue_size);
        match self {
            Self::DropsTheOldest if over > 0 => {
                let newest = Items {
                    items: queue_size,
                    first_item: items.first_item + over,
                    ..items.clone()
                };
                inner.emit(&newest).await
            }
            Self::Blocks if over > 0 => {
                inner.force_flush(None).await?;
                let room = Items {
                    items: queue_size,
                    ..items.clone()
                };
                inner.emit(&room).await
            }
            Self::DropsTheNewest | Self::DropsTheOldest | Self::Blocks => inner.emit(items).await,
        }
    }
}
