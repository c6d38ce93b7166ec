//! An exporter that follows a script and keeps what it was given.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry::Context;
use otelbox_sdk::{
    Batch, BoxFuture, Deadline, Environment, ExportError, ExportFailure, ExportOutcome, Exporter,
    FailureReason, MetricBatch, PushMetricExporter, TemporalityPreference,
};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

pub(crate) fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

/// What one export does.
#[derive(Clone, Copy, Debug)]
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
pub(crate) struct Seen<B> {
    /// Since the exporter was made.
    pub(crate) started: Duration,
    pub(crate) ended: Option<Duration>,
    pub(crate) attempts: Vec<Duration>,
    pub(crate) batch: B,
    /// Whether telemetry was suppressed.
    pub(crate) suppressed: bool,
    pub(crate) outcome: Option<ExportOutcome>,
}

/// Does what the script says, one act for each export; after the last it delivers.
#[derive(Clone)]
pub(crate) struct Scripted<B: Batch> {
    inner: Arc<Inner<B>>,
}

struct Inner<B: Batch> {
    made: Instant,
    script: Mutex<VecDeque<Act>>,
    seen: Mutex<Vec<Seen<B>>>,
    /// Receivers answer again from here on.
    recovered: Mutex<bool>,
    hurried: Notify,
    preference: B::Preference,
    flushes: Mutex<u32>,
    shutdowns: Mutex<u32>,
}

impl<B: Batch + Clone> Scripted<B> {
    pub(crate) fn new(acts: impl IntoIterator<Item = Act>) -> Self {
        Self::with_preference(acts, B::preference_from(&Environment::empty()))
    }

    pub(crate) fn with_preference(
        acts: impl IntoIterator<Item = Act>,
        preference: B::Preference,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                made: Instant::now(),
                script: Mutex::new(acts.into_iter().collect()),
                seen: Mutex::default(),
                recovered: Mutex::new(false),
                hurried: Notify::new(),
                preference,
                flushes: Mutex::default(),
                shutdowns: Mutex::default(),
            }),
        }
    }

    /// From now on every attempt succeeds.
    pub(crate) fn recover(&self) {
        *self.inner.recovered.lock().expect("not poisoned") = true;
    }

    pub(crate) fn seen(&self) -> Vec<Seen<B>> {
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

    async fn act(&self, act: Act, deadline: Deadline, note: impl Fn()) -> ExportOutcome {
        let failed = |reason, ambiguous| {
            let mut failure = ExportFailure::before_any_attempt(reason);
            failure.attempts = 1;
            failure.ambiguous = ambiguous;
            ExportOutcome::Failed(failure)
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

impl<B: Batch + Clone> Exporter<B> for Scripted<B> {
    fn export<'a>(&'a self, batch: &'a B, deadline: Deadline) -> BoxFuture<'a, ExportOutcome> {
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
                    suppressed: Context::is_current_telemetry_suppressed(),
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

    fn force_flush(&self, _deadline: Deadline) -> BoxFuture<'_, Result<(), ExportError>> {
        *self.inner.flushes.lock().expect("not poisoned") += 1;
        Box::pin(async { Ok(()) })
    }

    fn shutdown(&self, _deadline: Deadline) -> BoxFuture<'_, Result<(), ExportError>> {
        *self.inner.shutdowns.lock().expect("not poisoned") += 1;
        Box::pin(async { Ok(()) })
    }

    fn description(&self) -> String {
        "exporter=scripted".to_owned()
    }
}

impl PushMetricExporter for Scripted<MetricBatch> {
    fn temporality(&self) -> TemporalityPreference {
        self.inner.preference
    }
}

struct Ended<'a, B: Batch> {
    inner: &'a Inner<B>,
    index: usize,
}

impl<B: Batch> Drop for Ended<'_, B> {
    fn drop(&mut self) {
        if let Ok(mut seen) = self.inner.seen.lock() {
            seen[self.index].ended = Some(self.inner.made.elapsed());
        }
    }
}
