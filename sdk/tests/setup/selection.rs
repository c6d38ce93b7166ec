//! Which exporters there are.

use otelbox_sdk::{Environment, Signal};

use crate::log_lines::Log;
use crate::world::{World, record_one_of_each, seconds};

/// How many requests each signal made.
fn requests(world: &World) -> [usize; 3] {
    [&world.traces, &world.metrics, &world.logs].map(|wire| wire.seen().requests.len())
}

#[tokio::test(start_paused = true)]
async fn everything_goes_over_otlp_by_default() {
    let world = World::new();
    let sdk = world.sdk(&Environment::empty());
    record_one_of_each(&sdk);
    let report = sdk.shutdown(seconds(5)).await.expect("delivered");
    assert_eq!(report.lost, []);
    assert_eq!(requests(&world), [1, 1, 1]);
    assert_eq!(world.spans()[0].name, "checkout");
    assert_eq!(world.metrics()[0].name, "requests");
    assert!(world.log_records()[0].body.is_some());
    assert_eq!(world.console.read(), "");
}

#[tokio::test(start_paused = true)]
async fn several_exporters_work_side_by_side() {
    let environment = Environment::empty()
        .with("OTEL_TRACES_EXPORTER", "console,otlp")
        .with("OTEL_METRICS_EXPORTER", "otlp, console")
        .with("OTEL_LOGS_EXPORTER", "console");
    let world = World::new();
    let sdk = world.sdk(&environment);
    record_one_of_each(&sdk);
    sdk.shutdown(seconds(5)).await.expect("delivered");
    assert_eq!(requests(&world), [1, 1, 0]);
    let console = world.console.read();
    for text in ["checkout", "requests", "paid"] {
        assert!(console.contains(text), "{console}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_console_is_fed_at_once_and_metrics_each_ten_seconds() {
    let environment = Environment::empty()
        .with("OTEL_TRACES_EXPORTER", "console")
        .with("OTEL_METRICS_EXPORTER", "console")
        .with("OTEL_LOGS_EXPORTER", "console");
    let world = World::new();
    let sdk = world.sdk(&environment);
    record_one_of_each(&sdk);
    tokio::time::sleep(seconds(1) / 10).await;
    let console = world.console.read();
    assert!(
        console.contains("checkout") && console.contains("paid"),
        "{console}"
    );
    assert!(!console.contains("requests"), "{console}");
    tokio::time::sleep(seconds(10)).await;
    assert!(world.console.read().contains("requests"));
    sdk.shutdown(seconds(5)).await.expect("delivered");
}

#[tokio::test(start_paused = true)]
async fn none_is_none() {
    let environment = Environment::empty()
        .with("OTEL_TRACES_EXPORTER", "none")
        .with("OTEL_METRICS_EXPORTER", "none")
        .with("OTEL_LOGS_EXPORTER", "none");
    let world = World::new();
    let sdk = world.sdk(&environment);
    record_one_of_each(&sdk);
    sdk.shutdown(seconds(5)).await.expect("nothing to deliver");
    assert_eq!(requests(&world), [0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_disabled_sdk_records_nothing_and_propagates_all_the_same() {
    use opentelemetry::propagation::TextMapPropagator as _;
    use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};

    let environment = Environment::empty()
        .with("OTEL_SDK_DISABLED", "True")
        .with("OTEL_PROPAGATORS", "baggage");
    let world = World::new();
    let sdk = world.sdk(&environment);
    assert!(sdk.is_disabled());
    let span = sdk.tracer_provider().tracer("test").start("checkout");
    assert!(!span.is_recording());
    record_one_of_each(&sdk);
    tokio::time::sleep(seconds(120)).await;
    sdk.force_flush(seconds(5)).await.expect("nothing to do");
    sdk.shutdown(seconds(5)).await.expect("nothing to do");
    assert_eq!(requests(&world), [0, 0, 0]);
    assert_eq!(sdk.statistics(Signal::Metrics).cycles, 0);
    let fields: Vec<&str> = sdk.propagator().fields().collect();
    assert_eq!(fields, ["baggage"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_set_up_is_told_once() {
    let log = Log::default();
    let _guard = log.start();
    let environment = Environment::empty()
        .with("OTEL_SERVICE_NAME", "checkout")
        .with("OTEL_TRACES_SAMPLER", "traceidratio")
        .with("OTEL_TRACES_SAMPLER_ARG", "0.5")
        .with("OTEL_LOGS_EXPORTER", "none");
    let sdk = World::new().sdk(&environment);
    assert_eq!(
        log.lines(" set"),
        [
            "INFO otelbox_sdk: setting up traces, metrics and logs; service.name=checkout \
             propagators=tracecontext,baggage",
            "INFO otelbox_sdk: traces set up; exporters=otlp sampler=traceidratio(0.5)",
            "INFO otelbox_sdk: metrics set up; exporters=otlp",
            "INFO otelbox_sdk: logs set up; exporters=none",
        ]
    );
    sdk.shutdown(seconds(5)).await.expect("shut down");
}
