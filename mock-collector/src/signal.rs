//! The signals, and the protocols that they come by.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A telemetry signal.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Signal {
    /// Metrics; an item is a data point.
    Metrics,
    /// Traces; an item is a span.
    Traces,
    /// Logs; an item is a log record.
    Logs,
    /// Profiles; an item is a profile. They are accepted and counted, never decoded.
    Profiles,
}

impl Signal {
    /// Every signal, in the order of the OTLP specification.
    pub const ALL: [Self; 4] = [Self::Metrics, Self::Traces, Self::Logs, Self::Profiles];

    /// The name as it is written in scenario files and in the journal.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Metrics => "metrics",
            Self::Traces => "traces",
            Self::Logs => "logs",
            Self::Profiles => "profiles",
        }
    }

    /// The path of an OTLP/HTTP export request.
    ///
    /// Spec: OTLP 1.11.0, "OTLP/HTTP Request"; profiles are still in development there.
    pub const fn http_path(self) -> &'static str {
        match self {
            Self::Metrics => "/v1/metrics",
            Self::Traces => "/v1/traces",
            Self::Logs => "/v1/logs",
            Self::Profiles => "/v1development/profiles",
        }
    }

    /// The path of an OTLP/gRPC export call: service and method.
    ///
    /// Spec: opentelemetry-proto 1.10.0, `collector/*/v1/*_service.proto`.
    pub const fn grpc_path(self) -> &'static str {
        match self {
            Self::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
            Self::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
            Self::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
            Self::Profiles => {
                "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export"
            }
        }
    }

    /// The signal that an HTTP path stands for, if any.
    pub fn from_http_path(path: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|signal| signal.http_path() == path)
    }

    /// The signal that a gRPC path stands for, if any.
    pub fn from_grpc_path(path: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|signal| signal.grpc_path() == path)
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Signal {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|signal| signal.name() == text)
            .ok_or_else(|| UnknownName::new("signal", text, "metrics, traces, logs, profiles"))
    }
}

/// What a request speaks: a transport and encoding of OTLP, or another protocol that the HTTP port takes.
///
/// The names of OTLP's are the values of `OTEL_EXPORTER_OTLP_PROTOCOL`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum Protocol {
    /// OTLP/gRPC.
    #[serde(rename = "grpc")]
    Grpc,
    /// OTLP/HTTP with binary protobuf bodies.
    #[serde(rename = "http/protobuf")]
    HttpProtobuf,
    /// OTLP/HTTP with JSON bodies.
    #[serde(rename = "http/json")]
    HttpJson,
    /// Prometheus remote write with the message `prometheus.WriteRequest`; metrics alone.
    #[serde(rename = "remote-write/1.0")]
    RemoteWrite1,
    /// Prometheus remote write with the message `io.prometheus.write.v2.Request`; metrics alone.
    #[serde(rename = "remote-write/2.0")]
    RemoteWrite2,
    /// Zipkin v2 with JSON bodies; traces alone.
    #[serde(rename = "zipkin/json")]
    ZipkinJson,
    /// Zipkin v2 with protobuf bodies; traces alone.
    #[serde(rename = "zipkin/protobuf")]
    ZipkinProtobuf,
}

impl Protocol {
    /// Every protocol.
    pub const ALL: [Self; 7] = [
        Self::Grpc,
        Self::HttpProtobuf,
        Self::HttpJson,
        Self::RemoteWrite1,
        Self::RemoteWrite2,
        Self::ZipkinJson,
        Self::ZipkinProtobuf,
    ];

    /// Those of OTLP.
    pub const OTLP: [Self; 3] = [Self::Grpc, Self::HttpProtobuf, Self::HttpJson];

    /// The name as it is written in scenario files and in the journal.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::HttpProtobuf => "http/protobuf",
            Self::HttpJson => "http/json",
            Self::RemoteWrite1 => "remote-write/1.0",
            Self::RemoteWrite2 => "remote-write/2.0",
            Self::ZipkinJson => "zipkin/json",
            Self::ZipkinProtobuf => "zipkin/protobuf",
        }
    }

    /// What it is a variant of.
    pub const fn api(self) -> Api {
        match self {
            Self::Grpc | Self::HttpProtobuf | Self::HttpJson => Api::Otlp,
            Self::RemoteWrite1 | Self::RemoteWrite2 => Api::RemoteWrite,
            Self::ZipkinJson | Self::ZipkinProtobuf => Api::Zipkin,
        }
    }

    /// Whether it is one of OTLP's.
    pub const fn is_otlp(self) -> bool {
        matches!(self.api(), Api::Otlp)
    }

    /// Whether requests come as plain HTTP, not as gRPC calls.
    pub const fn is_http(self) -> bool {
        !matches!(self, Self::Grpc)
    }

    /// Whether it can carry this signal.
    pub const fn carries(self, signal: Signal) -> bool {
        match self.api() {
            Api::Otlp => true,
            Api::RemoteWrite => matches!(signal, Signal::Metrics),
            Api::Zipkin => matches!(signal, Signal::Traces),
        }
    }
}

/// A protocol in all its variants: what one path, or set of paths, speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Api {
    /// The OpenTelemetry protocol.
    Otlp,
    /// Prometheus remote write, 1.0 and 2.0.
    RemoteWrite,
    /// Zipkin v2.
    Zipkin,
}

impl Api {
    /// The path of the HTTP port that takes this signal, if there is one: that of the real servers.
    pub const fn http_path(self, signal: Signal) -> Option<&'static str> {
        match (self, signal) {
            (Self::Otlp, signal) => Some(signal.http_path()),
            (Self::RemoteWrite, Signal::Metrics) => Some("/api/v1/write"),
            (Self::Zipkin, Signal::Traces) => Some("/api/v2/spans"),
            (Self::RemoteWrite | Self::Zipkin, _) => None,
        }
    }

    /// What an HTTP path belongs to, and the signal that it takes.
    pub fn from_http_path(path: &str) -> Option<(Self, Signal)> {
        let other = |api: Self| {
            let mut signals = Signal::ALL.into_iter();
            let signal = signals.find(|signal| api.http_path(*signal) == Some(path))?;
            Some((api, signal))
        };
        other(Self::Otlp)
            .or_else(|| other(Self::RemoteWrite))
            .or_else(|| other(Self::Zipkin))
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Protocol {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|protocol| protocol.name() == text)
            .ok_or_else(|| {
                UnknownName::new(
                    "protocol",
                    text,
                    "grpc, http/protobuf, http/json, remote-write/1.0, remote-write/2.0, zipkin/json, zipkin/protobuf",
                )
            })
    }
}

/// A text that names no signal, protocol or port.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} `{text}`, expected one of {expected}")]
pub struct UnknownName {
    what: &'static str,
    text: String,
    expected: &'static str,
}

impl UnknownName {
    pub(crate) fn new(what: &'static str, text: &str, expected: &'static str) -> Self {
        Self {
            what,
            text: text.to_owned(),
            expected,
        }
    }
}
