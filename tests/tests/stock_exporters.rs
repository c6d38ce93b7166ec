//! The mock collector receives from exporters that were not written here: those of `opentelemetry-otlp`, all signals over
//! all protocols. What arrives is compared with what was handed to the API.

use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
use opentelemetry::{KeyValue, metrics};
use opentelemetry_otlp::{
    ExporterBuildError, LogExporter, MetricExporter, SpanExporter, WithExportConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::SdkTracerProvider;
use otelbox_mock_collector::{MockCollector, Protocol, Signal};
use tokio::runtime::Runtime;

/// A collector on a runtime of its own, because the blocking HTTP exporters must not run on one.
struct Fixture {
    runtime: Runtime,
    collector: MockCollector,
    protocol: Protocol,
}

impl Fixture {
    fn new(protocol: Protocol) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let collector = runtime
            .block_on(MockCollector::start())
            .expect("a collector");
        Self {
            runtime,
            collector,
            protocol,
        }
    }

    /// The endpoint to give to an exporter of one signal.
    fn endpoint(&self, signal: Signal) -> String {
        match self.protocol {
            Protocol::Grpc => self.collector.grpc_endpoint(),
            Protocol::HttpProtobuf | Protocol::HttpJson => {
                format!("{}{}", self.collector.http_endpoint(), signal.http_path())
            }
        }
    }

    /// The journal says: one export of this signal over this protocol, taken at the first attempt, with so many items.
    #[track_caller]
    fn received_once(self, signal: Signal, items: u64) {
        let journal = self.runtime.block_on(self.collector.stop());
        let seen: Vec<_> = journal
            .exchanges()
            .iter()
            .map(|exchange| {
                (
                    exchange.signal,
                    exchange.protocol,
                    exchange.attempt,
                    exchange.accepted_items(),
                )
            })
            .collect();
        assert_eq!(seen, [(Some(signal), Some(self.protocol), 1, items)]);
    }
}

/// The three ways to build one of the stock exporters, which are three types.
macro_rules! exporter {
    ($exporter:ident, $fixture:expr, $signal:expr) => {{
        let endpoint = $fixture.endpoint($signal);
        let built: Result<$exporter, ExporterBuildError> = match $fixture.protocol {
            Protocol::Grpc => $exporter::builder()
                .with_tonic()
                .with_endpoint(endpoint)
                .build(),
            Protocol::HttpProtobuf => $exporter::builder()
                .with_http()
                .with_protocol(opentelemetry_otlp::Protocol::HttpBinary)
                .with_endpoint(endpoint)
                .build(),
            Protocol::HttpJson => $exporter::builder()
                .with_http()
                .with_protocol(opentelemetry_otlp::Protocol::HttpJson)
                .with_endpoint(endpoint)
                .build(),
        };
        built.expect("the stock exporter is built")
    }};
}

fn resource() -> Resource {
    Resource::builder_empty()
        .with_attribute(KeyValue::new("service.name", "stock"))
        .build()
}

fn send_metrics(protocol: Protocol) {
    let fixture = Fixture::new(protocol);
    let inside = fixture.runtime.enter();
    let reader =
        PeriodicReader::builder(exporter!(MetricExporter, fixture, Signal::Metrics)).build();
    let provider = SdkMeterProvider::builder()
        .with_reader(reader)
        .with_resource(resource())
        .build();
    drop(inside);

    let meter: metrics::Meter = provider.meter("stock");
    let requests = meter.u64_counter("requests").build();
    requests.add(3, &[KeyValue::new("http.route", "/checkout")]);
    requests.add(4, &[KeyValue::new("http.route", "/cart")]);
    meter
        .f64_histogram("request.duration")
        .build()
        .record(42.5, &[]);
    meter.i64_gauge("pool.size").build().record(7, &[]);
    provider.force_flush().expect("the flush succeeds");

    fixture.received_once(Signal::Metrics, 4);
}

fn send_spans(protocol: Protocol) {
    let fixture = Fixture::new(protocol);
    let inside = fixture.runtime.enter();
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter!(SpanExporter, fixture, Signal::Traces))
        .with_resource(resource())
        .build();
    drop(inside);

    let tracer = provider.tracer("stock");
    for item in 0..5 {
        let mut span = tracer.start("checkout");
        span.set_attribute(KeyValue::new("otelbox.item", item));
        span.end();
    }
    provider.force_flush().expect("the flush succeeds");

    fixture.received_once(Signal::Traces, 5);
}

fn send_log_records(protocol: Protocol) {
    let fixture = Fixture::new(protocol);
    let inside = fixture.runtime.enter();
    let provider = SdkLoggerProvider::builder()
        .with_batch_exporter(exporter!(LogExporter, fixture, Signal::Logs))
        .with_resource(resource())
        .build();
    drop(inside);

    let logger = provider.logger("stock");
    for item in 0..6 {
        let mut record = logger.create_log_record();
        record.set_severity_number(Severity::Info);
        record.set_body(AnyValue::from("order placed"));
        record.add_attribute("otelbox.item", item);
        logger.emit(record);
    }
    provider.force_flush().expect("the flush succeeds");

    fixture.received_once(Signal::Logs, 6);
}

#[test]
fn metrics_over_grpc() {
    send_metrics(Protocol::Grpc);
}

#[test]
fn metrics_over_http_protobuf() {
    send_metrics(Protocol::HttpProtobuf);
}

#[test]
fn metrics_over_http_json() {
    send_metrics(Protocol::HttpJson);
}

#[test]
fn spans_over_grpc() {
    send_spans(Protocol::Grpc);
}

#[test]
fn spans_over_http_protobuf() {
    send_spans(Protocol::HttpProtobuf);
}

#[test]
fn spans_over_http_json() {
    send_spans(Protocol::HttpJson);
}

#[test]
fn log_records_over_grpc() {
    send_log_records(Protocol::Grpc);
}

#[test]
fn log_records_over_http_protobuf() {
    send_log_records(Protocol::HttpProtobuf);
}

#[test]
fn log_records_over_http_json() {
    send_log_records(Protocol::HttpJson);
}
