//! The batch processors of spans and log records.

use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use otelbox_sdk::{Environment, Sdk};

use super::Row;
use crate::wire::{Answer, Wire};
use crate::world::{World, log_one, seconds};

const MILLISECONDS: &str = "a whole number of milliseconds, 0 or more";
const COUNT: &str = "a whole number, 1 or more";

/// The export itself has no limit, so that that of the processor shows.
const PATIENT: &[(&str, &str)] = &[("OTEL_EXPORTER_OTLP_TIMEOUT", "0")];

/// The world's signal that a processor belongs to.
#[derive(Clone, Copy)]
enum Of {
    Spans,
    LogRecords,
}

pub(super) fn rows() -> Vec<Row> {
    vec![
        Row {
            name: "OTEL_BSP_SCHEDULE_DELAY",
            given: &[],
            observe: |environment| Box::pin(first_batch_at(environment, Of::Spans)),
            default: "5000",
            valid: ("250", "250"),
            invalid: Some(("soon", MILLISECONDS)),
        },
        Row {
            name: "OTEL_BSP_EXPORT_TIMEOUT",
            given: PATIENT,
            observe: |environment| Box::pin(given_up_after(environment, Of::Spans)),
            default: "30000",
            valid: ("3000", "3000"),
            invalid: Some(("-1", MILLISECONDS)),
        },
        Row {
            name: "OTEL_BSP_MAX_QUEUE_SIZE",
            given: &[],
            observe: |environment| Box::pin(kept(environment, Of::Spans)),
            default: "2048",
            valid: ("600", "600"),
            invalid: Some(("0", COUNT)),
        },
        Row {
            name: "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
            given: &[],
            observe: |environment| Box::pin(batches(environment, Of::Spans)),
            default: "4",
            valid: ("1024", "2"),
            invalid: Some(("some", COUNT)),
        },
        Row {
            name: "OTEL_BLRP_SCHEDULE_DELAY",
            given: &[],
            observe: |environment| Box::pin(first_batch_at(environment, Of::LogRecords)),
            default: "1000",
            valid: ("250", "250"),
            invalid: Some(("soon", MILLISECONDS)),
        },
        Row {
            name: "OTEL_BLRP_EXPORT_TIMEOUT",
            given: PATIENT,
            observe: |environment| Box::pin(given_up_after(environment, Of::LogRecords)),
            default: "30000",
            valid: ("3000", "3000"),
            invalid: Some(("-1", MILLISECONDS)),
        },
        Row {
            name: "OTEL_BLRP_MAX_QUEUE_SIZE",
            given: &[],
            observe: |environment| Box::pin(kept(environment, Of::LogRecords)),
            default: "2048",
            valid: ("600", "600"),
            invalid: Some(("0", COUNT)),
        },
        Row {
            name: "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE",
            given: &[],
            observe: |environment| Box::pin(batches(environment, Of::LogRecords)),
            default: "4",
            valid: ("1024", "2"),
            invalid: Some(("some", COUNT)),
        },
    ]
}

impl Of {
    fn wire(self, world: &World) -> &Wire {
        match self {
            Self::Spans => &world.traces,
            Self::LogRecords => &world.logs,
        }
    }

    fn record(self, sdk: &Sdk, items: usize) {
        for _ in 0..items {
            match self {
                Self::Spans => drop(sdk.tracer_provider().tracer("test").start("checkout")),
                Self::LogRecords => log_one(sdk, "paid"),
            }
        }
    }

    fn received(self, world: &World) -> usize {
        match self {
            Self::Spans => world.spans().len(),
            Self::LogRecords => world.log_records().len(),
        }
    }
}

/// When the first batch is sent by itself, in milliseconds.
async fn first_batch_at(environment: Environment, of: Of) -> String {
    let world = World::new();
    let sdk = world.sdk(&environment);
    of.record(&sdk, 1);
    tokio::time::sleep(seconds(20)).await;
    sdk.shutdown(seconds(5)).await.expect("delivered");
    of.wire(&world).seen().requests[0]
        .at
        .as_millis()
        .to_string()
}

/// After how many milliseconds an export that has no answer is given up.
async fn given_up_after(environment: Environment, of: Of) -> String {
    let world = World::answering(Answer::Hang);
    let sdk = world.sdk(&environment);
    of.record(&sdk, 1);
    tokio::time::sleep(seconds(60)).await;
    sdk.shutdown(seconds(5)).await.expect("nothing is left");
    of.wire(&world).seen().patience()
}

/// How many of 3,000 at once are kept.
async fn kept(environment: Environment, of: Of) -> String {
    let world = World::new();
    let sdk = world.sdk(&environment);
    of.record(&sdk, 3_000);
    sdk.shutdown(seconds(5)).await.expect("delivered");
    of.received(&world).to_string()
}

/// In how many batches 2,048 at once are sent.
async fn batches(environment: Environment, of: Of) -> String {
    let world = World::new();
    let sdk = world.sdk(&environment);
    of.record(&sdk, 2_048);
    sdk.shutdown(seconds(5)).await.expect("delivered");
    assert_eq!(of.received(&world), 2_048);
    of.wire(&world).seen().requests.len().to_string()
}
