//! One cycle: callbacks, collection, export.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader;
use tokio::time::Instant;

use super::inbox::Inbox;
use super::limit::Limit;
use super::report::CycleReport;
use super::shared::Shared;
use crate::environment::LOG_TARGET;
use crate::export::{Batch, Deadline, ExportFailure, ExportOutcome, FailureReason};
use crate::metrics::batch::MetricBatch;
use crate::metrics::callbacks::{Failures, panic_message};
use crate::metrics::convert;
use crate::metrics::times::Timeline;

pub(super) struct Cycle {
    shared: Arc<Shared>,
    timeline: Timeline,
    /// Counts collections, so that a callback that comes back late is not taken for one that is in time.
    number: u64,
}

/// Why a cycle came to no collection. Nothing is lost by that: the next one covers its window too.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CycleError {
    #[error("the SDK could not collect: {0}")]
    Collect(String),
    #[error("the time was over before the collection; the next one covers its window too")]
    NoTimeToCollect,
}

impl Cycle {
    pub(super) fn new(shared: Arc<Shared>, timeline: Timeline) -> Self {
        Self {
            shared,
            timeline,
            number: 0,
        }
    }

    /// Collects and sends, until `deadline` at the latest. A shutdown that comes into `inbox` meanwhile shortens it.
    pub(super) async fn run(
        &mut self,
        inbox: &mut Inbox,
        deadline: Deadline,
    ) -> Result<CycleReport, CycleError> {
        let limit = Limit::new(deadline);
        let failures = self.run_callbacks(inbox, &limit).await;
        if limit.deadline().has_passed() {
            return Err(CycleError::NoTimeToCollect);
        }
        let mut collected = ResourceMetrics::default();
        let (result, window) = self
            .timeline
            .collect(|| self.shared.collector.collect(&mut collected));
        result.map_err(|error| CycleError::Collect(error.to_string()))?;
        let request = convert::request(&collected, &self.timeline, |scope, metric| {
            failures.strip(scope, metric);
        });
        let batch = MetricBatch::new(request, window);
        let outcome = if batch.is_empty() {
            None
        } else {
            Some(self.export(inbox, &limit, &batch, &collected).await)
        };
        let report = CycleReport {
            window,
            streams: batch.streams(),
            points: batch.items(),
            outcome,
            failed_callbacks: failures.into_failures(),
        };
        if let Some(loss) = report
            .loss()
            .filter(|_| !self.shared.destination.logs_losses())
        {
            tracing::error!(target: LOG_TARGET, "metrics lost: {loss}");
        }
        Ok(report)
    }

    /// Callbacks get half of the time at most, so that one that blocks leaves the other half for the export.
    async fn run_callbacks(&mut self, inbox: &mut Inbox, limit: &Limit) -> Failures {
        self.number += 1;
        let Some(instrumentation) = self.shared.instrumentation.get() else {
            return Failures::default();
        };
        let started = Instant::now();
        let half = || {
            let deadline = limit.deadline().instant()?;
            Some(started + deadline.saturating_duration_since(started) / 2)
        };
        let deadline = || half().map_or(Deadline::none(), Deadline::at);
        let work = self
            .shared
            .runner()
            .run(&instrumentation.callbacks, self.number, deadline);
        inbox.attend(limit, |_| {}, work).await
    }

    async fn export(
        &self,
        inbox: &mut Inbox,
        limit: &Limit,
        batch: &MetricBatch,
        collected: &ResourceMetrics,
    ) -> ExportOutcome {
        let destination = &self.shared.destination;
        let export = destination.export(batch, collected, limit.deadline());
        // An exporter that panics has lost the batch, not the reader.
        let export = AssertUnwindSafe(export).catch_unwind();
        let hurry = |deadline| destination.hurry(deadline);
        match inbox.attend(limit, hurry, limit.bound(export)).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(payload)) => ExportOutcome::Failed(ExportFailure {
                ambiguous: true,
                ..ExportFailure::before_any_attempt(FailureReason::Other(format!(
                    "the exporter panicked: {}",
                    panic_message(payload.as_ref())
                )))
            }),
            Err(_) => ExportOutcome::Failed(ExportFailure {
                ambiguous: true,
                ..ExportFailure::before_any_attempt(FailureReason::DeadlineExceeded)
            }),
        }
    }
}
