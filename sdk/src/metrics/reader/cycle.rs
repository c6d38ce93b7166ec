//! One cycle: callbacks, collection, export.

use std::sync::Arc;

use opentelemetry::Context;
use opentelemetry::context::FutureExt as _;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
#[cfg(feature = "prometheus")]
use opentelemetry_sdk::metrics::data::ScopeMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader;
use tokio::time::Instant;

use super::report::{CycleReport, Loss};
use super::shared::{Reading, Shared};
use crate::diagnosis::SeriesWatch;
use crate::environment::LOG_TARGET;
use crate::export::{Batch, Deadline, ExportOutcome, FailureReason};
use crate::metrics::batch::MetricBatch;
use crate::metrics::callbacks::Failures;
use crate::metrics::carry_over::{DropPolicy, Keeper, Load};
use crate::metrics::convert;
use crate::metrics::destination::Destination;
#[cfg(feature = "prometheus")]
use crate::metrics::repeating::Repeated;
use crate::metrics::times::Timeline;
#[cfg(feature = "prometheus")]
use crate::own_telemetry;
use crate::worker::{Attend, Inbox, Limit, guard};

pub(super) struct Cycle {
    shared: Arc<Shared>,
    timeline: Timeline,
    keeper: Keeper,
    /// Counts collections, so that a callback that comes back late is not taken for one that is in time.
    number: u64,
    series: SeriesWatch,
    /// What was exported without a batch: the next collection is written over it.
    collected: ResourceMetrics,
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
            keeper: Keeper::new(shared.drop_policy),
            shared,
            timeline,
            number: 0,
            series: SeriesWatch::default(),
            collected: ResourceMetrics::default(),
        }
    }

    /// Collects and sends, until `deadline` at the latest. A shutdown that comes into `inbox` meanwhile shortens it. With
    /// `is_last` nothing is kept for a next cycle.
    pub(super) async fn run(
        &mut self,
        inbox: &mut Inbox<Reading>,
        deadline: Deadline,
        is_last: bool,
    ) -> Result<CycleReport, CycleError> {
        let limit = Limit::new(deadline);
        let began = Instant::now();
        let failures = self.run_callbacks(inbox, &limit).await;
        if limit.deadline().has_passed() {
            return Err(CycleError::NoTimeToCollect);
        }
        let mut collected = std::mem::take(&mut self.collected);
        let (result, window) = self
            .timeline
            .collect(|| self.shared.collector.collect(&mut collected));
        result.map_err(|error| CycleError::Collect(error.to_string()))?;
        #[cfg(feature = "prometheus")]
        if let Some(repeated) = self.repeat(&collected, began) {
            self.collected = collected;
            return Ok(CycleReport {
                streams: repeated.streams,
                points: repeated.points,
                outcome: Some(ExportOutcome::Delivered { attempts: 1 }),
                failed_callbacks: failures.into_failures(),
                ..CycleReport::nothing(window)
            });
        }
        let converted = convert::converted(&collected, &self.timeline, |scope, metric| {
            failures.strip(scope, metric);
        });
        self.series.look(&converted.request);
        let newest = MetricBatch::new(converted.request, window);
        if let Some(own) = &self.shared.own_telemetry
            && !newest.is_own_telemetry()
        {
            own.collected(began.elapsed());
        }
        let newest_items = newest.items();
        let (load, lost) = self.keeper.load(newest);
        let mut report = CycleReport {
            lost: lost.into_iter().collect(),
            failed_callbacks: failures.into_failures(),
            ..CycleReport::nothing(window)
        };
        self.deliver(inbox, &limit, load, &collected, is_last, &mut report)
            .await;
        self.account(&report, newest_items);
        #[cfg(feature = "prometheus")]
        if let Some(exporter) = &self.shared.repeating
            && converted.order.len() as u64 == newest_items
        {
            exporter.remember(collected, &converted.order, &self.timeline);
        }
        Ok(report)
    }

    /// Exports what was collected without a batch, where that can be.
    #[cfg(feature = "prometheus")]
    fn repeat(&self, collected: &ResourceMetrics, began: Instant) -> Option<Repeated> {
        let exporter = self.shared.repeating.as_ref()?;
        let took = began.elapsed();
        let repeated = exporter.repeat(collected, &self.timeline)?;
        let mut scopes = collected.scope_metrics().map(ScopeMetrics::scope);
        if let Some(own) = &self.shared.own_telemetry
            && scopes.any(|scope| scope.name() != own_telemetry::SCOPE)
        {
            own.collected(took);
        }
        Some(repeated)
    }

    /// What there is to tell where nothing was collected, because nobody had asked for it.
    #[cfg(feature = "prometheus")]
    pub(super) fn without_export(&self) -> CycleReport {
        CycleReport::nothing(self.timeline.open_window())
    }

    /// Exports `load` and writes into `report` what became of it.
    async fn deliver(
        &mut self,
        inbox: &mut Inbox<Reading>,
        limit: &Limit,
        mut load: Load,
        collected: &ResourceMetrics,
        is_last: bool,
        report: &mut CycleReport,
    ) {
        while !load.batch.is_empty() {
            report.window = load.batch.window;
            report.streams = load.batch.streams();
            report.points = load.batch.items();
            let outcome = self.export(inbox, limit, &load.batch, collected).await;
            let outcome = report.outcome.insert(outcome);
            if let Some(loss) = load.lighten(outcome) {
                report.lost.push(loss);
                continue;
            }
            let settled = self.keeper.settle(load, outcome, is_last);
            report.lost.extend(settled.lost);
            report.kept = settled.kept;
            return;
        }
    }

    /// What was kept is lost, where no export follows.
    pub(super) fn give_up(&mut self) -> Option<Loss> {
        let loss = self.keeper.give_up()?;
        self.lose(&loss);
        Some(loss)
    }

    /// Counts and logs what was lost and what was kept, as far as the exporter does not.
    fn account(&self, report: &CycleReport, newest: u64) {
        for loss in &report.lost {
            self.lose(loss);
        }
        let Some(kept) = &report.kept else { return };
        self.shared.counters.count(|counts| {
            counts.carried_exports += 1;
            counts.carried_items += newest;
            if kept.failure.ambiguous {
                counts.possibly_repeated_items += kept.points;
            }
        });
        tracing::warn!(target: LOG_TARGET, "metrics kept for the next export: {kept}");
    }

    fn lose(&self, loss: &Loss) {
        match self.shared.drop_policy {
            DropPolicy::Drop if self.shared.destination.logs_losses() => return,
            DropPolicy::Drop => {}
            DropPolicy::CarryOver(_) => self.shared.counters.count(|counts| {
                counts.dropped_items += loss.points;
                if matches!(
                    loss.failure.reason,
                    FailureReason::CarryOverflow { .. } | FailureReason::NotMergeable
                ) {
                    counts.carry_overflow_items += loss.points;
                }
            }),
        }
        tracing::error!(target: LOG_TARGET, "metrics lost: {loss}");
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
        let export = async {
            let deadline = limit.deadline();
            match self.shared.drop_policy {
                DropPolicy::Drop => destination.export(batch, collected, deadline).await,
                DropPolicy::CarryOver(_) => destination.offer(batch, collected, deadline).await,
            }
        };
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
