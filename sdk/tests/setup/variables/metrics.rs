//! Readers of metrics, and temporality.

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use otelbox_sdk::Environment;

use super::Row;
use crate::wire::Answer;
use crate::world::{World, record_one_of_each, seconds};

pub(super) fn rows() -> Vec<Row> {
    vec![
        Row {
            name: "OTEL_METRIC_EXPORT_INTERVAL",
            given: &[],
            observe: |environment| Box::pin(first_cycle_at(environment)),
            default: "60000",
            valid: ("5000", "5000"),
            invalid: Some(("0", "1 or more")),
        },
        Row {
            name: "OTEL_METRIC_EXPORT_TIMEOUT",
            given: &[("OTEL_EXPORTER_OTLP_TIMEOUT", "0")],
            observe: |environment| Box::pin(given_up_after(environment)),
            default: "30000",
            valid: ("3000", "3000"),
            invalid: Some(("0", "1 or more")),
        },
        Row {
            name: "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
            given: &[],
            observe: |environment| Box::pin(temporality(environment)),
            default: "cumulative",
            valid: ("delta", "delta"),
            invalid: Some(("both", "lowmemory")),
        },
        Row {
            name: "OTEL_EXPORTER_METRICS_TEMPORALITY_PREFERENCE",
            given: &[],
            observe: |environment| Box::pin(temporality(environment)),
            default: "cumulative",
            valid: ("delta", "delta"),
            invalid: Some(("both", "lowmemory")),
        },
    ]
}

/// When the first cycle is, in milliseconds.
async fn first_cycle_at(environment: Environment) -> String {
    let world = World::new();
    let sdk = world.sdk(&environment);
    record_one_of_each(&sdk);
    tokio::time::sleep(seconds(70)).await;
    sdk.shutdown(seconds(5)).await.expect("delivered");
    world.metrics.seen().requests[0].at.as_millis().to_string()
}

/// After how many milliseconds a cycle that has no answer is given up.
async fn given_up_after(environment: Environment) -> String {
    let world = World::answering(Answer::Hang);
    let sdk = world
        .builder(&environment)
        .without_traces()
        .without_logs()
        .build()
        .expect("an SDK");
    record_one_of_each(&sdk);
    tokio::time::sleep(seconds(119)).await;
    let after = world.metrics.seen().patience();
    sdk.shutdown(seconds(1)).await.expect_err("no answer comes");
    after
}

/// The temporality of a counter.
async fn temporality(environment: Environment) -> String {
    let world = World::new();
    let sdk = world.sdk(&environment);
    let meter = sdk.meter_provider().meter("test");
    meter.u64_counter("requests").build().add(1, &[]);
    sdk.shutdown(seconds(5)).await.expect("delivered");
    let metric = world.metrics().remove(0);
    let Some(Data::Sum(sum)) = metric.data else {
        panic!("{metric:?} is no sum")
    };
    sum.aggregation_temporality()
        .as_str_name()
        .trim_start_matches("AGGREGATION_TEMPORALITY_")
        .to_lowercase()
}
