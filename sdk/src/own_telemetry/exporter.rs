//! What an exporter tells.

use std::sync::OnceLock;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter, UpDownCounter};
use tokio::time::Instant;
use tonic::Code;

use super::{OwnTelemetry, with_error};
use crate::endpoint::Endpoint;
use crate::export::{
    AttemptError, ConnectionErrorKind, ExportFailure, ExportOutcome, FailureReason,
};
use crate::protocol::Protocol;
use crate::signal::Signal;

/// What one exporter tells about its exports.
pub(crate) struct ExporterTelemetry {
    own: OwnTelemetry,
    signal: Signal,
    attributes: Vec<KeyValue>,
    instruments: OnceLock<Instruments>,
}

struct Instruments {
    /// Absent for metrics: a reader does not collect while it exports, so it would be 0 in every collection.
    inflight: Option<UpDownCounter<i64>>,
    exported: Counter<u64>,
    duration: Histogram<f64>,
    attempts: Counter<u64>,
    retries: Counter<u64>,
    sent: Counter<u64>,
}

impl ExporterTelemetry {
    /// An exporter of the type that `otel.component.type` is to say.
    pub(crate) fn new(
        own: &OwnTelemetry,
        component_type: &'static str,
        signal: Signal,
        endpoint: &Endpoint,
    ) -> Self {
        let mut attributes = own.component(component_type);
        attributes.push(KeyValue::new("server.address", endpoint.host().to_owned()));
        attributes.push(KeyValue::new("server.port", i64::from(endpoint.port())));
        Self {
            own: own.clone(),
            signal,
            attributes,
            instruments: OnceLock::new(),
        }
    }

    /// An export of `items` begins.
    pub(crate) fn begin(&self, items: u64) -> Option<OwnExport<'_>> {
        let instruments = if let Some(instruments) = self.instruments.get() {
            instruments
        } else {
            let meter = self.own.meter()?;
            self.instruments
                .get_or_init(|| Instruments::new(meter, self.signal))
        };
        let items = i64::try_from(items).unwrap_or(i64::MAX);
        instruments.change_inflight(items, &self.attributes);
        Some(OwnExport {
            instruments,
            attributes: &self.attributes,
            items,
            began: Instant::now(),
        })
    }
}

impl Instruments {
    fn new(meter: &Meter, signal: Signal) -> Self {
        let (item, unit) = match signal {
            Signal::Metrics => ("metric_data_point", "{data_point}"),
            Signal::Traces => ("span", "{span}"),
            Signal::Logs => ("log", "{log_record}"),
        };
        Self {
            inflight: (signal != Signal::Metrics).then(|| {
                meter
                    .i64_up_down_counter(format!("otel.sdk.exporter.{item}.inflight"))
                    .with_unit(unit)
                    .with_description(
                        "Items that were handed to the exporter and are not done with",
                    )
                    .build()
            }),
            exported: meter
                .u64_counter(format!("otel.sdk.exporter.{item}.exported"))
                .with_unit(unit)
                .with_description("Items whose export is over; error.type says why it failed")
                .build(),
            duration: meter
                .f64_histogram("otel.sdk.exporter.operation.duration")
                .with_unit("s")
                .with_description("Time that exports took, with all attempts and waits")
                .with_boundaries(Vec::new())
                .build(),
            attempts: meter
                .u64_counter("otelbox.sdk.exporter.attempts")
                .with_unit("{attempt}")
                .with_description("Requests on the wire, retries included")
                .build(),
            retries: meter
                .u64_counter("otelbox.sdk.exporter.retries")
                .with_unit("{attempt}")
                .with_description("Requests on the wire after the first of their export")
                .build(),
            sent: meter
                .u64_counter("otelbox.sdk.exporter.sent")
                .with_unit("By")
                .with_description("Bytes of request bodies on the wire, each attempt counted")
                .build(),
        }
    }

    fn change_inflight(&self, by: i64, attributes: &[KeyValue]) {
        if let Some(inflight) = &self.inflight {
            inflight.add(by, attributes);
        }
    }
}

/// One export that is told about. Dropped without an outcome, it is told as abandoned.
pub(crate) struct OwnExport<'a> {
    instruments: &'a Instruments,
    attributes: &'a [KeyValue],
    items: i64,
    began: Instant,
}

impl OwnExport<'_> {
    pub(crate) fn attempt_begins(&self, number: u32, body_bytes: usize) {
        let instruments = self.instruments;
        instruments.attempts.add(1, self.attributes);
        if number > 1 {
            instruments.retries.add(1, self.attributes);
        }
        instruments.sent.add(body_bytes as u64, self.attributes);
    }

    /// The export is over. So many items were not sent, because the format cannot carry them.
    pub(crate) fn ended(&self, outcome: &ExportOutcome, left_out: u64) {
        let left_out = i64::try_from(left_out).unwrap_or(i64::MAX).min(self.items);
        if left_out > 0 && outcome.is_delivered() {
            self.exported(left_out, Some("left_out"));
        }
        let sent = self.items - left_out;
        match outcome {
            ExportOutcome::Delivered { .. } => self.told(sent, None),
            ExportOutcome::PartialSuccess { rejected, .. } => {
                // A receiver can say any number; no more can be rejected than was sent.
                let rejected = (*rejected).clamp(0, sent);
                if rejected > 0 {
                    self.exported(rejected, Some("rejected"));
                }
                self.told(sent - rejected, None);
            }
            ExportOutcome::Failed(failure) => self.told(self.items, Some(error_type(failure))),
        }
    }

    pub(crate) fn abandoned(&self) {
        self.told(self.items, Some("abandoned"));
    }

    fn told(&self, items: i64, error: Option<&'static str>) {
        let instruments = self.instruments;
        instruments.change_inflight(-self.items, self.attributes);
        self.exported(items, error);
        let seconds = self.began.elapsed().as_secs_f64();
        match error {
            None => instruments.duration.record(seconds, self.attributes),
            Some(error) => instruments
                .duration
                .record(seconds, &with_error(self.attributes, error)),
        }
    }

    fn exported(&self, items: i64, error: Option<&'static str>) {
        let items = items.unsigned_abs();
        match error {
            None => self.instruments.exported.add(items, self.attributes),
            Some(error) => self
                .instruments
                .exported
                .add(items, &with_error(self.attributes, error)),
        }
    }
}

/// Spec: semantic conventions, `otel.component.type` (well-known values).
pub(crate) const fn otlp_component_type(signal: Signal, protocol: Protocol) -> &'static str {
    match (signal, protocol) {
        (Signal::Metrics, Protocol::Grpc) => "otlp_grpc_metric_exporter",
        (Signal::Metrics, Protocol::HttpProtobuf) => "otlp_http_metric_exporter",
        (Signal::Metrics, Protocol::HttpJson) => "otlp_http_json_metric_exporter",
        (Signal::Traces, Protocol::Grpc) => "otlp_grpc_span_exporter",
        (Signal::Traces, Protocol::HttpProtobuf) => "otlp_http_span_exporter",
        (Signal::Traces, Protocol::HttpJson) => "otlp_http_json_span_exporter",
        (Signal::Logs, Protocol::Grpc) => "otlp_grpc_log_exporter",
        (Signal::Logs, Protocol::HttpProtobuf) => "otlp_http_log_exporter",
        (Signal::Logs, Protocol::HttpJson) => "otlp_http_json_log_exporter",
    }
}

/// Why an export failed, as one of few words: the last answer where there was one, else what ended it.
fn error_type(failure: &ExportFailure) -> &'static str {
    if let Some(status) = &failure.last_status {
        return match status {
            AttemptError::Grpc(status) => match status.code {
                // An answer that ends an export is never this one.
                Code::Ok => "_OTHER",
                _ => status.code_name(),
            },
            AttemptError::Http(http) => http_error_type(http.status.as_u16()),
            AttemptError::Connection(connection) => match connection.kind {
                ConnectionErrorKind::Refused => "connection_refused",
                ConnectionErrorKind::UnknownName => "unknown_name",
                ConnectionErrorKind::NotConnected => "not_connected",
                ConnectionErrorKind::Tls => "tls",
                ConnectionErrorKind::Lost | ConnectionErrorKind::Silent => "connection_lost",
                ConnectionErrorKind::Protocol | ConnectionErrorKind::Speaks(_) => "protocol",
            },
            AttemptError::TimedOut(_) => "timeout",
            AttemptError::Answer(_) => "unusable_answer",
        };
    }
    match failure.reason {
        FailureReason::DeadlineExceeded | FailureReason::RetryWouldPassDeadline { .. } => "timeout",
        FailureReason::TooLarge { .. } => "too_large",
        FailureReason::ShutDown => "shut_down",
        FailureReason::UnusableAnswer => "unusable_answer",
        FailureReason::NotEncodable(_) => "not_encodable",
        // The last two are never the reason of an exporter.
        FailureReason::Refused
        | FailureReason::Other(_)
        | FailureReason::CarryOverflow { .. }
        | FailureReason::NotMergeable => "_OTHER",
    }
}

/// The statuses that receivers and proxies really answer, by number; all others by their class.
fn http_error_type(status: u16) -> &'static str {
    const KNOWN: [(u16, &str); 13] = [
        (400, "400"),
        (401, "401"),
        (403, "403"),
        (404, "404"),
        (405, "405"),
        (408, "408"),
        (413, "413"),
        (415, "415"),
        (429, "429"),
        (500, "500"),
        (502, "502"),
        (503, "503"),
        (504, "504"),
    ];
    let by_class = match status / 100 {
        3 => "3xx",
        4 => "4xx",
        5 => "5xx",
        _ => "_OTHER",
    };
    KNOWN
        .into_iter()
        .find_map(|(known, name)| (known == status).then_some(name))
        .unwrap_or(by_class)
}
