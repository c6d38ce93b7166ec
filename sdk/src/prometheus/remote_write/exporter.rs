//! The exporter of remote write, and what only it has.

use super::authorization::{basic, bearer};
use super::format::RemoteWrite;
use super::protocol::RemoteWriteProtocol;
use crate::http_format::{HttpExporter, HttpExporterBuilder};
use crate::metrics::PushMetricExporter;

/// Sends metrics to a receiver of Prometheus remote write.
///
/// Each batch is one request, compressed by snappy. Names, labels and units are those that the compatibility specification
/// gives them, `job` and `instance` are labels of each series, and the rest of the resource is `target_info`.
///
/// - **Protocol**: [2.0](RemoteWriteProtocol::V2), unless [1.0](RemoteWriteProtocol::V1) is asked for. A receiver that answers
///   415 to 2.0, or success without saying what it has written, is spoken to in 1.0 from then on.
/// - **Temporality**: cumulative. Delta is left out or, where there is nothing else, not sent, with a reason that names the
///   metric.
/// - **Order**: a point that is not later than the last one of its series is told with the next millisecond. A batch that the
///   receiver finds out of order is refused with 400, and dropped as such.
/// - **End of series**: a series that is not in the next batch is marked as ended there, and all series are at the shutdown,
///   one millisecond after their last point. That request counts as an export, and nothing is lost where it fails.
/// - **Retries**: after failed connections, 429 and 5xx, with `Retry-After`; never after any other 4xx.
/// - **Partial success**: what the receiver says it has written is compared with what was sent, also where it refuses the rest
///   with 4xx. As a data point may be many samples, the number of rejected ones is an upper bound.
/// - **Not sent**: in 1.0 types, help, units, start times and exemplars, which it has no place for, and exponential histograms,
///   which are counted as dropped. `opentelemetry_sdk` makes no exemplars; those of batches that others made are sent.
///
/// Spec: Remote-Write 1.0; Remote-Write 2.0; Prometheus compatibility, "OTLP Metric points to Prometheus".
pub type PrometheusRemoteWriteExporter = HttpExporter<RemoteWrite>;

/// Configures a [`PrometheusRemoteWriteExporter`].
pub type PrometheusRemoteWriteExporterBuilder = HttpExporterBuilder<RemoteWrite>;

/// Cumulative, which is the default.
impl PushMetricExporter for HttpExporter<RemoteWrite> {}

impl HttpExporterBuilder<RemoteWrite> {
    /// The protocol. Default: `OTELBOX_PROMETHEUS_REMOTE_WRITE_PROTOCOL`, else 2.0.
    pub fn with_protocol(mut self, protocol: RemoteWriteProtocol) -> Self {
        self.options.of_format.protocol = Some(protocol);
        self
    }

    /// Who asks, by name and password, in the header `Authorization`. Default: `OTELBOX_PROMETHEUS_REMOTE_WRITE_USERNAME` and
    /// `OTELBOX_PROMETHEUS_REMOTE_WRITE_PASSWORD`, else nobody.
    pub fn with_basic_auth(self, name: &str, password: &str) -> Self {
        self.with_header_or_error("authorization", basic(name, password))
    }

    /// Who asks, by a token, in the header `Authorization`. Default: `OTELBOX_PROMETHEUS_REMOTE_WRITE_BEARER_TOKEN`, else
    /// nobody.
    pub fn with_bearer_token(self, token: &str) -> Self {
        self.with_header_or_error("authorization", bearer(token))
    }
}
