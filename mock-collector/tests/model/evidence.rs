//! Exchanges made by hand, without a wire.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use otelbox_mock_collector::fault::{Action, GrpcCode};
use otelbox_mock_collector::journal::{
    End, ExchangeHandle, Journal, OpenExchange, RequestBody, RequestHead, SentAnswer,
};
use otelbox_mock_collector::{Decision, FaultRef, Protocol, Signal, VirtualWallClock};
use prost::Message;

/// 2025-01-01T00:00:00Z.
pub(crate) const EPOCH: u64 = 1_735_689_600_000_000_000;

pub(crate) fn journal() -> Journal {
    journal_within(usize::MAX)
}

pub(crate) fn journal_within(budget_bytes: usize) -> Journal {
    Journal::new(budget_bytes, Arc::new(VirtualWallClock::starting_at(EPOCH)))
}

pub(crate) fn head(signal: Signal) -> RequestHead {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/grpc"));
    headers.insert("user-agent", HeaderValue::from_static("some/1.0"));
    RequestHead {
        method: Method::POST,
        target: signal.grpc_path().to_owned(),
        version: Version::HTTP_2,
        headers,
        grpc_timeout: None,
    }
}

pub(crate) fn open(journal: &Journal, signal: Signal) -> OpenExchange {
    journal.receive(1, Some(signal), Some(Protocol::Grpc), head(signal))
}

pub(crate) fn complete_body(body: &[u8]) -> RequestBody {
    RequestBody {
        wire: Bytes::copy_from_slice(body),
        complete: true,
        message_count: 1,
        ..RequestBody::default()
    }
}

/// An exchange whose request has been read and decided on.
pub(crate) fn begin(
    journal: &Journal,
    signal: Signal,
    body: &[u8],
    action: Action,
) -> ExchangeHandle {
    let mut open = open(journal, signal);
    open.body(complete_body(body), Some(Bytes::copy_from_slice(body)));
    let fault = (action != Action::Accept).then(|| FaultRef {
        ordinal: 1,
        name: "fault-1".to_owned(),
    });
    open.begin(Decision { fault, action })
}

/// An exchange that was answered with this code.
pub(crate) fn answered(journal: &Journal, signal: Signal, body: &[u8], action: Action, code: u32) {
    begin(journal, signal, body, action).complete(Some(answer(code)), End::Answered);
}

/// An exchange that was accepted.
pub(crate) fn accepted(journal: &Journal, signal: Signal, body: &[u8]) {
    answered(journal, signal, body, Action::Accept, 0);
}

pub(crate) fn answer(code: u32) -> SentAnswer {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/grpc"));
    SentAnswer {
        http_status: StatusCode::OK,
        grpc_status: Some(GrpcCode::new(code)),
        message: None,
        headers,
        trailers: HeaderMap::new(),
        body: Bytes::new(),
        body_bytes: 0,
    }
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        key_strindex: 0,
    }
}

/// One point of the counter `otelbox.items`: `temporality` 1 is delta, 2 cumulative; times in seconds since the epoch.
pub(crate) fn counter(temporality: i32, value: i64, start: u64, time: u64) -> Vec<u8> {
    let nanoseconds = |seconds: u64| EPOCH + seconds * 1_000_000_000;
    let point = NumberDataPoint {
        start_time_unix_nano: nanoseconds(start),
        time_unix_nano: nanoseconds(time),
        value: Some(number_data_point::Value::AsInt(value)),
        attributes: vec![
            attribute("z", Value::IntValue(1)),
            attribute("a", Value::StringValue("b".to_owned())),
        ],
        ..NumberDataPoint::default()
    };
    let sum = Sum {
        data_points: vec![point],
        aggregation_temporality: temporality,
        is_monotonic: true,
    };
    let metric = Metric {
        name: "otelbox.items".to_owned(),
        data: Some(Data::Sum(sum)),
        ..Metric::default()
    };
    let resource = Resource {
        attributes: vec![attribute(
            "service.name",
            Value::StringValue("checkout".to_owned()),
        )],
        ..Resource::default()
    };
    let request = ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(resource),
            scope_metrics: vec![ScopeMetrics {
                metrics: vec![metric],
                ..ScopeMetrics::default()
            }],
            ..ResourceMetrics::default()
        }],
    };
    request.encode_to_vec()
}

/// Log records that carry `otelbox.item`.
pub(crate) fn logs(items: &[i64]) -> Vec<u8> {
    let record = |item: &i64| LogRecord {
        attributes: vec![attribute("otelbox.item", Value::IntValue(*item))],
        ..LogRecord::default()
    };
    let scope = ScopeLogs {
        log_records: items.iter().map(record).collect(),
        ..ScopeLogs::default()
    };
    let resource = ResourceLogs {
        scope_logs: vec![scope],
        ..ResourceLogs::default()
    };
    ExportLogsServiceRequest {
        resource_logs: vec![resource],
    }
    .encode_to_vec()
}
