//! The reader that Prometheus scrapes.

use std::fmt;
use std::net::SocketAddr;

use super::PrometheusReaderBuilder;
use crate::metrics::{MetricReader, PeriodicExportingMetricReader, ReaderHandle, sealed};

/// Collects when Prometheus asks: serves `GET /metrics`. Needs the feature `prometheus`.
///
/// ```no_run
/// use otelbox_sdk::{Environment, MeterProvider, PrometheusReader};
///
/// # fn main() -> Result<(), otelbox_sdk::ConfigError> {
/// // http://localhost:9464/metrics
/// let reader = PrometheusReader::builder().build()?;
/// let provider = MeterProvider::builder().with_reader(reader).build()?;
/// # Ok(())
/// # }
/// ```
///
/// - Everything is cumulative. Names and labels are those of the specification: `http.server.duration` in `s` is
///   `http_server_duration_seconds`, sums that only rise end in `_total`, the scope is in labels `otel_scope_...`, the resource in
///   `target_info`. What cannot be told is left out, with a warning for the first time and in
///   [`Statistics::dropped_items`](crate::Statistics::dropped_items).
/// - Names can be kept as they were recorded ([`TranslationStrategy`](crate::TranslationStrategy)), for clients that ask for that
///   with `escaping=allow-utf-8`, as Prometheus 3 does. Others get names of the older form, by underscores or as they ask; what
///   collides then is left out for them alone.
/// - The format is 0.0.4 of Prometheus, or `OpenMetrics` 1.0 for clients that prefer it; gzip for clients that take it.
///   Exponential histograms are written with the powers of two as bounds. `opentelemetry_sdk` makes no exemplars, so there
///   are none.
/// - Scrapes that come while a collection runs are all answered by the next one. A collection has the time that the client
///   says it has (`X-Prometheus-Scrape-Timeout-Seconds`), but not more than
///   [`with_timeout`](PrometheusReaderBuilder::with_timeout); what is not there by then is answered with 503. No client waits for
///   another one that is slow.
/// - A scrape that finds the series of the one before writes their numbers into the page that there was. One that finds a new
///   series, or one less, writes all of it anew, which takes about four times as long.
/// - A flush has nothing to do. A shutdown closes the port, and answers what was being asked.
///
/// Spec: Prometheus exporter; Metrics SDK, "Pull Metric Exporter".
pub struct PrometheusReader {
    pub(super) reader: PeriodicExportingMetricReader,
    pub(super) address: SocketAddr,
}

impl PrometheusReader {
    /// A reader on `localhost:9464`, if nothing else is said.
    pub fn builder() -> PrometheusReaderBuilder {
        PrometheusReaderBuilder::default()
    }

    /// Where it listens. Of port 0 this is what the system has chosen.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// A handle to shut it down, and to read its statistics: a page that was written counts as an export that was delivered.
    pub fn handle(&self) -> ReaderHandle {
        self.reader.handle()
    }
}

impl MetricReader for PrometheusReader {}

impl sealed::Reader for PrometheusReader {
    fn into_reader(self) -> PeriodicExportingMetricReader {
        self.reader
    }
}

impl fmt::Debug for PrometheusReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrometheusReader")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
