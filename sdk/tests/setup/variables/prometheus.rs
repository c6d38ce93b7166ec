//! Where Prometheus finds the metrics.

use otelbox_sdk::Environment;

use super::Row;
use crate::world::{World, seconds};

const SELECTED: &[(&str, &str)] = &[("OTEL_METRICS_EXPORTER", "prometheus")];

pub(super) fn rows() -> Vec<Row> {
    vec![
        Row {
            name: "OTEL_EXPORTER_PROMETHEUS_HOST",
            given: SELECTED,
            observe: |environment| Box::pin(address(environment)),
            default: "127.0.0.1:9464",
            valid: ("127.0.0.3", "127.0.0.3:9464"),
            invalid: None,
        },
        Row {
            name: "OTEL_EXPORTER_PROMETHEUS_PORT",
            given: SELECTED,
            observe: |environment| Box::pin(address(environment)),
            default: "127.0.0.1:9464",
            valid: ("19464", "127.0.0.1:19464"),
            invalid: Some(("http", "a port, 0 (any) to 65535")),
        },
    ]
}

/// Where it listens, or would if the port were free.
async fn address(environment: Environment) -> String {
    let told = match World::new().builder(&environment).build() {
        Ok(sdk) => {
            let reader = format!("{:?}", sdk.meter_provider().readers()[0]);
            sdk.shutdown(seconds(5)).await.expect("nothing to deliver");
            reader
        }
        Err(error) => error.to_string().replace("localhost", "127.0.0.1"),
    };
    let begin = told.find("127.").expect("an address");
    let rest = &told[begin..];
    let end = rest.find([' ', '"']).unwrap_or(rest.len());
    rest[..end].to_owned()
}
