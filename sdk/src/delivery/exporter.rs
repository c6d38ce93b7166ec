//! Delivers batches of one signal to one receiver.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::events::ExportEvents;
use super::failures::Failures;
use super::left_out::ToldReasons;
use super::{Client, Request};
use crate::config_error::ConfigError;
use crate::export::{
    AttemptError, AttemptResult, Batch, Deadline, ExportError, ExportFailure, ExportOutcome,
    FailureReason, Hurry, InFlight, Lifecycle,
};
use crate::own_telemetry::ExporterTelemetry;
use crate::random::RandomSource;
use crate::retry::{Attempts, Engine, RetryEvent, RetryPolicy};
use crate::statistics::Counters;
use crate::transport::Sent;

/// All of an exporter but its wire format, which is `C`.
pub(crate) struct Delivery<B, C> {
    pub(crate) client: C,
    engine: Engine,
    /// The limit of one export; `None` is no limit.
    pub(crate) timeout: Option<Duration>,
    pub(crate) counters: Counters,
    pub(super) failures: Failures,
    pub(super) told_reasons: ToldReasons,
    lifecycle: Lifecycle,
    pub(crate) hurry: Hurry,
    pub(super) own_telemetry: Option<ExporterTelemetry>,
    batch: PhantomData<fn(B)>,
}

/// What a delivery is made of.
pub(crate) struct DeliveryParts<C> {
    pub(crate) client: C,
    pub(crate) policy: Arc<dyn RetryPolicy>,
    pub(crate) random: Arc<dyn RandomSource>,
    /// The limit of one export, over all attempts and waits; zero is no limit.
    pub(crate) timeout: Duration,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) own_telemetry: Option<ExporterTelemetry>,
}

/// The limit of one attempt as it was given in code.
pub(crate) fn checked_attempt_timeout(
    given: Option<Duration>,
) -> Result<Option<Duration>, ConfigError> {
    if given == Some(Duration::ZERO) {
        return Err(ConfigError::Value {
            option: "with_attempt_timeout",
            value: "0s".to_owned(),
            allowed: "more than zero",
        });
    }
    Ok(given)
}

/// Who says what becomes of a batch that is not delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Undelivered {
    /// It is lost, which is counted and logged here.
    Lost,
    /// It stays with the caller, who counts and logs what is lost of it.
    Returned,
}

impl<B: Batch, C: Client<B>> Delivery<B, C> {
    pub(crate) fn new(parts: DeliveryParts<C>) -> Self {
        Self {
            client: parts.client,
            engine: Engine {
                policy: parts.policy,
                random: parts.random,
                attempt_timeout: parts.attempt_timeout,
            },
            timeout: (!parts.timeout.is_zero()).then_some(parts.timeout),
            counters: Counters::new(),
            failures: Failures::default(),
            told_reasons: ToldReasons::default(),
            lifecycle: Lifecycle::new(),
            hurry: Hurry::new(),
            own_telemetry: parts.own_telemetry,
            batch: PhantomData,
        }
    }

    /// Delivers `batch`, and is ready by `deadline` at the latest.
    pub(crate) async fn export(
        &self,
        batch: &B,
        deadline: Deadline,
        undelivered: Undelivered,
    ) -> ExportOutcome {
        if batch.is_empty() {
            return ExportOutcome::Delivered { attempts: 0 };
        }
        self.counters.count(|counts| counts.exports += 1);
        self.hurry.forget();
        let events = ExportEvents::new(self, batch, undelivered);
        let mut outcome = match self.lifecycle.begin() {
            Some(in_flight) => self.deliver(batch, deadline, &events, in_flight).await,
            None => not_begun(FailureReason::ShutDown),
        };
        if let ExportOutcome::Failed(failure) = &mut outcome {
            failure.advice = self.client.advice(failure);
        }
        events.ended(&outcome);
        outcome
    }

    async fn deliver(
        &self,
        batch: &B,
        deadline: Deadline,
        events: &ExportEvents<'_, B, C>,
        _in_flight: InFlight<'_>,
    ) -> ExportOutcome {
        let request = match self.encode(batch, events) {
            Ok(request) => request,
            Err(reason) => return not_begun(reason),
        };
        self.counters
            .count(|counts| counts.encoded_bytes += request.message_bytes() as u64);
        let own = self.timeout.map_or(Deadline::none(), Deadline::within);
        let attempts = BatchAttempts {
            delivery: self,
            batch,
            request: Mutex::new(Arc::new(request)),
            events,
            sent: Sent::default(),
        };
        self.engine.run(&attempts, deadline.min(own)).await
    }

    fn encode(
        &self,
        batch: &B,
        events: &ExportEvents<'_, B, C>,
    ) -> Result<C::Request, FailureReason> {
        let request = self.client.encode(batch)?;
        events.leaves_out(request.left_out());
        Ok(request)
    }

    /// Waits until nothing is in flight.
    pub(crate) async fn flush(&self, deadline: Deadline) -> Result<(), ExportError> {
        self.lifecycle.flush(deadline).await
    }

    /// Sends what the format has to say at its end, takes no more batches, and ends what is in flight by `deadline`.
    pub(crate) async fn shut_down(&self, deadline: Deadline) -> Result<(), ExportError> {
        if let Some(farewell) = self.client.farewell() {
            // How it failed is in the log, and it is no loss.
            let _ = self
                .export(&farewell, deadline, Undelivered::Returned)
                .await;
        }
        let ended = self.lifecycle.shut_down(deadline).await;
        self.client.disconnect();
        ended
    }

    /// The limit of one export, for descriptions.
    pub(crate) fn timeout_words(&self) -> String {
        self.timeout
            .map_or_else(|| "none".to_owned(), |limit| format!("{limit:?}"))
    }
}

fn not_begun(reason: FailureReason) -> ExportOutcome {
    ExportOutcome::Failed(ExportFailure::before_any_attempt(reason))
}

/// The attempts of one batch.
struct BatchAttempts<'a, B: Batch, C: Client<B>> {
    delivery: &'a Delivery<B, C>,
    batch: &'a B,
    /// In the form of the next attempt.
    request: Mutex<Arc<C::Request>>,
    events: &'a ExportEvents<'a, B, C>,
    /// Whether the request of the attempt in flight has left.
    sent: Sent,
}

impl<B: Batch, C: Client<B>> BatchAttempts<'_, B, C> {
    fn request(&self) -> Arc<C::Request> {
        Arc::clone(&self.request.lock())
    }
}

impl<B: Batch, C: Client<B>> Attempts for BatchAttempts<'_, B, C> {
    async fn attempt(&self, deadline: Deadline) -> AttemptResult {
        let request = self.request();
        let client = &self.delivery.client;
        client.attempt(&request, deadline, &self.sent).await
    }

    fn is_sent(&self) -> bool {
        self.sent.is_noted()
    }

    fn begins(&self, number: u32) {
        self.sent.forget();
        self.events
            .attempt_begins(number, self.request().body_bytes());
    }

    fn retries(&self, event: &RetryEvent<'_>) {
        self.events.retries(event);
    }

    fn falls_back(&self, error: &AttemptError, attempt: u32) -> Option<Result<(), FailureReason>> {
        let client = &self.delivery.client;
        let words = client.falls_back(&self.request(), error, attempt)?;
        self.events.falls_back(&words);
        let encoded = self.delivery.encode(self.batch, self.events);
        Some(encoded.map(|request| *self.request.lock() = Arc::new(request)))
    }

    async fn hurried(&self) -> Deadline {
        self.delivery.hurry.told().await
    }

    async fn closing(&self) {
        self.delivery.lifecycle.closing().await;
    }

    async fn closed(&self) {
        self.delivery.lifecycle.closed().await;
    }
}
