//! Code wins over the environment.

use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry_sdk::propagation::BaggagePropagator;
use opentelemetry_sdk::trace::Sampler;
use otelbox_sdk::{ConfigError, Environment, LogLimits, Protocol, TraceLimits, View};

use crate::wire::{Answer, Wire};
use crate::world::{World, record_one_of_each, seconds};

fn misleading() -> Environment {
    Environment::empty()
        .with("OTEL_SERVICE_NAME", "other")
        .with("OTEL_TRACES_SAMPLER", "always_off")
        .with("OTEL_PROPAGATORS", "tracecontext")
        .with("OTEL_EXPORTER_OTLP_ENDPOINT", "http://other:1")
        .with("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
}

#[tokio::test(start_paused = true)]
async fn for_all_signals() {
    let world = World::new();
    let sdk = world
        .builder(&misleading())
        .with_service_name("checkout")
        .with_attribute(KeyValue::new("service.version", "3.1.0"))
        .with_sampler(Sampler::AlwaysOn)
        .with_propagator(BaggagePropagator::new())
        .with_protocol(Protocol::HttpProtobuf)
        .with_endpoint("http://collector:4318")
        .with_span_limits(TraceLimits::default())
        .with_log_limits(LogLimits::default())
        .build()
        .expect("an SDK");
    record_one_of_each(&sdk);
    sdk.shutdown(seconds(5)).await.expect("delivered");
    let [traces, metrics, logs] = world.first_requests().map(|request| request.expect("one"));
    for request in [traces, metrics, logs] {
        let text = String::from_utf8_lossy(&request.body).into_owned();
        assert!(text.contains("checkout") && text.contains("3.1.0"));
        assert!(!text.contains("other"));
    }
    let fields: Vec<&str> = sdk.propagator().fields().collect();
    assert_eq!(fields, ["baggage"]);
}

#[tokio::test(start_paused = true)]
async fn for_one_signal() {
    let world = World::new();
    let elsewhere = World::new();
    let exporter = otelbox_sdk::OtlpSpanExporter::builder()
        .with_connector(Arc::new(elsewhere.traces.clone()))
        .build()
        .expect("an exporter");
    let sdk = world
        .builder(&Environment::empty())
        .with_span_exporter(exporter)
        .configure_span_processor(|processor| processor.with_schedule_delay(seconds(1)))
        .configure_log_processor(|processor| processor.with_schedule_delay(seconds(2)))
        .configure_metric_reader(|reader| reader.with_interval(seconds(3)))
        .configure_meter_provider(|provider| {
            provider.with_view(View::new().name("requests").rename("checkouts"))
        })
        .build()
        .expect("an SDK");
    record_one_of_each(&sdk);
    tokio::time::sleep(seconds(4)).await;
    let at = |wire: &Wire| wire.seen().requests[0].at.as_secs();
    assert_eq!(at(&elsewhere.traces), 1);
    assert_eq!(at(&world.logs), 2);
    assert_eq!(at(&world.metrics), 3);
    assert!(world.spans().is_empty());
    assert_eq!(world.metrics()[0].name, "checkouts");
    sdk.shutdown(seconds(5)).await.expect("delivered");
}

#[tokio::test(start_paused = true)]
async fn the_sdk_can_tell_about_itself() {
    let world = World::new();
    let sdk = world
        .builder(&Environment::empty())
        .with_own_telemetry()
        .build()
        .expect("an SDK");
    record_one_of_each(&sdk);
    sdk.force_flush(seconds(5)).await.expect("delivered");
    sdk.shutdown(seconds(5)).await.expect("delivered");
    let metrics = world.metrics();
    for name in [
        "otel.sdk.exporter.span.exported",
        "otel.sdk.exporter.log.exported",
        "otel.sdk.processor.span.processed",
        "otel.sdk.processor.log.processed",
    ] {
        assert!(
            metrics.iter().any(|metric| metric.name == name),
            "{name} is not among {metrics:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn signals_can_be_left_out() {
    let world = World::new();
    let sdk = world
        .builder(&Environment::empty())
        .without_traces()
        .without_metrics()
        .without_logs()
        .build()
        .expect("an SDK");
    record_one_of_each(&sdk);
    sdk.shutdown(seconds(5)).await.expect("nothing to deliver");
    assert!(world.first_requests().iter().all(Option::is_none));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_value_in_code_is_an_error() {
    let error = World::answering(Answer::Ok)
        .builder(&Environment::empty())
        .with_endpoint("collector:4318")
        .build()
        .expect_err("no URL");
    assert!(matches!(error, ConfigError::Endpoint { .. }), "{error:?}");
}
