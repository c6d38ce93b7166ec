//! Users of `tracing`: the stock bridge crates, with every event of every crate taken.

use std::sync::LazyLock;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use otelbox_sdk::{Environment, Sdk};
use tracing_subscriber::prelude::*;

use crate::log_lines::SECOND;
use crate::wire::Answer;
use crate::world::{World, seconds};

/// Spans and events of this thread go to `sdk`, until the guard is dropped.
fn bridged(sdk: &Sdk) -> tracing::subscriber::DefaultGuard {
    LazyLock::force(&SECOND);
    let tracer = sdk.tracer_provider().tracer("bridge");
    tracing_subscriber::registry()
        .with(tracing_opentelemetry::layer().with_tracer(tracer))
        .with(OpenTelemetryTracingBridge::new(sdk.logger_provider()))
        .set_default()
}

#[tokio::test(start_paused = true)]
async fn spans_and_events_become_spans_and_log_records() {
    let world = World::new();
    let sdk = world.sdk(&Environment::empty());
    let _guard = bridged(&sdk);
    {
        let _span = tracing::info_span!("checkout").entered();
        tracing::info!("paid");
    }
    sdk.force_flush(seconds(5)).await.expect("delivered");
    let spans = world.spans();
    let names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["checkout"]);
    let records = world.log_records();
    assert_eq!(records.len(), 1, "{records:?}");
    assert_eq!(records[0].severity_text, "INFO");
    sdk.shutdown(seconds(5)).await.expect("delivered");
}

/// Sends one record in an hour and gives back how many requests each signal made.
async fn an_hour(answer: Answer) -> [usize; 3] {
    let world = World::answering(answer);
    let sdk = world
        .builder(&Environment::empty())
        .without_metrics()
        .build()
        .expect("an SDK");
    let _guard = bridged(&sdk);
    tracing::info!("paid");
    tokio::time::sleep(seconds(3600)).await;
    let requests =
        [&world.traces, &world.metrics, &world.logs].map(|wire| wire.seen().requests.len());
    sdk.shutdown(seconds(5)).await.expect("nothing is left");
    requests
}

#[tokio::test(start_paused = true)]
async fn an_export_causes_no_export() {
    assert_eq!(an_hour(Answer::Ok).await, [0, 0, 1]);
}

#[tokio::test(start_paused = true)]
async fn neither_does_one_that_fails_and_is_logged() {
    assert_eq!(an_hour(Answer::Refuse).await, [0, 0, 1]);
}
