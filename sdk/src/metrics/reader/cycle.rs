//! One cycle: callbacks, collection, export.

use std::sync::Arc;

use opentelemetry::Context;
use opentelemetry::context::FutureExt as _;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader;
use tokio::time::Instant;

use super::report::CycleReport;
use super::shared::{Reading, Shared};
use crate::environment::LOG_TARGET;
use crate::export::{Batch, Deadline, ExportOutcome};
use crate::metrics::batch::MetricBatch;
use crate::metrics::callbacks::Failures;
use crate::metrics::convert;
use crate::metrics::destination::Destination;
use crate::metrics::times::Timeline;
use crate::worker::{Attend, Inbox, Limit, guard};

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
        inbox: &mut Inbox<Reading>,
        deadline: Deadline,
    ) -> Result<CycleReport, CycleError> {
        let limit = Limit::new(deadline);
        let began = Instant::now();
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
        if let Some(own) = &self.shared.own_telemetry
            && !batch.is_own_telemetry()
        {
            own.collected(began.elapsed());
        }
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
    async fn run_callbacks(&mut self, inbox: &mut Inbox<Reading>, limit: &Limit) -> Failures {
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
        // They are the user's, and may make telemetry.
        let work = work.with_context(Context::new());
        inbox.attend(limit, &Callbacks, work).await
    }

    async fn export(
        &self,
        inbox: &mut Inbox<Reading>,
        limit: &Limit,
        batch: &MetricBatch,
        collected: &ResourceMetrics,
    ) -> ExportOutcome {
        let destination = &self.shared.destination;
        let export = async { destination.export(batch, collected, limit.deadline()).await };
        inbox.attend(limit, destination, guard(limit, export)).await
    }
}

/// A cycle that a shutdown finds running has until the middle of the time that the shutdown has, so that the final cycle
/// has its share.
impl Attend<Reading> for Destination {
    fn shut_down(&self, limit: &Limit, shutdown: Deadline) {
        self.hurry(limit.tighten(shutdown.first_half()));
    }
}

/// Callbacks while they run.
struct Callbacks;

impl Attend<Reading> for Callbacks {
    fn shut_down(&self, limit: &Limit, shutdown: Deadline) {
        limit.tighten(shutdown.first_half());
    }
}
