//! Writes batches instead of sending them.

use std::fmt;
use std::io::{self, Write};

use futures_util::future::{BoxFuture, ready};
use parking_lot::Mutex;

use crate::environment::Environment;
use crate::export::{
    Batch, Deadline, ExportError, ExportFailure, ExportOutcome, Exporter, FailureReason,
};
use crate::statistics::{Counters, Statistics};

/// Writes each batch as text for people, or as a line of OTLP/JSON.
///
/// For local debugging, without a receiver. Writing blocks, so nothing slow should be at the other end. A batch that cannot
/// be written (a full disk, a pipe that nobody reads any longer) is a failed export, counted, and never a panic. A batch
/// without items is not written.
///
/// ```
/// use otelbox_sdk::metrics::{ConsoleMetricExporter, PeriodicExportingMetricReader};
///
/// let reader = PeriodicExportingMetricReader::builder(ConsoleMetricExporter::stdout()).build()?;
/// # drop(reader);
/// # Ok::<(), otelbox_sdk::ConfigError>(())
/// ```
///
/// Spec: metrics, span and log record exporters, "Standard output" (format unspecified).
pub struct ConsoleExporter<B: Batch> {
    /// `None` after the shutdown.
    writer: Mutex<Option<Box<dyn Write + Send>>>,
    json_lines: bool,
    pub(super) preference: B::Preference,
    counters: Counters,
}

impl<B: Batch> ConsoleExporter<B> {
    /// Writes to the standard output.
    pub fn stdout() -> Self {
        Self::to(io::stdout())
    }

    /// Writes to `writer`.
    pub fn to(writer: impl Write + Send + 'static) -> Self {
        Self {
            writer: Mutex::new(Some(Box::new(writer))),
            json_lines: false,
            preference: B::preference_from(&Environment::empty()),
            counters: Counters::new(),
        }
    }

    /// Writes each batch as one line of OTLP/JSON: the export request of its signal.
    #[must_use]
    pub fn as_json_lines(mut self) -> Self {
        self.json_lines = true;
        self
    }

    fn write(&self, batch: &B) -> Result<(), FailureReason> {
        let bytes = if self.json_lines {
            let mut line = batch.to_json();
            line.push(b'\n');
            line
        } else {
            batch.to_text().into_bytes()
        };
        let mut writer = self.writer.lock();
        let writer = writer.as_mut().ok_or(FailureReason::ShutDown)?;
        self.counters.count(|counts| {
            counts.attempts += 1;
            counts.encoded_bytes += bytes.len() as u64;
        });
        writer
            .write_all(&bytes)
            .and_then(|()| writer.flush())
            .map_err(|error| FailureReason::Other(format!("cannot write: {error}")))?;
        self.counters
            .count(|counts| counts.sent_bytes += bytes.len() as u64);
        Ok(())
    }
}

impl<B: Batch> Exporter<B> for ConsoleExporter<B> {
    fn export<'a>(&'a self, batch: &'a B, _deadline: Deadline) -> BoxFuture<'a, ExportOutcome> {
        if batch.is_empty() {
            return Box::pin(ready(ExportOutcome::Delivered { attempts: 0 }));
        }
        self.counters.count(|counts| counts.exports += 1);
        let outcome = match self.write(batch) {
            Ok(()) => {
                self.counters.count(|counts| counts.delivered += 1);
                ExportOutcome::Delivered { attempts: 1 }
            }
            Err(reason) => {
                self.counters.count(|counts| {
                    counts.failed += 1;
                    counts.dropped_items += batch.items();
                });
                ExportOutcome::Failed(ExportFailure::before_any_attempt(reason))
            }
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

    fn statistics(&self) -> Statistics {
        self.counters.snapshot()
    }

    fn description(&self) -> String {
        let format = if self.json_lines { "json" } else { "text" };
        format!("exporter=console format={format}")
    }
}

impl<B: Batch> fmt::Debug for ConsoleExporter<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsoleExporter")
            .field("signal", &B::SIGNAL)
            .field("json_lines", &self.json_lines)
            .field("preference", &self.preference)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
    use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
    use serde_json::{Value, json};

    use super::*;
    use crate::logs::{ConsoleLogRecordExporter, LogBatch};

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn records(event_names: &[&str]) -> LogBatch {
        let record = |name: &&str| LogRecord {
            event_name: (*name).to_owned(),
            ..LogRecord::default()
        };
        LogBatch::new(ExportLogsServiceRequest {
            resource_logs: vec![ResourceLogs {
                scope_logs: vec![ScopeLogs {
                    log_records: event_names.iter().map(record).collect(),
                    ..ScopeLogs::default()
                }],
                ..ResourceLogs::default()
            }],
        })
    }

    async fn exported(exporter: &ConsoleLogRecordExporter, batch: &LogBatch) -> ExportOutcome {
        exporter.export(batch, Deadline::none()).await
    }

    #[tokio::test]
    async fn a_line_of_json_for_each_batch_and_none_for_an_empty_one() {
        let paper = Paper::default();
        let exporter = ConsoleLogRecordExporter::to(paper.clone()).as_json_lines();
        for batch in [records(&["a", "b"]), records(&[]), records(&["c"])] {
            let outcome = exported(&exporter, &batch).await;
            assert!(outcome.is_delivered(), "{outcome:?}");
        }
        let text = String::from_utf8(paper.0.lock().clone()).expect("text");
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        let line =
            |records: Value| json!({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]});
        assert_eq!(
            lines,
            [
                line(json!([{"eventName": "a"}, {"eventName": "b"}])),
                line(json!([{"eventName": "c"}])),
            ]
        );
        let counts = exporter.statistics();
        assert_eq!((counts.exports, counts.delivered), (2, 2));
        assert_eq!(counts.sent_bytes, text.len() as u64);
    }

    #[tokio::test]
    async fn a_pipe_that_nobody_reads_any_longer_is_a_counted_failure() {
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        let exporter = ConsoleLogRecordExporter::to(writer);
        let outcome = exported(&exporter, &records(&["a", "b"])).await;
        let ExportOutcome::Failed(failure) = outcome else {
            panic!("{outcome:?}");
        };
        assert!(
            failure.to_string().starts_with("cannot write: "),
            "{failure}"
        );
        let counts = exporter.statistics();
        assert_eq!((counts.exports, counts.failed), (1, 1));
        assert_eq!((counts.dropped_items, counts.sent_bytes), (2, 0));
    }

    #[tokio::test]
    async fn nothing_is_written_after_the_shutdown() {
        let paper = Paper::default();
        let exporter = ConsoleLogRecordExporter::to(paper.clone());
        assert_eq!(exporter.shutdown(Deadline::none()).await, Ok(()));
        let outcome = exported(&exporter, &records(&["a"])).await;
        let shut_down = ExportFailure::before_any_attempt(FailureReason::ShutDown);
        assert_eq!(outcome, ExportOutcome::Failed(shut_down));
        assert_eq!(exporter.statistics().dropped_items, 1);
        assert_eq!(
            exporter.shutdown(Deadline::none()).await,
            Err(ExportError::AlreadyShutDown)
        );
        assert!(paper.0.lock().is_empty());
    }
}
