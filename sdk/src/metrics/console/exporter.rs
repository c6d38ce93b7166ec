//! Writes batches instead of sending them.

use std::fmt;
use std::io::{self, Write};

use futures_util::future::{BoxFuture, ready};
use parking_lot::Mutex;

use super::text;
use crate::export::{
    Batch, Deadline, ExportError, ExportFailure, ExportOutcome, Exporter, FailureReason,
};
use crate::metrics::batch::MetricBatch;
use crate::metrics::push::PushMetricExporter;
use crate::metrics::temporality::TemporalityPreference;

/// Writes each batch as text for people, or as a line of OTLP/JSON.
///
/// For local debugging, without a receiver. Writing blocks, so nothing slow should be at the other end.
///
/// ```
/// use otelbox_sdk::metrics::{ConsoleMetricExporter, PeriodicExportingMetricReader};
///
/// let reader = PeriodicExportingMetricReader::builder(ConsoleMetricExporter::stdout()).build()?;
/// # drop(reader);
/// # Ok::<(), otelbox_sdk::ConfigError>(())
/// ```
///
/// Spec: Metrics exporters, "Standard output" (format unspecified).
pub struct ConsoleMetricExporter {
    /// `None` after the shutdown.
    writer: Mutex<Option<Box<dyn Write + Send>>>,
    json_lines: bool,
    temporality: TemporalityPreference,
}

impl ConsoleMetricExporter {
    /// Writes to the standard output.
    pub fn stdout() -> Self {
        Self::to(io::stdout())
    }

    /// Writes to `writer`.
    pub fn to(writer: impl Write + Send + 'static) -> Self {
        Self {
            writer: Mutex::new(Some(Box::new(writer))),
            json_lines: false,
            temporality: TemporalityPreference::cumulative(),
        }
    }

    /// Writes each batch as one line of OTLP/JSON, an `ExportMetricsServiceRequest`.
    #[must_use]
    pub fn as_json_lines(mut self) -> Self {
        self.json_lines = true;
        self
    }

    /// The temporality for each kind of instrument. Default: cumulative for all.
    #[must_use]
    pub fn with_temporality(mut self, temporality: TemporalityPreference) -> Self {
        self.temporality = temporality;
        self
    }

    fn write(&self, batch: &MetricBatch) -> Result<(), FailureReason> {
        let bytes = if self.json_lines {
            let mut line = batch.to_json();
            line.push(b'\n');
            line
        } else {
            text::of(batch).into_bytes()
        };
        let mut writer = self.writer.lock();
        let writer = writer.as_mut().ok_or(FailureReason::ShutDown)?;
        writer
            .write_all(&bytes)
            .and_then(|()| writer.flush())
            .map_err(|error| FailureReason::Other(format!("cannot write: {error}")))
    }
}

impl Exporter<MetricBatch> for ConsoleMetricExporter {
    fn export<'a>(
        &'a self,
        batch: &'a MetricBatch,
        _deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome> {
        let outcome = match self.write(batch) {
            Ok(()) => ExportOutcome::Delivered { attempts: 1 },
            Err(reason) => ExportOutcome::Failed(ExportFailure::before_any_attempt(reason)),
        };
        Box::pin(ready(outcome))
    }

    fn shutdown(&self, _deadline: Deadline) -> BoxFuture<'_, Result<(), ExportError>> {
        let ended = match self.writer.lock().take() {
            Some(_) => Ok(()),
            None => Err(ExportError::AlreadyShutDown),
        };
        Box::pin(ready(ended))
    }

    fn description(&self) -> String {
        let format = if self.json_lines { "json" } else { "text" };
        format!("exporter=console format={format}")
    }
}

impl PushMetricExporter for ConsoleMetricExporter {
    fn temporality(&self) -> TemporalityPreference {
        self.temporality
    }
}

impl fmt::Debug for ConsoleMetricExporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsoleMetricExporter")
            .field("json_lines", &self.json_lines)
            .field("temporality", &self.temporality)
            .finish_non_exhaustive()
    }
}
