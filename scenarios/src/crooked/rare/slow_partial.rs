//! A call that passes its limit only after a partial success that was slow to come.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::BoxFuture;
use otelbox_sdk::{Batch, Deadline, ExportOutcome, Exporter};
use tokio::time::Instant;

use super::watched::{Program, Watched};
use crate::crooked::delivery::{Delivery, items_by, metrics_by};
use crate::sut::OtelboxSdk;

const SLOW: Duration = Duration::from_secs(1);

struct SlowPartial(Arc<Program>);

impl<B: Batch> Delivery<B> for SlowPartial {
    fn deliver<'a>(
        &'a self,
        exporter: &'a Arc<dyn Exporter<B>>,
        batch: &'a B,
        deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome> {
        Box::pin(async move {
            let began = Instant::now();
            let outcome = exporter.export(batch, deadline).await;
            let is_partial = matches!(outcome, ExportOutcome::PartialSuccess { .. });
            if is_partial && began.elapsed() > SLOW {
                self.0.lingers.store(true, Ordering::Relaxed);
            }
            outcome
        })
    }
}

pub(super) fn client() -> Watched {
    Watched::new(|program| {
        let delivery = |program: &Arc<Program>| {
            let program = Arc::clone(program);
            move || SlowPartial(Arc::clone(&program))
        };
        let sdk = metrics_by(OtelboxSdk::honest(), delivery(program));
        items_by(sdk, delivery(program), delivery(program))
    })
}
