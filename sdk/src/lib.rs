//! The reference OpenTelemetry SDK of `otelbox`: a thin, complete layer over `opentelemetry_sdk`.
//!
//! `instruments -> opentelemetry_sdk aggregation -> reader (collect) -> encode once -> attempt* -> outcome`
//! `spans and log records -> opentelemetry_sdk -> processor (queue) -> encode once -> attempt* -> outcome`
//!
//! [`Sdk`] sets up traces, metrics and logs from the environment and from code; the parts can be put together by hand as
//! well. [`VARIABLES`] lists every environment variable.
//!
//! What is not needed can be left out by features, which the README lists; this page shows all of them.
//!
//! Everything that waits uses `tokio::time`; the time of day ([`Clock`]), randomness ([`RandomSource`]) and the
//! environment ([`Environment`]) are handed in. So the same code runs in real time and on a paused runtime.

mod clock;
mod compression;
mod config_error;
#[cfg(feature = "console")]
mod console;
#[cfg(any(feature = "logs", feature = "metrics", feature = "traces"))]
mod convert;
mod delivery;
pub mod diagnosis;
mod endpoint;
mod environment;
mod export;
mod features;
mod headers;
#[cfg(feature = "http-formats")]
mod http_format;
mod limits;
#[cfg(feature = "logs")]
pub mod logs;
#[cfg(feature = "metrics")]
pub mod metrics;
mod otlp;
mod own_telemetry;
#[cfg(any(feature = "logs", feature = "traces"))]
mod processor;
#[cfg(any(feature = "prometheus", feature = "prometheus-remote-write"))]
mod prometheus;
mod protocol;
mod random;
mod resource;
mod retry;
#[cfg(feature = "setup")]
mod setup;
mod signal;
mod statistics;
#[cfg(feature = "traces")]
pub mod traces;
mod transport;
#[cfg(feature = "setup")]
mod variables;
#[cfg(any(feature = "logs", feature = "metrics", feature = "traces"))]
mod worker;
#[cfg(feature = "zipkin")]
mod zipkin;

pub use clock::{Clock, SystemClock, VirtualClock};
pub use compression::{Compression, UnknownCompression};
pub use config_error::ConfigError;
#[cfg(feature = "console")]
pub use console::ConsoleExporter;
pub use delivery::ExporterBuilder;
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
#[cfg(feature = "http-formats")]
pub use http_format::{HttpExporter, HttpExporterBuilder, HttpFormat, HttpOptions};
pub use limits::{AttributeLimits, LogLimits, TraceLimits};
#[cfg(all(feature = "logs", feature = "console"))]
pub use logs::ConsoleLogRecordExporter;
#[cfg(feature = "logs")]
pub use logs::{LogBatch, OtlpLogExporter, OtlpLogExporterBuilder};
#[cfg(all(feature = "metrics", feature = "console"))]
pub use metrics::ConsoleMetricExporter;
#[cfg(feature = "metrics")]
pub use metrics::{
    CallbackFailure, CallbackFailureReason, CallbackOwner, CarryOver, CycleReport, DropPolicy,
    FlushReport, Kept, Loss, MeterProvider, MeterProviderBuilder, MetricBatch, MetricReader,
    OtlpMetricExporter, OtlpMetricExporterBuilder, PeriodicExportingMetricReader,
    PeriodicExportingMetricReaderBuilder, PushMetricExporter, ReaderError, ReaderHandle,
    ShutdownReport, Temporality, TemporalityPreference, UnknownTemporality, UnmatchedView, View,
    Window,
};
pub use otlp::{OtlpExporter, OtlpExporterBuilder, OtlpOptions};
pub use own_telemetry::OwnTelemetry;
#[cfg(any(feature = "logs", feature = "traces"))]
pub use processor::{
    BatchProcessor, BatchProcessorBuilder, LostItems, Processed, ProcessorError, ProcessorHandle,
    ProcessorReport, SimpleProcessor, SimpleProcessorBuilder, Undelivered,
};
#[cfg(feature = "prometheus")]
pub use prometheus::{PrometheusReader, PrometheusReaderBuilder, TranslationStrategy};
#[cfg(feature = "prometheus-remote-write")]
pub use prometheus::{
    PrometheusRemoteWriteExporter, PrometheusRemoteWriteExporterBuilder, RemoteWriteProtocol,
    UnknownRemoteWriteProtocol,
};
pub use protocol::{Protocol, UnknownProtocol};
pub use random::{FixedRandom, RandomSource, SeededRandom, SystemRandom};
pub use resource::{environment_attributes, resource_from};
pub use retry::{
    Backoff, InvalidBackoff, RetryPolicy, SpecRetryPolicy, Verdict, classify, is_retryable_code,
    is_retryable_http_status,
};
#[cfg(feature = "setup")]
pub use setup::{
    Propagator, Sdk, SdkBuilder, SdkError, SdkReport, SignalError, SignalFailure, SignalLoss,
};
pub use signal::Signal;
pub use statistics::{Counters, Statistics};
#[cfg(all(feature = "traces", feature = "console"))]
pub use traces::ConsoleSpanExporter;
#[cfg(feature = "traces")]
pub use traces::{OtlpSpanExporter, OtlpSpanExporterBuilder, SpanBatch};
pub use transport::{
    BoxedStream, ClientIdentity, Connector, EncodedRequest, OtlpClient, PemSource, Stream, Target,
    TcpConnector,
};
#[cfg(feature = "setup")]
pub use variables::{Unit, VARIABLES, Variable};
#[cfg(feature = "zipkin")]
pub use zipkin::{
    UnknownZipkinEncoding, ZipkinEncoding, ZipkinFormat, ZipkinOptions, ZipkinSpanExporter,
    ZipkinSpanExporterBuilder,
};
