//! Metrics into the OTLP receiver of Prometheus 3.

use libtest_mimic::Trial;
use otelbox_tests::{Need, Prometheus, Tool};

use crate::{block_on, program};

/// Scopes become labels only where that is asked for.
const CONFIGURATION: &str = "otlp: { promote_scope_metadata: true }\n";

pub(crate) fn trials() -> Vec<Trial> {
    let way = |name: &'static str, protocol: &'static str| {
        Need::Prometheus3.trial(name, move |tool| block_on(arrives(tool, protocol)))
    };
    vec![
        way("metrics_arrive_over_otlp_http_protobuf", "http/protobuf"),
        way("metrics_arrive_over_otlp_http_json", "http/json"),
    ]
}

async fn arrives(tool: &Tool, protocol: &str) {
    let flags = ["--web.enable-otlp-receiver"];
    let prometheus = Prometheus::start(tool, CONFIGURATION, &flags)
        .await
        .expect("a Prometheus");
    let endpoint = format!("http://{}/api/v1/otlp", prometheus.address());
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "service.instance.id=one,deployment.environment.name=test",
        ),
    ];
    program::run("exporters_prometheus_otlp", &variables).await;

    let one = |query: &'static str| {
        prometheus.query_until(query, |samples| match samples {
            [only] => Some(only.clone()),
            _ => None,
        })
    };
    let requests = one("http_server_request_count_total").await;
    assert_eq!(requests.value, "3");
    let labels = &requests.labels;
    assert_eq!(labels["http_route"], "/checkout");
    assert_eq!(labels["job"], "checkout-service");
    assert_eq!(labels["instance"], "one");
    assert_eq!(labels["otel_scope_name"], "checkout");
    assert_eq!(labels["otel_scope_version"], "1.2.0");

    let count = one("http_server_request_duration_seconds_count").await;
    assert_eq!(count.value, "3");
    let sum = one("http_server_request_duration_seconds_sum").await;
    assert_eq!(sum.value, "1.375");
    for (bound, expected) in [("0.1", "1"), ("0.5", "2"), ("+Inf", "3")] {
        let query = format!("http_server_request_duration_seconds_bucket{{le=\"{bound}\"}}");
        let bucket = prometheus
            .query_until(&query, |samples| match samples {
                [only] => Some(only.value.clone()),
                _ => None,
            })
            .await;
        assert_eq!(bucket, expected, "{query}");
    }
    assert_eq!(one("queue_depth_ratio").await.value, "0.25");

    let target = one("target_info").await;
    assert_eq!(target.value, "1");
    assert_eq!(target.labels["deployment_environment_name"], "test");
    assert_eq!(target.labels["telemetry_sdk_language"], "rust");
}
