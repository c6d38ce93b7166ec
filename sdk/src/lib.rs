//! The reference OpenTelemetry SDK of `otelbox`: a thin, complete layer over `opentelemetry_sdk`.
//!
//! `instruments -> opentelemetry_sdk aggregation -> reader (collect) -> encode once -> attempt* -> outcome`
//! `spans and log records -> opentelemetry_sdk -> processor (queue) -> encode once -> attempt* -> outcome`
//!
//! [`Sdk`] sets up traces, metrics and logs from the environment and from code; the parts can be put together by hand as
//! well. [`VARIABLES`] lists every environment variable.
//!
//! Everything that waits uses `tokio::time`; the time of day ([`Clock`]), randomness ([`RandomSource`]) and the
//! environment ([`Environment`]) are handed in. So the same code runs in real time and on a paused runtime.

mod clock;
mod compression;
mod config_error;
mod console;
mod convert;
pub mod diagnosis;
mod endpoint;
mod environment;
mod export;
mod headers;
mod limits;
pub mod logs;
pub mod metrics;
mod otlp;
mod own_telemetry;
mod processor;
mod protocol;
mod random;
mod resource;
mod retry;
mod setup;
mod signal;
mod statistics;
pub mod traces;
mod transport;
mod variables;
mod worker;

pub use clock::{Clock, SystemClock, VirtualClock};
pub use compression::{Compression, UnknownCompression};
pub use config_error::ConfigError;
pub use console::ConsoleExporter;
pub use diagnosis::Advice;
pub use endpoint::{Endpoint, InvalidEndpoint, Scheme};
pub use environment::Environment;
pub use export::{
    Accepted, AnswerError, AttemptError, AttemptResult, Batch, ConnectionError,
    ConnectionErrorKind, Deadline, DeadlinePassed, ExportError, ExportFailure, ExportOutcome,
    Exporter, FailureReason, GrpcStatus, HttpStatus, PartialSuccess, Spoken,
};
pub use futures_util::future::BoxFuture;
pub use headers::Headers;
pub use limits::{AttributeLimits, LogLimits, TraceLimits};
pub use logs::{ConsoleLogRecordExporter, LogBatch, OtlpLogExporter, OtlpLogExporterBuilder};
pub use metrics::{
    CallbackFailure, CallbackFailureReason, CallbackOwner, CarryOver, ConsoleMetricExporter,
    CycleReport, DropPolicy, FlushReport, Kept, Loss, MeterProvider, MeterProviderBuilder,
    MetricBatch, OtlpMetricExporter, OtlpMetricExporterBuilder, PeriodicExportingMetricReader,
    PeriodicExportingMetricReaderBuilder, PushMetricExporter, ReaderError, ReaderHandle,
    ShutdownReport, Temporality, TemporalityPreference, UnknownTemporality, UnmatchedView, View,
    Window,
};
pub use otlp::{OtlpExporter, OtlpExporterBuilder};
pub use own_telemetry::OwnTelemetry;
pub use processor::{
    BatchProcessor, BatchProcessorBuilder, LostItems, Processed, ProcessorError, ProcessorHandle,
    ProcessorReport, SimpleProcessor, SimpleProcessorBuilder, Undelivered,
};
pub use protocol::{Protocol, UnknownProtocol};
pub use random::{FixedRandom, RandomSource, SeededRandom, SystemRandom};
pub use resource::{environment_attributes, resource_from};
pub use retry::{
    Backoff, InvalidBackoff, RetryPolicy, SpecRetryPolicy, Verdict, classify, is_retryable_code,
    is_retryable_http_status,
};
pub use setup::{
    Propagator, Sdk, SdkBuilder, SdkError, SdkReport, SignalError, SignalFailure, SignalLoss,
};
pub use signal::Signal;
pub use statistics::{Counters, Statistics};
pub use traces::{ConsoleSpanExporter, OtlpSpanExporter, OtlpSpanExporterBuilder, SpanBatch};
pub use transport::{
    BoxedStream, ClientIdentity, Connector, EncodedRequest, OtlpClient, PemSource, Stream, Target,
    TcpConnector,
};
pub use variables::{Unit, VARIABLES, Variable};
