//! What the reference SDK makes of spans and log records, against what others make of the same: the conversions of
//! `opentelemetry-proto`, which it does not use, and the receiver's own decoder of OTLP/JSON, with which it shares nothing.

mod canonical;
mod generated;

use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::logs::tonic::group_logs_by_resource_and_scope;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use otelbox_mock_collector::json;
use otelbox_mock_collector::payload::Payload;
use otelbox_mock_collector::signal::Signal;
use otelbox_sdk::logs::LogBatch;
use otelbox_sdk::traces::SpanBatch;
use otelbox_sdk::{Batch, LogLimits, TraceLimits};
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;

use generated::{log_record, resource, span};

proptest! {
    #[test]
    fn spans_are_what_the_conversion_of_the_stock_exporter_makes_of_them(
        spans in vec(span(), 1..6),
    ) {
        let batch = SpanBatch::of(spans.clone(), &resource(), &TraceLimits::NONE);
        let stock = ResourceAttributesWithSchema::from(&resource());
        let mut expected = group_spans_by_resource_and_scope(spans, &stock);
        canonical::resource_spans(&mut expected);
        // By their bytes, as NaN is not equal to itself.
        let bytes = |all: &[opentelemetry_proto::tonic::trace::v1::ResourceSpans]| {
            all.iter().map(Message::encode_to_vec).collect::<Vec<_>>()
        };
        prop_assert_eq!(
            bytes(&batch.request.resource_spans),
            bytes(&expected),
            "{:#?}\n{:#?}",
            &batch.request.resource_spans,
            &expected
        );
    }

    #[test]
    fn log_records_are_what_the_conversion_of_the_stock_exporter_makes_of_them(
        records in vec(log_record(), 1..6),
    ) {
        let batch = LogBatch::of(records.clone(), &resource(), &LogLimits::NONE);
        let borrowed: Vec<_> = records.iter().map(|(record, scope)| (record, scope)).collect();
        let mut expected = group_logs_by_resource_and_scope(
            &opentelemetry_sdk::logs::LogBatch::new(&borrowed),
            &ResourceAttributesWithSchema::from(&resource()),
        );
        canonical::resource_logs(&mut expected);
        let mut actual = batch.request.resource_logs;
        canonical::scope_order(&mut actual);
        let bytes = |all: &[opentelemetry_proto::tonic::logs::v1::ResourceLogs]| {
            all.iter().map(Message::encode_to_vec).collect::<Vec<_>>()
        };
        prop_assert_eq!(bytes(&actual), bytes(&expected), "{:#?}\n{:#?}", &actual, &expected);
    }

    #[test]
    fn the_json_of_spans_says_what_their_protobuf_says(spans in vec(span(), 1..6)) {
        let batch = SpanBatch::of(spans, &resource(), &TraceLimits::NONE);
        let Ok(Payload::Traces(read)) = json::decode(Signal::Traces, &batch.to_json()) else {
            return Err(TestCaseError::fail("not read as traces"));
        };
        prop_assert_eq!(
            read.encode_to_vec(),
            batch.request.encode_to_vec(),
            "{}",
            String::from_utf8_lossy(&batch.to_json())
        );
    }

    #[test]
    fn the_json_of_log_records_says_what_their_protobuf_says(records in vec(log_record(), 1..6)) {
        let batch = LogBatch::of(records, &resource(), &LogLimits::NONE);
        let Ok(Payload::Logs(read)) = json::decode(Signal::Logs, &batch.to_json()) else {
            return Err(TestCaseError::fail("not read as logs"));
        };
        prop_assert_eq!(
            read.encode_to_vec(),
            batch.request.encode_to_vec(),
            "{}",
            String::from_utf8_lossy(&batch.to_json())
        );
    }
}
