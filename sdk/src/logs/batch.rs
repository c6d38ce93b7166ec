//! Emitted log records, ready to be sent.

use std::borrow::Borrow;

use opentelemetry::InstrumentationScope;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLogRecord;

use super::convert;
#[cfg(feature = "console")]
use crate::console::text;
use crate::environment::Environment;
#[cfg(feature = "json")]
use crate::export::json;
use crate::export::sealed::Sealed;
use crate::export::{Batch, counted};
use crate::limits::LogLimits;
use crate::signal::Signal;

/// Log records of one resource, in the order in which they came, grouped by scope.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogBatch {
    /// The log records, as OTLP carries them.
    pub request: ExportLogsServiceRequest,
}

impl LogBatch {
    /// A batch of `request`.
    pub const fn new(request: ExportLogsServiceRequest) -> Self {
        Self { request }
    }

    /// A batch of `records`, each with its scope, of `resource`, within `limits`.
    ///
    /// The records are grouped by scope, both in the order in which they came. The target of a record, where it has one,
    /// is the name of its scope instead of the logger's, as with the stock exporter. A key that the attributes have more
    /// than once stays at its first place with its last value: `opentelemetry_sdk` leaves duplicates, and OTLP allows none.
    /// A time that is not known is 0. The limits do not apply to the body.
    pub fn of<R: Borrow<SdkLogRecord>, S: Borrow<InstrumentationScope>>(
        records: impl IntoIterator<Item = (R, S)>,
        resource: &Resource,
        limits: &LogLimits,
    ) -> Self {
        Self::new(convert::request(records, resource, limits))
    }

    /// Every log record, in order.
    pub fn log_records(&self) -> impl Iterator<Item = &LogRecord> {
        self.request
            .resource_logs
            .iter()
            .flat_map(|resource| &resource.scope_logs)
            .flat_map(|scope| &scope.log_records)
    }
}

impl Sealed for LogBatch {}

impl Batch for LogBatch {
    const SIGNAL: Signal = Signal::Logs;
    const ITEM: &'static str = "log record";

    type Request = ExportLogsServiceRequest;
    type Preference = ();

    fn preference_from(_environment: &Environment) {}

    fn request(&self) -> &ExportLogsServiceRequest {
        &self.request
    }

    #[cfg(feature = "json")]
    fn to_json(&self) -> Vec<u8> {
        json::logs(&self.request)
    }

    #[cfg(feature = "console")]
    fn to_text(&self) -> String {
        text::logs(self)
    }

    fn items(&self) -> u64 {
        self.log_records().count() as u64
    }

    fn contents(&self) -> String {
        format!("logs ({})", counted(self.items(), Self::ITEM))
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::logs::v1::{ResourceLogs, ScopeLogs};

    use super::*;

    #[test]
    fn log_records_of_all_scopes_are_items() {
        let scope_logs = |log_records| ScopeLogs {
            log_records: vec![LogRecord::default(); log_records],
            ..ScopeLogs::default()
        };
        let of = |scope_logs| {
            LogBatch::new(ExportLogsServiceRequest {
                resource_logs: vec![ResourceLogs {
                    scope_logs,
                    ..ResourceLogs::default()
                }],
            })
        };
        let batch = of(vec![scope_logs(1), scope_logs(1)]);
        assert_eq!(batch.contents(), "logs (2 log records)");
        assert!(!batch.is_empty());
        assert!(of(vec![scope_logs(0)]).is_empty());
        assert_eq!(of(vec![scope_logs(1)]).contents(), "logs (1 log record)");
    }
}
