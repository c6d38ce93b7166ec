//! The kinds of telemetry that OTLP carries.

use std::fmt;

/// A kind of telemetry. Decides paths, gRPC services and the names of environment variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    /// Metrics.
    Metrics,
    /// Traces.
    Traces,
    /// Logs.
    Logs,
}

impl Signal {
    /// The name in words and in URL paths: `metrics`, `traces`, `logs`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Metrics => "metrics",
            Self::Traces => "traces",
            Self::Logs => "logs",
        }
    }

    /// The path that is appended to a base URL.
    ///
    /// Spec: OTLP exporter, "Endpoint URLs for OTLP/HTTP" (MUST).
    pub const fn http_path(self) -> &'static str {
        match self {
            Self::Metrics => "v1/metrics",
            Self::Traces => "v1/traces",
            Self::Logs => "v1/logs",
        }
    }

    /// The path of the gRPC method.
    ///
    /// Spec: OTLP 1.11.0, "OTLP/gRPC Request" (MUST).
    pub const fn grpc_path(self) -> &'static str {
        match self {
            Self::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
            Self::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
            Self::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        }
    }

    /// The part that a signal-specific variable has in its name, as in `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT`.
    pub const fn variable_part(self) -> &'static str {
        match self {
            Self::Metrics => "METRICS",
            Self::Traces => "TRACES",
            Self::Logs => "LOGS",
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
