//! The exporter for Zipkin.

use std::sync::Arc;

use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use otelbox_sdk::Environment;

use super::Row;
use crate::wire::{Answer, Authority, Seen, Wire};
use crate::world::{World, seconds};

const SELECTED: &[(&str, &str)] = &[("OTEL_TRACES_EXPORTER", "zipkin")];

pub(super) fn rows() -> Vec<Row> {
    vec![
        Row {
            name: "OTEL_EXPORTER_ZIPKIN_ENDPOINT",
            given: SELECTED,
            observe: |environment| Box::pin(receiver(environment)),
            default: "localhost:9411/api/v2/spans",
            valid: ("http://zipkin:80/other?key=1", "zipkin:80/other?key=1"),
            invalid: Some(("zipkin:9411", "http://zipkin:9411, or https://")),
        },
        Row {
            name: "OTEL_EXPORTER_ZIPKIN_TIMEOUT",
            given: SELECTED,
            observe: |environment| Box::pin(patience(environment)),
            default: "10000",
            valid: ("2500", "2500"),
            invalid: Some(("-1", "a whole number of milliseconds, 0 or more")),
        },
        Row {
            name: "OTEL_EXPORTER_ZIPKIN_PROTOCOL",
            given: SELECTED,
            observe: |environment| Box::pin(content_type(environment)),
            default: "application/json",
            valid: ("http/protobuf", "application/x-protobuf"),
            invalid: Some(("grpc", "http/json or http/protobuf")),
        },
    ]
}

/// What is seen of one span.
async fn sent(environment: Environment, answer: Answer) -> Seen {
    let wire = Wire::new(answer, &Authority::new());
    let builder = World::new().builder(&environment);
    let sdk = builder.with_connector(Arc::new(wire.clone()));
    let sdk = sdk.without_metrics().without_logs().build();
    let sdk = sdk.expect("an SDK");
    drop(sdk.tracer_provider().tracer("test").start("checkout"));
    // Not all of it is delivered where the wire hangs.
    let _ = sdk.force_flush(seconds(60)).await;
    let _ = sdk.shutdown(seconds(60)).await;
    wire.seen()
}

async fn receiver(environment: Environment) -> String {
    let seen = sent(environment, Answer::Ok).await;
    let (host, port, _) = &seen.connections[0];
    format!("{host}:{port}{}", seen.requests[0].path)
}

async fn patience(environment: Environment) -> String {
    sent(environment, Answer::Hang).await.patience()
}

async fn content_type(environment: Environment) -> String {
    let seen = sent(environment, Answer::Ok).await;
    seen.requests[0]
        .header("content-type")
        .expect("one")
        .to_owned()
}
