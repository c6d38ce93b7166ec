//! What a reader holds between two exports.

use prost::Message;

use super::merge::{Merged, merge};
use super::policy::{CarryOver, DropPolicy};
use crate::export::{Batch, ExportFailure, ExportOutcome, FailureReason};
use crate::metrics::batch::{MetricBatch, is_restated};
use crate::metrics::reader::{Kept, Loss};

/// Decides what becomes of batches that were not delivered, and holds what is to be sent again.
pub(crate) struct Keeper {
    policy: DropPolicy,
    held: Option<Held>,
}

/// A batch that waits for the next export.
struct Held {
    batch: MetricBatch,
    /// Why it was not delivered.
    failure: ExportFailure,
}

/// What an export is to carry.
pub(crate) struct Load {
    pub(crate) batch: MetricBatch,
    /// What was carried over into it; none where nothing was.
    carried: Option<Carried>,
}

struct Carried {
    /// What the latest collection gave, by itself.
    newest: MetricBatch,
    /// What was held before it, as it would be lost.
    older: Loss,
}

/// What became of a load.
#[derive(Default)]
pub(crate) struct Settled {
    pub(crate) lost: Vec<Loss>,
    pub(crate) kept: Option<Kept>,
}

impl Keeper {
    pub(crate) fn new(policy: DropPolicy) -> Self {
        Self { policy, held: None }
    }

    /// Puts what is held into `newest`. What cannot be is lost.
    pub(crate) fn load(&mut self, newest: MetricBatch) -> (Load, Option<Loss>) {
        let Some(held) = self.held.take() else {
            let load = Load {
                batch: newest,
                carried: None,
            };
            return (load, None);
        };
        let older = held.as_loss();
        let Merged { batch, left_out } = merge(held.batch, newest.clone());
        let lost = (left_out.points > 0).then(|| Loss {
            streams: left_out.streams,
            points: left_out.points,
            window: older.window,
            failure: ExportFailure {
                reason: FailureReason::NotMergeable,
                ..older.failure.clone()
            },
            is_restated: false,
        });
        let carried = Some(Carried { newest, older });
        (Load { batch, carried }, lost)
    }

    /// Settles `load` after its export. With `is_last`, nothing is kept.
    pub(crate) fn settle(&mut self, load: Load, outcome: &ExportOutcome, is_last: bool) -> Settled {
        let ExportOutcome::Failed(failure) = outcome else {
            return Settled::default();
        };
        match self.policy {
            DropPolicy::CarryOver(policy) if !is_last && policy.carries(failure) => {
                self.keep(policy, load, failure)
            }
            DropPolicy::Drop | DropPolicy::CarryOver(_) => Settled {
                lost: vec![Loss::of(&load.batch, failure.clone())],
                kept: None,
            },
        }
    }

    /// Holds `load`, or as much of it as there is room for.
    fn keep(&mut self, policy: CarryOver, load: Load, failure: &ExportFailure) -> Settled {
        let mut lost = Vec::new();
        let mut batch = load.batch;
        if let Some(carried) = load.carried
            && let Some(reason) = overflow(policy, &batch)
        {
            lost.push(carried.older.because(reason, failure));
            batch = carried.newest;
        }
        if let Some(reason) = overflow(policy, &batch) {
            lost.push(Loss::of(&batch, failure.clone()).because(reason, failure));
            return Settled { lost, kept: None };
        }
        let kept = Kept::of(&batch, failure.clone());
        self.held = Some(Held {
            batch,
            failure: failure.clone(),
        });
        Settled {
            lost,
            kept: Some(kept),
        }
    }

    /// What is held is lost: nothing will be exported any more.
    pub(crate) fn give_up(&mut self) -> Option<Loss> {
        self.held.take().map(|held| held.as_loss())
    }
}

impl Held {
    fn as_loss(&self) -> Loss {
        Loss::of(&self.batch, self.failure.clone())
    }
}

impl Load {
    /// Leaves the latest collection by itself, where both together are larger than one request may be and nothing was sent
    /// for that; gives what is lost so.
    pub(crate) fn lighten(&mut self, outcome: &ExportOutcome) -> Option<Loss> {
        let ExportOutcome::Failed(failure) = outcome else {
            return None;
        };
        if !matches!(failure.reason, FailureReason::TooLarge { .. }) {
            return None;
        }
        let carried = self.carried.take()?;
        self.batch = carried.newest;
        Some(carried.older.because(failure.reason.clone(), failure))
    }
}

fn overflow(policy: CarryOver, batch: &MetricBatch) -> Option<FailureReason> {
    let bytes = batch.request().encoded_len();
    let limit_bytes = policy.max_bytes();
    (bytes > limit_bytes).then_some(FailureReason::CarryOverflow { bytes, limit_bytes })
}

impl Loss {
    fn of(batch: &MetricBatch, failure: ExportFailure) -> Self {
        Self {
            streams: batch.streams(),
            points: batch.items(),
            window: batch.window,
            failure,
            is_restated: batch.metrics().all(is_restated),
        }
    }

    /// The same, for `reason`, found when an export ended with `failure`.
    fn because(self, reason: FailureReason, failure: &ExportFailure) -> Self {
        let failure = ExportFailure {
            reason,
            ..failure.clone()
        };
        Self { failure, ..self }
    }
}

impl Kept {
    fn of(batch: &MetricBatch, failure: ExportFailure) -> Self {
        Self {
            streams: batch.streams(),
            points: batch.items(),
            window: batch.window,
            failure,
        }
    }
}
