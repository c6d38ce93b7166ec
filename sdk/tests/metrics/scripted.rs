//! An exporter that follows a script and keeps what it was given, and a provider around it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use opentelemetry::metrics::{Meter, MeterProvider as _};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{Metric, NumberDataPoint};
use opentelemetry_sdk::Resource;
use otelbox_sdk::{
    BoxFuture, Deadline, ExportFailure, ExportOutcome, Exporter, FailureReason, MeterProvider,
    MetricBatch, PeriodicExportingMetricReader, PeriodicExportingMetricReaderBuilder,
    PushMetricExporter, TemporalityPreference, VirtualClock,
};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

pub(crate) const EPOCH: SystemTime = SystemTime::UNIX_EPOCH;

pub(crate) fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

/// What one export does.
#[derive(Clone, Copy)]
pub(crate) enum Act {
    Deliver,
    DeliverAfter(u64),
    Refuse,
    /// Tries again and again, with this many seconds between, until the deadline.
    KeepTrying(u64),
    Hang,
    Panic,
}

/// One export as the exporter saw it.
#[derive(Clone)]
pub(crate) struct Seen {
    /// Since the exporter was made.
    pub(crate) started: Duration,
    pub(crate) ended: Option<Duration>,
    pub(crate) attempts: Vec<Duration>,
    pub(crate) batch: MetricBatch,
    pub(crate) outcome: Option<ExportOutcome>,
}

/// Does what the script says, one act for each export; after the last it delivers.
#[derive(Clone)]
pub(crate) struct Scripted {
    inner: Arc<Inner>,
}

struct Inner {
    made: Instant,
    script: Mutex<VecDeque<Act>>,
    seen: Mutex<Vec<Seen>>,
    /// Receivers answer again from here on.
    recovered: Mutex<bool>,
    hurried: Notify,
    temporality: TemporalityPreference,
    flushes: Mutex<u32>,
    shutdowns: Mutex<u32>,
}

impl Scripted {
    pub(crate) fn new(acts: impl IntoIterator<Item = Act>) -> Self {
        Self::with_temporality(acts, TemporalityPreference::cumulative())
    }

    pub(crate) fn with_temporality(
        acts: impl IntoIterator<Item = Act>,
        temporality: TemporalityPreference,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                made: Instant::now(),
                script: Mutex::new(acts.into_iter().collect()),
                seen: Mutex::default(),
                recovered: Mutex::new(false),
                hurried: Notify::new(),
                temporality,
                flushes: Mutex::default(),
                shutdowns: Mutex::default(),
            }),
        }
    }

    /// From now on every attempt succeeds.
    pub(crate) fn recover(&self) {
        *self.inner.recovered.lock().expect("not poisoned") = true;
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.inner.seen.lock().expect("not poisoned").clone()
    }

    /// When each export started, in seconds.
    pub(crate) fn starts(&self) -> Vec<u64> {
        self.seen()
            .iter()
            .map(|seen| seen.started.as_secs())
            .collect()
    }

    pub(crate) fn flushes(&self) -> u32 {
        *self.inner.flushes.lock().expect("not poisoned")
    }

    pub(crate) fn shutdowns(&self) -> u32 {
        *self.inner.shutdowns.lock().expect("not poisoned")
    }

    /// The sums of `name`, one for each export that was delivered and has it.
    pub(crate) fn delivered_sums(&self, name: &str) -> Vec<i64> {
        self.seen()
            .iter()
            .filter(|seen| {
                seen.outcome
                    .as_ref()
                    .is_some_and(ExportOutcome::is_delivered)
            })
            .filter_map(|seen| sum(&seen.batch, name))
            .collect()
    }

    async fn act(&self, act: Act, deadline: Deadline, note: impl Fn()) -> ExportOutcome {
        let failed = |reason, ambiguous| {
            ExportOutcome::Failed(ExportFailure {
                attempts: 1,
                reason,
                last_status: None,
                ambiguous,
            })
        };
        note();
        match act {
            Act::Deliver => {}
            Act::DeliverAfter(delay) => {
                if deadline.bound(sleep(seconds(delay))).await.is_err() {
                    return failed(FailureReason::DeadlineExceeded, true);
                }
            }
            Act::Refuse => return failed(FailureReason::Refused, false),
            Act::KeepTrying(pause) => loop {
                if *self.inner.recovered.lock().expect("not poisoned") {
                    break;
                }
                let wait = seconds(pause);
                if !deadline.allows(wait) {
                    return failed(FailureReason::RetryWouldPassDeadline { wait }, false);
                }
                tokio::select! {
                    () = sleep(wait) => {}
                    () = self.inner.hurried.notified() => {}
                }
                note();
            },
            Act::Hang => {
                deadline.passed().await;
                return failed(FailureReason::DeadlineExceeded, true);
            }
            Act::Panic => panic!("the exporter has a mistake"),
        }
        ExportOutcome::Delivered { attempts: 1 }
    }
}

impl Exporter<MetricBatch> for Scripted {
    fn export<'a>(
        &'a self,
        batch: &'a MetricBatch,
        deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome> {
        Box::pin(async move {
            let inner = &self.inner;
            let index = {
                let mut seen = inner.seen.lock().expect("not poisoned");
                assert!(
                    seen.iter().all(|seen| seen.ended.is_some()),
                    "two exports at once"
                );
                seen.push(Seen {
                    started: inner.made.elapsed(),
                    ended: None,
                    attempts: Vec::new(),
                    batch: batch.clone(),
                    outcome: None,
                });
                seen.len() - 1
            };
            // Also when the export is dropped.
            let ended = Ended { inner, index };
            let act = inner.script.lock().expect("not poisoned").pop_front();
            let note = || {
                let at = inner.made.elapsed();
                inner.seen.lock().expect("not poisoned")[index]
                    .attempts
                    .push(at);
            };
            let outcome = self.act(act.unwrap_or(Act::Deliver), deadline, note).await;
            inner.seen.lock().expect("not poisoned")[index].outcome = Some(outcome.clone());
            drop(ended);
            outcome
        })
    }

    fn hurry(&self, _deadline: Deadline) {
        self.inner.hurried.notify_waiters();
    }

    fn force_flush(
        &self,
        _deadline: Deadline,
    ) -> BoxFuture<'_, Result<(), otelbox_sdk::ExportError>> {
        *self.inner.flushes.lock().expect("not poisoned") += 1;
        Box::pin(async { Ok(()) })
    }

    fn shutdown(&self, _deadline: Deadline) -> BoxFuture<'_, Result<(), otelbox_sdk::ExportError>> {
        *self.inner.shutdowns.lock().expect("not poisoned") += 1;
        Box::pin(async { Ok(()) })
    }

    fn description(&self) -> String {
        "exporter=scripted".to_owned()
    }
}

impl PushMetricExporter for Scripted {
    fn temporality(&self) -> TemporalityPreference {
        self.inner.temporality
    }
}

struct Ended<'a> {
    inner: &'a Inner,
    index: usize,
}

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        if let Ok(mut seen) = self.inner.seen.lock() {
            seen[self.index].ended = Some(self.inner.made.elapsed());
        }
    }
}

/// A reader on the test's own runtime: 15 s, 10 s, and a clock that starts at 0.
pub(crate) fn reader(exporter: &Scripted) -> PeriodicExportingMetricReaderBuilder {
    PeriodicExportingMetricReader::builder(exporter.clone())
        .with_interval(seconds(15))
        .with_timeout(seconds(10))
        .with_env(&otelbox_sdk::Environment::empty())
        .with_clock(VirtualClock::starting_at(EPOCH))
        .on_current_runtime()
}

pub(crate) fn provider(exporter: &Scripted) -> MeterProvider {
    provider_of(reader(exporter))
}

pub(crate) fn provider_of(reader: PeriodicExportingMetricReaderBuilder) -> MeterProvider {
    MeterProvider::builder()
        .with_reader(reader.build().expect("a reader"))
        .with_resource(
            Resource::builder_empty()
                .with_service_name("checkout")
                .build(),
        )
        .build()
        .expect("a provider")
}

pub(crate) fn meter(provider: &MeterProvider) -> Meter {
    provider.meter("test")
}

/// The metric of that name.
pub(crate) fn metric<'a>(batch: &'a MetricBatch, name: &str) -> Option<&'a Metric> {
    batch.metrics().find(|metric| metric.name == name)
}

/// The data points of a sum or a gauge.
pub(crate) fn numbers<'a>(batch: &'a MetricBatch, name: &str) -> &'a [NumberDataPoint] {
    match metric(batch, name).and_then(|metric| metric.data.as_ref()) {
        Some(Data::Sum(sum)) => &sum.data_points,
        Some(Data::Gauge(gauge)) => &gauge.data_points,
        _ => &[],
    }
}

/// The sum of all integer points of that name.
pub(crate) fn sum(batch: &MetricBatch, name: &str) -> Option<i64> {
    let points = numbers(batch, name);
    if points.is_empty() {
        return None;
    }
    let value = |point: &NumberDataPoint| match point.value {
        Some(Value::AsInt(value)) => value,
        ref other => panic!("{other:?} is not an integer"),
    };
    Some(points.iter().map(value).sum())
}

/// From when to when the first point of that name is, in seconds of the clock.
pub(crate) fn span(batch: &MetricBatch, name: &str) -> Option<(u64, u64)> {
    let point = numbers(batch, name).first()?;
    Some((
        in_seconds(point.start_time_unix_nano),
        in_seconds(point.time_unix_nano),
    ))
}

pub(crate) fn in_seconds(unix_nano: u64) -> u64 {
    assert_eq!(
        unix_nano % 1_000_000_000,
        0,
        "not a whole second: {unix_nano}"
    );
    unix_nano / 1_000_000_000
}
