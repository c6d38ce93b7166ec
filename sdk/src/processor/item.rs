//! What a processor is for.

use std::fmt::Debug;
use std::time::Duration;

use opentelemetry_sdk::Resource;

use crate::environment::Environment;
use crate::export::Batch;

/// A batch that a processor makes, of what `opentelemetry_sdk` gave it.
///
/// Implemented by [`SpanBatch`](crate::SpanBatch) and [`LogBatch`](crate::LogBatch).
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
