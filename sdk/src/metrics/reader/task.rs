//! The life of a reader: cycles at an interval, flushes in between, a shutdown at the end.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use opentelemetry_sdk::metrics::reader::MetricReader;
use tokio::time::{Instant, sleep_until};

use super::cycle::{Cycle, CycleError};
#[cfg(feature = "prometheus")]
use super::demand::Demand;
use super::demand::Trigger;
use super::error::ReaderError;
use super::report::{CycleReport, FlushReport, Loss, ShutdownReport};
use super::shared::{Reading, Shared};
use crate::environment::LOG_TARGET;
use crate::export::{Deadline, ExportError, ExportOutcome};
use crate::metrics::times::Timeline;
use crate::worker::{Inbox, Request, later};

/// After so many cycles a program has usually made its instruments: views that matched none are then told of, and not only
/// at a shutdown that may be months away.
const VIEWS_REPORTED_AFTER: u64 = 5;

/// How many cycles that lost something are remembered, whether anybody waits for them or not.
const KEPT: usize = 8;

/// Runs until a shutdown, or until the reader is dropped.
pub(super) async fn run(shared: Arc<Shared>, mut inbox: Inbox<Reading>, trigger: Trigger) {
    while inbox.started.is_none() && inbox.shutdown.is_none() && !inbox.abandoned {
        inbox.receive().await;
    }
    if let Some(start) = inbox.started {
        let timeline = Timeline::starting(Arc::clone(&shared.creations));
        let cycle = Cycle::new(Arc::clone(&shared), timeline);
        let mut task = Task {
            shared: Arc::clone(&shared),
            inbox,
            cycle,
            missed: VecDeque::new(),
        };
        let ending = match trigger {
            Trigger::Interval => {
                task.log_start();
                task.cycles(start).await
            }
            #[cfg(feature = "prometheus")]
            Trigger::Demand(demand) => {
                task.on_demand(demand).await;
                None
            }
        };
        inbox = task.inbox;
        if let Some(ending) = ending {
            end(&shared, inbox, Some(ending)).await;
            return;
        }
    }
    end(&shared, inbox, None).await;
}

struct Task {
    shared: Arc<Shared>,
    inbox: Inbox<Reading>,
    cycle: Cycle,
    /// What was lost lately, for those who wait for it and those whose request is on its way.
    missed: VecDeque<Missed>,
}

/// What a cycle lost that no later export restates.
struct Missed {
    /// The number of the cycle, from 1.
    cycle: u64,
    lost: Vec<Loss>,
}

/// What the final cycle came to, and the one that the shutdown found running.
struct Ending {
    interrupted: Option<CycleReport>,
    last: Result<CycleReport, CycleError>,
    /// What was kept for a final cycle that came to no export.
    left: Option<Loss>,
    /// What the cycles before it lost.
    missed: VecDeque<Missed>,
}

impl Task {
    fn log_start(&self) {
        let timing = self.shared.timing;
        tracing::info!(
            target: LOG_TARGET,
            "metric reader started; {} interval={:?} timeout={:?}",
            self.shared.destination.description(),
            timing.interval,
            timing.timeout,
        );
    }

    /// Runs cycles from `start` on, until a shutdown has had its final cycle or the reader is dropped.
    async fn cycles(&mut self, start: Instant) -> Option<Ending> {
        let mut next = later(start, self.shared.timing.interval);
        let mut is_late = false;
        let mut interrupted = None;
        loop {
            if self.inbox.abandoned {
                let _ = self.cycle.give_up();
                return None;
            }
            if let Some(shutdown) = &self.inbox.shutdown {
                let deadline = shutdown.deadline.min(self.own_deadline());
                let last = self.cycle.run(&mut self.inbox, deadline, true).await;
                let left = self.cycle.give_up();
                return Some(Ending {
                    interrupted,
                    last,
                    left,
                    missed: std::mem::take(&mut self.missed),
                });
            }
            if let Some(flush) = self.inbox.flushes.pop_front() {
                self.flush(flush).await;
                continue;
            }
            tokio::select! {
                biased;
                () = sleep_until(next) => {
                    if let Err(error) = self.shared.control.check_process() {
                        let error = ReaderError::from(error);
                        tracing::error!(target: LOG_TARGET, "{error}");
                        return None;
                    }
                    let report = self.periodic(is_late).await;
                    interrupted = report.filter(|_| self.inbox.shutdown.is_some());
                    let ended = Instant::now();
                    let due = later(next, self.shared.timing.interval);
                    is_late = due < ended;
                    next = due.max(ended);
                }
                () = self.inbox.receive() => {}
            }
        }
    }

    /// Runs a cycle whenever somebody asks for one, until a shutdown or until the reader is dropped. Nothing is kept for a
    /// last one: totals that nobody asks for any more are nobody's loss.
    #[cfg(feature = "prometheus")]
    async fn on_demand(&mut self, mut demand: Box<dyn Demand>) {
        tracing::info!(
            target: LOG_TARGET,
            "metric reader started; {} timeout={:?}",
            self.shared.destination.description(),
            self.shared.timing.timeout,
        );
        while !self.inbox.abandoned && self.inbox.shutdown.is_none() {
            // There is nothing to send before it is asked for.
            while let Some(flush) = self.inbox.flushes.pop_front() {
                let cycle = self.cycle.without_export();
                flush.answer(Ok(FlushReport { cycle }));
            }
            tokio::select! {
                biased;
                () = self.inbox.receive() => {}
                deadline = demand.asked() => {
                    if let Err(error) = self.shared.control.check_process() {
                        let error = ReaderError::from(error);
                        tracing::error!(target: LOG_TARGET, "{error}");
                        return;
                    }
                    let deadline = deadline.min(self.own_deadline());
                    let result = self.counted(deadline, false).await;
                    demand.answer(match result {
                        Ok(CycleReport {
                            outcome: Some(ExportOutcome::Failed(failure)),
                            ..
                        }) => Err(failure.to_string()),
                        Ok(_) => Ok(()),
                        Err(error) => Err(error.to_string()),
                    });
                }
            }
        }
    }

    /// A cycle has ended.
    fn ended(&mut self, result: &Result<CycleReport, CycleError>) {
        let cycle = self.shared.ended_cycles.fetch_add(1, Ordering::AcqRel) + 1;
        let losses = result.iter().flat_map(|report| &report.lost);
        let lost: Vec<_> = losses.filter(|loss| !loss.is_restated).cloned().collect();
        if !lost.is_empty() {
            self.missed.push_back(Missed { cycle, lost });
        }
        let flushes = self.inbox.flushes.iter().map(|flush| flush.scope);
        let shutdown = self.inbox.shutdown.iter().map(|shutdown| shutdown.scope);
        let first = flushes.chain(shutdown).min();
        while self.missed.len() > KEPT
            && let Some(missed) = self.missed.front()
            && first.is_none_or(|first| missed.cycle <= first)
        {
            self.missed.pop_front();
        }
    }

    fn own_deadline(&self) -> Deadline {
        Deadline::within(self.shared.timing.timeout)
    }

    async fn periodic(&mut self, is_late: bool) -> Option<CycleReport> {
        let deadline = self.own_deadline();
        match self.counted(deadline, is_late).await {
            Ok(report) => Some(report),
            Err(error) => {
                tracing::error!(target: LOG_TARGET, "nothing was exported in this cycle: {error}");
                None
            }
        }
    }

    /// A cycle that nobody's flush or shutdown asked for.
    async fn counted(
        &mut self,
        deadline: Deadline,
        is_late: bool,
    ) -> Result<CycleReport, CycleError> {
        let started = Instant::now();
        let result = self.cycle.run(&mut self.inbox, deadline, false).await;
        self.ended(&result);
        let took = started.elapsed();
        self.shared.counters.count(|counts| {
            counts.cycles += 1;
            counts.late_cycles += u64::from(is_late);
            counts.cycle_time += took;
            counts.longest_cycle = counts.longest_cycle.max(took);
        });
        if self.shared.counters.snapshot().cycles == VIEWS_REPORTED_AFTER
            && let Some(instrumentation) = self.shared.instrumentation.get()
        {
            instrumentation.report_unmatched_views();
        }
        result
    }

    async fn flush(&mut self, flush: Request<Reading, FlushReport>) {
        if flush.deadline.has_passed() {
            flush.time_out();
            return;
        }
        let deadline = flush.deadline.min(self.own_deadline());
        let result = self.cycle.run(&mut self.inbox, deadline, false).await;
        let settled = settle(result.clone(), &self.missed, None, &flush);
        self.ended(&result);
        let flushed = bounded(deadline, self.shared.destination.force_flush(deadline)).await;
        let result = match (settled, flushed) {
            (Ok(_), Err(error)) => Err(ReaderError::Exporter(error)),
            (settled, _) => settled,
        };
        flush.answer(result.map(|cycle| FlushReport { cycle }));
    }
}

/// Ends exporter and reader, and answers everybody who waits.
async fn end(shared: &Shared, mut inbox: Inbox<Reading>, ending: Option<Ending>) {
    let mut shutdown = inbox.shutdown.take();
    let deadline = shutdown
        .as_ref()
        .map_or(Deadline::none(), |shutdown| shutdown.deadline);
    let ended = match &shutdown {
        Some(_) => bounded(deadline, shared.destination.shutdown(deadline)).await,
        None => Ok(()),
    };
    shared.control.end();
    inbox.close();
    shutdown = shutdown.or_else(|| inbox.shutdown.take());
    // From here on a collection fails.
    let _ = shared.collector.shutdown_with_timeout(Duration::ZERO);
    let unmatched_views = match (shared.instrumentation.get(), &shutdown) {
        (Some(instrumentation), Some(_)) => instrumentation.report_unmatched_views(),
        _ => Vec::new(),
    };
    let (interrupted, last, left, missed) = match ending {
        Some(Ending {
            interrupted,
            last,
            left,
            missed,
        }) => (interrupted, Some(last), left, missed),
        None => (None, None, None, VecDeque::new()),
    };
    for flush in inbox.flushes {
        let result = match &last {
            Some(last) => settle(last.clone(), &missed, left.clone(), &flush)
                .map(|cycle| FlushReport { cycle }),
            None => Err(ReaderError::AlreadyShutDown),
        };
        flush.answer(result);
    }
    if let Some(shutdown) = shutdown {
        let last = last
            .map(|last| settle(last, &missed, left, &shutdown))
            .transpose();
        let result = match (last, ended) {
            (Err(error), _) => Err(error),
            (Ok(_), Err(error)) => Err(ReaderError::Exporter(error)),
            (Ok(last), Ok(())) => Ok(ShutdownReport {
                interrupted,
                last,
                unmatched_views,
            }),
        };
        shutdown.answer(result);
    }
}

/// What a cycle means to somebody who asked for it. `missed` is what the cycles before it lost, of which those count that
/// ended while the request waited; `left` is what the cycle should have sent and did not try to.
fn settle<R>(
    result: Result<CycleReport, CycleError>,
    missed: &VecDeque<Missed>,
    left: Option<Loss>,
    request: &Request<Reading, R>,
) -> Result<CycleReport, ReaderError> {
    let limit = request.limit;
    let missed = missed.iter().filter(|missed| missed.cycle > request.scope);
    let mut lost: Vec<Loss> = missed.flat_map(|missed| missed.lost.clone()).collect();
    let before = lost.last().map(|loss| loss.failure.clone());
    lost.extend(left);
    let report = match result {
        Ok(report) => report,
        Err(CycleError::Collect(reason)) => return Err(ReaderError::Collect { reason, lost }),
        Err(CycleError::NoTimeToCollect) => return Err(ReaderError::Timeout { limit, lost }),
    };
    let failure = match (report.outcome.clone(), before) {
        (Some(ExportOutcome::Failed(failure)), _) => failure,
        // What was in flight is lost, whatever became of what was left.
        (_, Some(failure)) => {
            return Err(ReaderError::ExportFailed { failure, lost });
        }
        (_, None) => return Ok(report),
    };
    lost.extend(report.lost);
    Err(if request.deadline.has_passed() {
        ReaderError::Timeout { limit, lost }
    } else {
        ReaderError::ExportFailed { failure, lost }
    })
}

async fn bounded(
    deadline: Deadline,
    work: impl Future<Output = Result<(), ExportError>>,
) -> Result<(), ExportError> {
    deadline
        .bound(work)
        .await
        .unwrap_or(Err(ExportError::DeadlineExceeded))
}
