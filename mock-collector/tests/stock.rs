//! The collector against exporters that do not come from here: the stock `opentelemetry-otlp`, all signals over all
//! protocols.
#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use opentelemetry::logs::{LogRecord as _, Logger as _, LoggerProvider as _};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use opentelemetry_otlp::{
    Compression, LogExporter, MetricExporter, SpanExporter, WithExportConfig as _,
    WithHttpConfig as _, WithTonicConfig as _,
};
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use otelbox_mock_collector::fault::{
    always, grpc, http, on_attempt, partial_success, secs, status,
};
use otelbox_mock_collector::journal::Journal;
use otelbox_mock_collector::{MockCollector, MockCollectorBuilder, Protocol, Signal};
use tonic::Code;

const LONG: Duration = Duration::from_secs(60);

/// Where a stock exporter sends to, and how.
#[derive(Clone, Debug)]
struct Target {
    endpoint: String,
    protocol: Protocol,
    gzip: bool,
}

impl Target {
    fn of(collector: &MockCollector, protocol: Protocol, signal: Signal) -> Self {
        // In this workspace reqwest comes without a provider of cryptography. Another test may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let endpoint = match protocol {
            Protocol::Grpc => collector.grpc_endpoint(),
            // An endpoint that is given in code is taken as it is.
            _ => format!("{}{}", collector.http_endpoint(), signal.http_path()),
        };
        Self {
            endpoint,
            protocol,
            gzip: false,
        }
    }
}

macro_rules! exporter {
    ($exporter:ident, $target:expr) => {{
        let target = $target;
        let timeout = Duration::from_secs(10);
        match target.protocol {
            Protocol::Grpc => {
                let builder = $exporter::builder()
                    .with_tonic()
                    .with_endpoint(target.endpoint)
                    .with_timeout(timeout);
                if target.gzip {
                    builder.with_compression(Compression::Gzip).build()
                } else {
                    builder.build()
                }
            }
            protocol => {
                let protocol = match protocol {
                    Protocol::HttpJson => opentelemetry_otlp::Protocol::HttpJson,
                    _ => opentelemetry_otlp::Protocol::HttpBinary,
                };
                let builder = $exporter::builder()
                    .with_http()
                    .with_protocol(protocol)
                    .with_endpoint(target.endpoint)
                    .with_timeout(timeout);
                if target.gzip {
                    builder.with_compression(Compression::Gzip).build()
                } else {
                    builder.build()
                }
            }
        }
        .expect("an exporter")
    }};
}

/// Counts three requests and shuts down.
fn export_metrics(target: Target) {
    let provider = SdkMeterProvider::builder()
        .with_periodic_exporter(exporter!(MetricExporter, target))
        .build();
    let counter = provider.meter("stock").u64_counter("requests").build();
    for route in ["/a", "/b", "/c"] {
        counter.add(1, &[opentelemetry::KeyValue::new("route", route)]);
    }
    // Whether it got through is for the journal to tell.
    let _ = provider.shutdown();
}

/// Makes two spans and shuts down.
fn export_traces(target: Target) {
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter!(SpanExporter, target))
        .build();
    let tracer = provider.tracer("stock");
    drop(tracer.start("one"));
    drop(tracer.start("two"));
    let _ = provider.shutdown();
}

/// Logs one record and shuts down.
fn export_logs(target: Target) {
    let provider = SdkLoggerProvider::builder()
        .with_batch_exporter(exporter!(LogExporter, target))
        .build();
    let logger = provider.logger("stock");
    let mut record = logger.create_log_record();
    record.set_body("hello".into());
    logger.emit(record);
    let _ = provider.shutdown();
}

async fn export(signal: Signal, target: Target) {
    let export = match signal {
        Signal::Metrics => export_metrics,
        Signal::Traces => export_traces,
        Signal::Logs => export_logs,
        Signal::Profiles => panic!("the stock stack has no profiles"),
    };
    // The stock exporters block.
    tokio::task::spawn_blocking(move || export(target))
        .await
        .expect("no panic");
}

/// Exports one signal and waits for so many attempts.
async fn journal_of(
    builder: MockCollectorBuilder,
    signal: Signal,
    protocol: Protocol,
    attempts: u64,
) -> Journal {
    let collector = builder.start().await.expect("the collector starts");
    export(signal, Target::of(&collector, protocol, signal)).await;
    collector
        .wait_for()
        .attempts(attempts)
        .within(LONG)
        .await
        .expect("the export arrives");
    collector.stop().await
}

const STOCK_SIGNALS: [(Signal, u64); 3] =
    [(Signal::Metrics, 3), (Signal::Traces, 2), (Signal::Logs, 1)];

#[tokio::test(flavor = "multi_thread")]
async fn every_signal_arrives_over_every_protocol() {
    for protocol in Protocol::OTLP {
        for (signal, items) in STOCK_SIGNALS {
            let journal = journal_of(MockCollector::builder(), signal, protocol, 1).await;
            let exchanges = journal.exchanges();
            assert_eq!(exchanges.len(), 1, "{}", journal.timeline());
            let exchange = &exchanges[0];
            assert_eq!(
                (exchange.signal, exchange.protocol),
                (Some(signal), Some(protocol))
            );
            assert_eq!(exchange.items(), Some(items), "{}", journal.timeline());
            assert!(exchange.payload().is_ok(), "{:?}", exchange.payload());
            assert!(exchange.is_acknowledged());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn gzip_is_understood_over_every_protocol() {
    for protocol in Protocol::OTLP {
        let collector = MockCollector::start().await.expect("the collector starts");
        let target = Target {
            gzip: true,
            ..Target::of(&collector, protocol, Signal::Metrics)
        };
        export(Signal::Metrics, target).await;
        let journal = collector
            .wait_for()
            .metrics(3)
            .within(LONG)
            .await
            .expect("the export arrives");
        let exchange = &journal.exchanges()[0];
        assert_eq!(exchange.request.encoding.to_string(), "gzip", "{protocol}");
        assert_eq!(exchange.protocol, Some(protocol));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_decoded_payload_is_the_same_over_every_protocol() {
    let mut names = Vec::new();
    for protocol in Protocol::OTLP {
        let journal = journal_of(MockCollector::builder(), Signal::Logs, protocol, 1).await;
        let exchange = &journal.exchanges()[0];
        let text = format!("{:?}", exchange.payload().expect("a payload"));
        assert!(text.contains("hello"), "{protocol}: {text}");
        names.push(text.contains("telemetry.sdk.name"));
    }
    assert_eq!(names, [true; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unavailable_collector_is_tried_again_with_the_same_bytes() {
    let unavailable = on_attempt(1).then(status(grpc(Code::Unavailable), http(503)));
    for protocol in Protocol::OTLP {
        let builder = MockCollector::builder().fault(unavailable.clone());
        let journal = journal_of(builder, Signal::Metrics, protocol, 2).await;
        let attempts: Vec<_> = journal
            .exchanges()
            .iter()
            .map(|exchange| (exchange.export, exchange.attempt))
            .collect();
        assert_eq!(
            attempts,
            [(Some(1), 1), (Some(1), 2)],
            "{protocol}: {}",
            journal.timeline()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_client_waits_as_long_as_it_is_asked() {
    let asked = status(
        grpc(Code::Unavailable).retry_info(secs(2)),
        http(503).retry_after(secs(2)),
    );
    for protocol in [Protocol::Grpc, Protocol::HttpProtobuf] {
        let builder = MockCollector::builder().fault(on_attempt(1).then(asked.clone()));
        let journal = journal_of(builder, Signal::Metrics, protocol, 2).await;
        let exchanges = journal.exchanges();
        let refused_at = exchanges[0].completion().expect("it is complete").at;
        assert!(
            exchanges[1].received_at >= refused_at + secs(2),
            "{}",
            journal.timeline()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_or_partly_taken_is_not_sent_again() {
    let refused = status(grpc(Code::InvalidArgument), http(400));
    for action in [refused, partial_success(1, "too old")] {
        for protocol in [Protocol::Grpc, Protocol::HttpProtobuf] {
            let builder = MockCollector::builder().fault(always().then(action.clone()));
            let journal = journal_of(builder, Signal::Metrics, protocol, 1).await;
            assert_eq!(journal.exchanges().len(), 1, "{}", journal.timeline());
        }
    }
}
