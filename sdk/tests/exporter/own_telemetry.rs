//! What the SDK tells about itself.

use std::collections::BTreeMap;

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_sdk::trace::SdkTracerProvider;
use otelbox_sdk::traces::{BatchSpanProcessor, SpanBatch};
use otelbox_sdk::{
    Deadline, Environment, Exporter, MeterProvider, OwnTelemetry, PeriodicExportingMetricReader,
    Protocol, TemporalityPreference,
};
use prost::Message;
use tokio::time::sleep;

use crate::receiver::{Receiver, batch, http, secs};

/// The points of one body by metric and error type: the value of a sum, the count of a histogram.
fn told(body: &[u8]) -> BTreeMap<String, u64> {
    let request = ExportMetricsServiceRequest::decode(body).expect("a request");
    let metrics = request
        .resource_metrics
        .iter()
        .flat_map(|resource| &resource.scope_metrics)
        .flat_map(|scope| &scope.metrics);
    let mut told = BTreeMap::new();
    for metric in metrics {
        let points: Vec<_> = match metric.data.as_ref().expect("data") {
            Data::Sum(sum) => sum
                .data_points
                .iter()
                .map(|point| match point.value {
                    Some(Value::AsInt(value)) => (&point.attributes, value.unsigned_abs()),
                    _ => panic!("{} is not a whole number", metric.name),
                })
                .collect(),
            Data::Histogram(histogram) => histogram
                .data_points
                .iter()
                .map(|point| (&point.attributes, point.count))
                .collect(),
            _ => panic!("{} is of no kind that is told", metric.name),
        };
        for (attributes, value) in points {
            let error = attributes
                .iter()
                .find(|attribute| attribute.key == "error.type")
                .and_then(|attribute| attribute.value.as_ref()?.value.as_ref())
                .map_or(String::new(), |value| match value {
                    any_value::Value::StringValue(text) => format!(" {text}"),
                    _ => panic!("error.type is no text"),
                });
            told.insert(format!("{}{error}", metric.name), value);
        }
    }
    told
}

fn provider(receiver: &Receiver, own_telemetry: &OwnTelemetry) -> MeterProvider {
    let exporter = receiver
        .exporter()
        .with_temporality(TemporalityPreference::delta())
        .with_own_telemetry(own_telemetry)
        .build()
        .expect("an exporter");
    let reader = PeriodicExportingMetricReader::builder(exporter)
        .with_interval(secs(15))
        .with_timeout(secs(10))
        .with_env(&Environment::empty())
        .with_own_telemetry(own_telemetry)
        .on_current_runtime()
        .build()
        .expect("a reader");
    MeterProvider::builder()
        .with_reader(reader)
        .build()
        .expect("a provider")
}

#[tokio::test(start_paused = true)]
async fn an_export_is_told_once_and_the_telling_is_not_told_again() {
    let receiver = Receiver::new(Protocol::HttpProtobuf, [http(503)]);
    let own_telemetry = OwnTelemetry::new();
    let provider = provider(&receiver, &own_telemetry);
    own_telemetry.attach(&provider);
    provider
        .meter("shop")
        .u64_counter("requests")
        .build()
        .add(7, &[]);
    sleep(secs(3600)).await;

    let seen = receiver.seen();
    assert_eq!(
        seen.len(),
        3,
        "an export with a retry, and one that tells of it"
    );
    let own: Vec<_> = told(&seen[2].body).into_iter().collect();
    let expected = [
        ("otel.sdk.exporter.metric_data_point.exported", 1),
        ("otel.sdk.exporter.operation.duration", 1),
        ("otel.sdk.metric_reader.collection.duration", 1),
        ("otelbox.sdk.exporter.attempts", 2),
        ("otelbox.sdk.exporter.retries", 1),
    ];
    let (sent, own): (Vec<_>, Vec<_>) = own
        .into_iter()
        .partition(|(name, _)| name == "otelbox.sdk.exporter.sent");
    assert_eq!(own, expected.map(|(name, value)| (name.to_owned(), value)));
    assert_eq!(sent[0].1, 2 * seen[0].body.len() as u64);
    assert_eq!(
        told(&seen[0].body).into_keys().collect::<Vec<_>>(),
        ["requests"]
    );
}

/// What is told of one export of three points that is answered with `replies`.
async fn told_of(replies: Vec<crate::receiver::Reply>) -> BTreeMap<String, u64> {
    let own_telemetry = OwnTelemetry::new();
    let told_to = Receiver::new(Protocol::HttpProtobuf, []);
    let provider = provider(&told_to, &OwnTelemetry::new());
    own_telemetry.attach(&provider);
    let receiver = Receiver::new(Protocol::HttpProtobuf, replies);
    let exporter = receiver
        .exporter()
        .with_own_telemetry(&own_telemetry)
        .build()
        .expect("an exporter");
    // What came of it is what is told.
    let _ = exporter.export(&batch(3), Deadline::within(secs(5))).await;
    provider.force_flush(secs(5)).await.expect("told");
    let mut told = told(&told_to.seen().last().expect("an export").body);
    told.retain(|name, _| name.contains("exported"));
    told
}

#[tokio::test(start_paused = true)]
async fn what_failed_is_told_with_its_reason() {
    let exported = |what: &str, items| {
        BTreeMap::from([(
            format!("otel.sdk.exporter.metric_data_point.exported{what}"),
            items,
        )])
    };
    assert_eq!(told_of(vec![]).await, exported("", 3));
    assert_eq!(told_of(vec![http(400)]).await, exported(" 400", 3));
    assert_eq!(told_of(vec![http(418)]).await, exported(" 4xx", 3));
    assert_eq!(told_of(vec![http(503); 9]).await, exported(" 503", 3));
}

#[tokio::test(start_paused = true)]
async fn a_processor_tells_what_it_handed_over_and_what_it_dropped() {
    let told_to = Receiver::new(Protocol::HttpProtobuf, []);
    let own_telemetry = OwnTelemetry::new();
    let spans = Receiver::new(Protocol::HttpProtobuf, []);
    let exporter = spans
        .exporter_of::<SpanBatch>()
        .with_own_telemetry(&own_telemetry)
        .build()
        .expect("an exporter");
    let processor = BatchSpanProcessor::builder(exporter)
        .with_max_queue_size(2)
        .with_max_export_batch_size(2)
        .with_env(&Environment::empty())
        .with_own_telemetry(&own_telemetry)
        .on_current_runtime()
        .build()
        .expect("a processor");
    let handle = processor.handle();
    let traces = SdkTracerProvider::builder()
        .with_span_processor(processor)
        .build();
    for number in 0..5 {
        drop(traces.tracer("shop").start(format!("order {number}")));
    }
    // The queue held two of the five: nothing has run since.
    let metrics = provider(&told_to, &OwnTelemetry::new());
    own_telemetry.attach(&metrics);
    handle.force_flush(secs(5)).await.expect("delivered");
    metrics.force_flush(secs(5)).await.expect("told");

    let mut told = told(&told_to.seen()[0].body);
    told.retain(|name, _| name.starts_with("otel.sdk."));
    let expected = [
        ("otel.sdk.exporter.operation.duration", 1),
        ("otel.sdk.exporter.span.exported", 2),
        ("otel.sdk.exporter.span.inflight", 0),
        ("otel.sdk.processor.span.processed", 2),
        ("otel.sdk.processor.span.processed queue_full", 3),
        ("otel.sdk.processor.span.queue.capacity", 2),
        ("otel.sdk.processor.span.queue.size", 0),
    ];
    assert_eq!(
        told.into_iter().collect::<Vec<_>>(),
        expected.map(|(name, value)| (name.to_owned(), value))
    );
}
