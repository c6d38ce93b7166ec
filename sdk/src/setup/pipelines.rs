//! What has to be flushed and ended.

use std::fmt;
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};

use super::report::{SdkError, SdkReport, SignalError, SignalFailure, SignalLoss};
use crate::export::{Batch as _, ExportOutcome, counted};
use crate::logs::LogBatch;
use crate::metrics::{CycleReport, Loss, MeterProvider, MetricBatch, ReaderError, ReaderHandle};
use crate::processor::{LostItems, ProcessorError, ProcessorHandle, ProcessorReport};
use crate::signal::Signal;
use crate::statistics::Statistics;
use crate::traces::SpanBatch;

/// The pipelines of all signals.
pub(super) struct Pipelines {
    pub(super) traces: Vec<ProcessorHandle>,
    pub(super) meter_provider: MeterProvider,
    pub(super) logs: Vec<ProcessorHandle>,
}

/// What one pipeline came to.
struct Came {
    lost: Vec<SignalLoss>,
    failure: Option<SignalFailure>,
}

impl Pipelines {
    /// Flushes everything at once.
    pub(super) async fn force_flush(&self, timeout: Duration) -> Result<SdkReport, SdkError> {
        let mut all: Vec<BoxFuture<'_, Came>> = Vec::new();
        for (signal, processor) in self.processors() {
            all.push(Box::pin(async move {
                let result = processor.force_flush(timeout).await;
                of_processor(signal, result)
            }));
        }
        for reader in self.meter_provider.readers() {
            all.push(Box::pin(async move {
                let result = reader.force_flush(timeout).await;
                of_reader(result.map(|report| vec![report.cycle]))
            }));
        }
        collected(join_all(all).await)
    }

    /// Ends everything at once.
    pub(super) async fn shutdown(&self, timeout: Duration) -> Result<SdkReport, SdkError> {
        let mut all: Vec<BoxFuture<'_, Came>> = Vec::new();
        for (signal, processor) in self.processors() {
            all.push(Box::pin(async move {
                let result = processor.shutdown(timeout).await;
                of_processor(signal, result)
            }));
        }
        for reader in self.meter_provider.readers() {
            all.push(Box::pin(async move {
                let result = reader.shutdown(timeout).await;
                of_reader(
                    result
                        .map(|report| report.interrupted.into_iter().chain(report.last).collect()),
                )
            }));
        }
        let collected = collected(join_all(all).await);
        // The provider has to know too; its readers have nothing more to do.
        let _ = self.meter_provider.shutdown(Duration::ZERO).await;
        collected
    }

    /// Whether a blocking call could be answered, were it made here and now.
    pub(super) fn check_blocking(&self) -> Result<(), SdkError> {
        let of_processors = self.processors().any(|(_, handle)| handle.would_deadlock());
        let of_readers = self.meter_provider.readers().iter().any(|reader| {
            matches!(
                reader.check_blocking(),
                Err(ReaderError::WouldDeadlock { .. })
            )
        });
        if of_processors || of_readers {
            return Err(SdkError::WouldDeadlock);
        }
        Ok(())
    }

    /// What the pipelines of `signal` have done so far.
    pub(super) fn statistics(&self, signal: Signal) -> Statistics {
        let merged = Statistics::merged;
        let zero = Statistics::default();
        let processors = |handles: &[ProcessorHandle]| {
            handles
                .iter()
                .map(ProcessorHandle::statistics)
                .fold(zero, merged)
        };
        match signal {
            Signal::Traces => processors(&self.traces),
            Signal::Logs => processors(&self.logs),
            Signal::Metrics => self
                .meter_provider
                .readers()
                .iter()
                .map(ReaderHandle::statistics)
                .fold(zero, merged),
        }
    }

    fn processors(&self) -> impl Iterator<Item = (Signal, &ProcessorHandle)> {
        let of = |signal| move |handle| (signal, handle);
        let traces = self.traces.iter().map(of(Signal::Traces));
        traces.chain(self.logs.iter().map(of(Signal::Logs)))
    }
}

impl fmt::Debug for Pipelines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipelines")
            .field("traces", &self.traces)
            .field("metrics", &self.meter_provider)
            .field("logs", &self.logs)
            .finish()
    }
}

fn of_reader(result: Result<Vec<CycleReport>, ReaderError>) -> Came {
    let signal = Signal::Metrics;
    let loss = |loss: &Loss| SignalLoss {
        signal,
        items: loss.points,
        description: loss.to_string(),
    };
    match result {
        Ok(cycles) => Came {
            lost: cycles
                .iter()
                .flat_map(|cycle| {
                    let rejected = match cycle.outcome {
                        Some(ExportOutcome::PartialSuccess { rejected, .. }) => {
                            u64::try_from(rejected).unwrap_or(0).min(cycle.points)
                        }
                        _ => 0,
                    };
                    let failed = cycle.lost.iter().map(loss);
                    failed.chain(rejection(signal, rejected, MetricBatch::ITEM))
                })
                .collect(),
            failure: None,
        },
        // Somebody has ended it by its handle, and heard of its losses.
        Err(ReaderError::AlreadyShutDown) => Came::nothing(),
        Err(error) => Came {
            lost: error.lost().iter().map(loss).collect(),
            failure: Some(SignalFailure {
                signal,
                error: SignalError::Reader(error),
            }),
        },
    }
}

fn of_processor(signal: Signal, result: Result<ProcessorReport, ProcessorError>) -> Came {
    let item = match signal {
        Signal::Traces => SpanBatch::ITEM,
        Signal::Logs => LogBatch::ITEM,
        Signal::Metrics => MetricBatch::ITEM,
    };
    let loss = |loss: &LostItems| SignalLoss {
        signal,
        items: loss.items,
        description: loss.to_string(),
    };
    match result {
        Ok(report) => Came {
            lost: rejection(signal, report.rejected_items, item)
                .into_iter()
                .collect(),
            failure: None,
        },
        Err(ProcessorError::AlreadyShutDown) => Came::nothing(),
        Err(error) => Came {
            lost: error.lost().iter().map(loss).collect(),
            failure: Some(SignalFailure {
                signal,
                error: SignalError::Processor(error),
            }),
        },
    }
}

/// What a receiver rejected for good, if it did.
fn rejection(signal: Signal, rejected: u64, item: &str) -> Option<SignalLoss> {
    (rejected > 0).then(|| SignalLoss {
        signal,
        items: rejected,
        description: format!("{} rejected by the receiver", counted(rejected, item)),
    })
}

impl Came {
    const fn nothing() -> Self {
        Self {
            lost: Vec::new(),
            failure: None,
        }
    }
}

/// All of it together, in the order of the signals.
fn collected(came: Vec<Came>) -> Result<SdkReport, SdkError> {
    let order = |signal: Signal| match signal {
        Signal::Traces => 0,
        Signal::Metrics => 1,
        Signal::Logs => 2,
    };
    let mut report = SdkReport::default();
    let mut failures = Vec::new();
    for one in came {
        report.lost.extend(one.lost);
        failures.extend(one.failure);
    }
    report.lost.sort_by_key(|loss| order(loss.signal));
    failures.sort_by_key(|failure| order(failure.signal));
    if failures.is_empty() {
        Ok(report)
    } else {
        Err(SdkError::Failed { failures, report })
    }
}
