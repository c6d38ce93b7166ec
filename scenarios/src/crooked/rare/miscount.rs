//! A count that is wrong only where a shutdown meets an export after its second attempt.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures_util::future::BoxFuture;
use otelbox_sdk::{Batch, Deadline, ExportOutcome, Exporter, Statistics};

use super::watched::Watched;
use crate::crooked::delivery::{Delivery, delivering_items};

#[derive(Default)]
struct Miscount {
    is_hurried: AtomicBool,
    hidden: AtomicU64,
}

impl<B: Batch> Delivery<B> for Miscount {
    fn deliver<'a>(
        &'a self,
        exporter: &'a Arc<dyn Exporter<B>>,
        batch: &'a B,
        deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome> {
        Box::pin(async move {
            self.is_hurried.store(false, Ordering::Relaxed);
            let outcome = exporter.export(batch, deadline).await;
            let is_hurried = self.is_hurried.load(Ordering::Relaxed);
            if is_hurried && !outcome.is_delivered() && outcome.attempts() >= 2 {
                self.hidden.fetch_add(batch.items(), Ordering::Relaxed);
            }
            outcome
        })
    }

    fn hurried(&self) {
        self.is_hurried.store(true, Ordering::Relaxed);
    }

    fn told(&self, mut statistics: Statistics) -> Statistics {
        let hidden = self.hidden.load(Ordering::Relaxed);
        statistics.dropped_items = statistics.dropped_items.saturating_sub(hidden);
        statistics
    }
}

pub(super) fn client() -> Watched {
    Watched::new(|_| delivering_items(Miscount::default, Miscount::default))
}
