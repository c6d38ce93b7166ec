//! Metrics over Prometheus remote write beside other exporters.

use std::sync::Arc;

use otelbox_sdk::Environment;

use crate::log_lines::Log;
use crate::wire::{Answer, Authority, Wire};
use crate::world::{World, record_one_of_each, seconds};

#[tokio::test(start_paused = true)]
async fn remote_write_otlp_and_the_console_work_side_by_side() {
    let log = Log::default();
    let guard = log.start();
    let world = World::new();
    let prometheus = Wire::new(Answer::Ok, &Authority::new());
    let environment = Environment::empty()
        .with(
            "OTEL_METRICS_EXPORTER",
            "otlp, Prometheus_Remote_Write,console",
        )
        .with("OTEL_SERVICE_NAME", "shop")
        .with("OTELBOX_PROMETHEUS_REMOTE_WRITE_PROTOCOL", "1.0");
    let sdk = world.builder(&environment);
    let sdk = sdk.with_connector(Arc::new(prometheus.clone())).build();
    let sdk = sdk.expect("an SDK");
    record_one_of_each(&sdk);
    let report = sdk.shutdown(seconds(5)).await.expect("delivered");
    drop(guard);
    assert_eq!(report.lost, []);
    assert_eq!(world.metrics()[0].name, "requests");
    assert!(world.console.read().contains("requests"));
    let requests = prometheus.seen().requests;
    let paths: Vec<&str> = requests.iter().map(|request| &*request.path).collect();
    let path = "/api/v1/write";
    assert_eq!(
        paths,
        [path, path],
        "the metrics, and the end of their series"
    );
    let message = snap::raw::Decoder::new().decompress_vec(&requests[0].body);
    let message = String::from_utf8_lossy(&message.expect("snappy")).into_owned();
    for text in ["requests_total", "job", "shop"] {
        assert!(message.contains(text), "{message}");
    }
    assert_eq!(
        log.lines("metrics set up"),
        ["INFO otelbox_sdk: metrics set up; exporters=otlp,prometheus_remote_write,console"]
    );
}
