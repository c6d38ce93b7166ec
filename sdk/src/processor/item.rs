//! What a processor is for.

use std::fmt::Debug;
use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLogRecord;
use opentelemetry_sdk::trace::SpanData;

use crate::environment::Environment;
use crate::export::Batch;
use crate::limits::{LogLimits, TraceLimits};
use crate::logs::LogBatch;
use crate::traces::SpanBatch;

/// A batch that a processor makes, of what `opentelemetry_sdk` gave it.
///
/// Implemented by [`SpanBatch`] and [`LogBatch`](crate::LogBatch).
pub trait Processed: Batch {
    /// What `opentelemetry_sdk` gives: one ended span, or one log record with its scope.
    type Item: Send + 'static;

    /// How much of an item is sent.
    type Limits: Clone + Debug + Default + Send + Sync + 'static;

    /// How its environment variables begin: `OTEL_BSP`, `OTEL_BLRP`.
    const VARIABLES: &'static str;

    /// How long an item waits for others, where nothing else is set.
    const SCHEDULE_DELAY: Duration;

    /// The name of a thread for it.
    const THREAD: &'static str;

    /// The name of a processor of it, for logs.
    const PROCESSOR: &'static str;

    /// The limits that the environment states, or else those of the specification.
    fn limits_from(environment: &Environment) -> Self::Limits;

    /// The batch of `items`, which `resource` made, in their order and within `limits`.
    fn of(items: Vec<Self::Item>, resource: &Resource, limits: &Self::Limits) -> Self;
}

impl Processed for SpanBatch {
    type Item = SpanData;
    type Limits = TraceLimits;

    const VARIABLES: &'static str = "OTEL_BSP";
    const SCHEDULE_DELAY: Duration = Duration::from_secs(5);
    const THREAD: &'static str = "otelbox-traces";
    const PROCESSOR: &'static str = "span processor";

    fn limits_from(environment: &Environment) -> TraceLimits {
        TraceLimits::from_env(environment)
    }

    fn of(items: Vec<SpanData>, resource: &Resource, limits: &TraceLimits) -> Self {
        Self::of(items, resource, limits)
    }
}

impl Processed for LogBatch {
    type Item = (SdkLogRecord, InstrumentationScope);
    type Limits = LogLimits;

    const VARIABLES: &'static str = "OTEL_BLRP";
    const SCHEDULE_DELAY: Duration = Duration::from_secs(1);
    const THREAD: &'static str = "otelbox-logs";
    const PROCESSOR: &'static str = "log record processor";

    fn limits_from(environment: &Environment) -> LogLimits {
        LogLimits::from_env(environment)
    }

    fn of(items: Vec<Self::Item>, resource: &Resource, limits: &LogLimits) -> Self {
        Self::of(items, resource, limits)
    }
}
