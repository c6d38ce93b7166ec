//! The reference OpenTelemetry SDK of `otelbox`: a thin, complete layer over `opentelemetry_sdk`.
//!
//! `instruments -> opentelemetry_sdk aggregation -> reader (collect) -> encode once -> attempt* -> outcome`
//!
//! Everything that waits uses `tokio::time`; the time of day ([`Clock`]), randomness ([`RandomSource`]) and the
//! environment ([`Environment`]) are handed in. So the same code runs in real time and on a paused runtime.

mod clock;
mod config_error;
mod environment;
mod export;
pub mod metrics;
mod protocol;
mod random;
mod signal;
mod statistics;

pub use clock::{Clock, SystemClock, VirtualClock};
pub use config_error::ConfigError;
pub use environment::Environment;
pub use export::{
    Accepted, AnswerError, AttemptError, AttemptResult, ConnectionError, ConnectionErrorKind,
    Deadline, DeadlinePassed, ExportError, ExportFailure, ExportOutcome, FailureReason, GrpcStatus,
    HttpStatus, PartialSuccess,
};
pub use futures_util::future::BoxFuture;
pub use metrics::{
    MetricBatch, PushMetricExporter, Temporality, TemporalityPreference, UnknownTemporality, Window,
};
pub use protocol::{Protocol, UnknownProtocol};
pub use random::{FixedRandom, RandomSource, SeededRandom, SystemRandom};
pub use signal::Signal;
pub use statistics::{Counters, Statistics};
