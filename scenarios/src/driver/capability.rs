//! What a driver can do.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a driver can do. A scenario that needs more is `not applicable`, with the missing capability named.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// Emits metrics.
    Metrics,
    /// Emits spans.
    Traces,
    /// Emits log records.
    Logs,
    /// Exports over OTLP/gRPC.
    #[serde(rename = "grpc")]
    Grpc,
    /// Exports over OTLP/HTTP in binary protobuf.
    #[serde(rename = "http/protobuf")]
    HttpProtobuf,
    /// Exports over OTLP/HTTP in JSON.
    #[serde(rename = "http/json")]
    HttpJson,
    /// Exports metrics over Prometheus remote write, chosen by `OTEL_METRICS_EXPORTER=prometheus_remote_write`.
    RemoteWrite,
    /// Exports spans to Zipkin, chosen by `OTEL_TRACES_EXPORTER=zipkin`.
    Zipkin,
    /// Observable instruments, with callbacks that panic on request.
    Observe,
    /// Callbacks that block on request.
    ObserveBlock,
    /// Views.
    Views,
    /// Views of which the first match wins.
    ViewsInOrder,
    /// Resource attributes in code.
    Resource,
    /// Export interval in code.
    Interval,
    /// Reader timeout, in code or from `OTEL_METRIC_EXPORT_TIMEOUT`.
    Timeout,
    /// Exporter timeout in code.
    ExporterTimeout,
    /// Time limit of one attempt.
    AttemptTimeout,
    /// A timeout that is not smaller than the interval.
    AllowSlowCycles,
    /// The simple processors of spans and log records.
    SimpleProcessor,
    /// Size of the queue of a batch processor in code.
    MaxQueueSize,
    /// Size of the batches of a batch processor in code.
    MaxExportBatchSize,
    /// Delay of a batch processor in code.
    ScheduleDelay,
    /// Timeout of a batch processor's exports, in code or from `OTEL_BSP_EXPORT_TIMEOUT` and `OTEL_BLRP_EXPORT_TIMEOUT`.
    ExportTimeout,
    /// Temporality per instrument kind in code.
    Temporality,
    /// Metrics whose export was given up go with the next one.
    DropPolicy,
    /// Several providers in one process.
    Workers,
    /// Endpoint in code.
    Endpoint,
    /// Headers in code.
    Headers,
    /// Compression in code.
    Compression,
    /// Certificates and keys in files, from `OTEL_EXPORTER_OTLP_CERTIFICATE`, `_CLIENT_CERTIFICATE`, `_CLIENT_KEY` and their
    /// forms per signal. Reading these variables is optional for an SDK that has the options in code.
    Certificates,
    /// The SDK sets itself up by `OTEL_SDK_DISABLED` and `OTEL_<SIGNAL>_EXPORTER`.
    Switches,
    /// The largest message that is sent, in code.
    MaxRequestBytes,
    /// The largest answer that is read, in code.
    MaxResponseBytes,
    /// The timeout of the exporter ends the whole export, retries and waits included. One that ends each attempt is
    /// allowed, too (OTLP-TMO-002), but nothing can be asked of a whole call then.
    ExportDeadline,
    /// Exports past reader and processor.
    Export,
    /// A flush with a time limit of the caller's.
    FlushTimeout,
    /// A shutdown with a time limit of the caller's.
    ShutdownTimeout,
    /// The same for the provider of metrics alone.
    MetricsShutdownTimeout,
    /// Kinds, events, links and status of spans.
    SpanDetails,
    /// Log records while a span is current.
    LogInSpan,
    /// `reset`: several cases in one process.
    Reset,
    /// It is no SDK: what it is given it sends on. The rules of SDKs do not bind it.
    Forwards,
}

impl Capability {
    /// The word that drivers use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Metrics => "metrics",
            Self::Traces => "traces",
            Self::Logs => "logs",
            Self::Grpc => "grpc",
            Self::HttpProtobuf => "http/protobuf",
            Self::HttpJson => "http/json",
            Self::RemoteWrite => "remote_write",
            Self::Zipkin => "zipkin",
            Self::Observe => "observe",
            Self::ObserveBlock => "observe_block",
            Self::Views => "views",
            Self::ViewsInOrder => "views_in_order",
            Self::Resource => "resource",
            Self::Interval => "interval",
            Self::Timeout => "timeout",
            Self::ExporterTimeout => "exporter_timeout",
            Self::AttemptTimeout => "attempt_timeout",
            Self::AllowSlowCycles => "allow_slow_cycles",
            Self::SimpleProcessor => "simple_processor",
            Self::MaxQueueSize => "max_queue_size",
            Self::MaxExportBatchSize => "max_export_batch_size",
            Self::ScheduleDelay => "schedule_delay",
            Self::ExportTimeout => "export_timeout",
            Self::Temporality => "temporality",
            Self::DropPolicy => "drop_policy",
            Self::Workers => "workers",
            Self::Endpoint => "endpoint",
            Self::Headers => "headers",
            Self::Compression => "compression",
            Self::Certificates => "certificates",
            Self::Switches => "switches",
            Self::MaxRequestBytes => "max_request_bytes",
            Self::MaxResponseBytes => "max_response_bytes",
            Self::ExportDeadline => "export_deadline",
            Self::Export => "export",
            Self::FlushTimeout => "flush_timeout",
            Self::ShutdownTimeout => "shutdown_timeout",
            Self::MetricsShutdownTimeout => "metrics_shutdown_timeout",
            Self::SpanDetails => "span_details",
            Self::LogInSpan => "log_in_span",
            Self::Reset => "reset",
            Self::Forwards => "forwards",
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
