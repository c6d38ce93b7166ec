//! Metrics into Prometheus by remote write: 1.0 into version 2, 2.0 into version 3.

use std::time::{Duration, SystemTime};

use libtest_mimic::Trial;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogram, ExponentialHistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics,
    ScopeMetrics, Sum,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use otelbox_sdk::{
    Deadline, ExportOutcome, Exporter as _, FailureReason, MetricBatch,
    PrometheusRemoteWriteExporter, PrometheusRemoteWriteExporterBuilder, RemoteWriteProtocol,
    Window,
};
use otelbox_tests::{Need, Prometheus, Tool};

use crate::{block_on, program};

/// Nothing is scraped.
const CONFIGURATION: &str = "";

const CUMULATIVE: i32 = 2;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Need::Prometheus.trial("metrics_arrive_by_remote_write_1_0", |tool| {
            block_on(arrives(tool, "1.0"));
        }),
        Need::Prometheus.trial("prometheus_2_makes_2_0_fall_back_to_1_0", |tool| {
            block_on(arrives(tool, "2.0"));
        }),
        Need::Prometheus3.trial("metrics_arrive_by_remote_write_2_0", |tool| {
            block_on(arrives(tool, "2.0"));
        }),
        Need::Prometheus3.trial("prometheus_3_takes_remote_write_1_0", |tool| {
            block_on(arrives(tool, "1.0"));
        }),
        Need::Prometheus3.trial("native_histograms_arrive_by_remote_write_2_0", |tool| {
            block_on(native(tool));
        }),
        Need::Prometheus3.trial("a_shutdown_ends_series_in_prometheus", |tool| {
            block_on(ends(tool, RemoteWriteProtocol::V2));
        }),
        Need::Prometheus.trial("a_shutdown_ends_series_in_prometheus_2", |tool| {
            block_on(ends(tool, RemoteWriteProtocol::V1));
        }),
        Need::Prometheus3.trial("an_outage_of_prometheus_is_bridged_by_retries", |tool| {
            block_on(outage(tool, RemoteWriteProtocol::V2));
        }),
        Need::Prometheus.trial("an_outage_of_prometheus_2_is_bridged_by_retries", |tool| {
            block_on(outage(tool, RemoteWriteProtocol::V1));
        }),
        Need::Prometheus3.trial("what_prometheus_finds_out_of_order_is_rejected", |tool| {
            block_on(out_of_order(tool));
        }),
    ]
}

async fn started(tool: &Tool) -> Prometheus {
    Prometheus::start(tool, CONFIGURATION, &[])
        .await
        .expect("a Prometheus")
}

fn endpoint(prometheus: &Prometheus) -> String {
    format!("http://{}/api/v1/write", prometheus.address())
}

fn exporter(prometheus: &Prometheus) -> PrometheusRemoteWriteExporterBuilder {
    PrometheusRemoteWriteExporter::builder().with_endpoint(endpoint(prometheus))
}

/// What the example sends. Its series have ended when it has, so that they are asked for over the last minutes.
async fn arrives(tool: &Tool, protocol: &str) {
    let prometheus = started(tool).await;
    let endpoint = endpoint(&prometheus);
    let variables = [
        ("OTEL_METRICS_EXPORTER", "prometheus_remote_write"),
        (
            "OTELBOX_PROMETHEUS_REMOTE_WRITE_ENDPOINT",
            endpoint.as_str(),
        ),
        ("OTELBOX_PROMETHEUS_REMOTE_WRITE_PROTOCOL", protocol),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "service.namespace=shop,service.instance.id=one,deployment.environment.name=test",
        ),
    ];
    program::run("exporters_prometheus_remote_write", &variables).await;

    let one = async |series: &str| {
        let query = format!("last_over_time({series}[5m])");
        prometheus
            .query_until(&query, |samples| match samples {
                [only] => Some(only.clone()),
                _ => None,
            })
            .await
    };
    let requests = one("http_server_request_count_total").await;
    assert_eq!(requests.value, "3");
    let labels = &requests.labels;
    assert_eq!(labels["http_route"], "/checkout");
    assert_eq!(labels["job"], "shop/checkout-service");
    assert_eq!(labels["instance"], "one");
    assert_eq!(labels["otel_scope_name"], "checkout");
    assert_eq!(labels["otel_scope_version"], "1.2.0");

    let duration = "http_server_request_duration_seconds";
    assert_eq!(one(&format!("{duration}_count")).await.value, "3");
    assert_eq!(one(&format!("{duration}_sum")).await.value, "1.375");
    for (bound, expected) in [("0.1", "1"), ("0.5", "2"), ("+Inf", "3")] {
        let bucket = one(&format!("{duration}_bucket{{le=\"{bound}\"}}")).await;
        assert_eq!(bucket.value, expected, "{bound}");
    }
    assert_eq!(one("queue_depth_ratio").await.value, "0.25");
    let target = one("target_info").await;
    assert_eq!(target.value, "1");
    assert_eq!(target.labels["deployment_environment_name"], "test");
    assert_eq!(target.labels["job"], "shop/checkout-service");

    let ended = prometheus.query("{__name__=~\".+\",job=~\".+\"}").await;
    assert_eq!(ended, Ok(Vec::new()), "all of them have ended");
}

/// A batch at `time`.
fn batch(time: SystemTime, metrics: Vec<Metric>) -> MetricBatch {
    let name = KeyValue {
        key: "service.name".to_owned(),
        value: Some(AnyValue {
            value: Some(Any::StringValue("bridge".to_owned())),
        }),
        ..KeyValue::default()
    };
    let request = ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(Resource {
                attributes: vec![name],
                ..Resource::default()
            }),
            scope_metrics: vec![ScopeMetrics {
                metrics,
                ..ScopeMetrics::default()
            }],
            ..ResourceMetrics::default()
        }],
    };
    let window = Window {
        start: time,
        end: time,
    };
    MetricBatch::new(request, window)
}

fn unix_nano(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    u64::try_from(since.expect("after 1970").as_nanos()).expect("before 2554")
}

/// A counter at `time`.
fn crossings(time: SystemTime, value: i64) -> MetricBatch {
    let point = NumberDataPoint {
        time_unix_nano: unix_nano(time),
        value: Some(Value::AsInt(value)),
        ..NumberDataPoint::default()
    };
    let counter = Metric {
        name: "crossings".to_owned(),
        data: Some(Data::Sum(Sum {
            data_points: vec![point],
            aggregation_temporality: CUMULATIVE,
            is_monotonic: true,
        })),
        ..Metric::default()
    };
    batch(time, vec![counter])
}

#[expect(
    clippy::disallowed_methods,
    reason = "Prometheus takes what is recent by the clock of the system"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

async fn native(tool: &Tool) {
    let prometheus = started(tool).await;
    let time = now();
    let point = ExponentialHistogramDataPoint {
        time_unix_nano: unix_nano(time),
        count: 8,
        sum: Some(21.5),
        scale: 0,
        zero_count: 1,
        // (0.5, 1], (8, 16] and (16, 32].
        positive: Some(Buckets {
            offset: -1,
            bucket_counts: vec![1, 0, 0, 0, 2, 3],
        }),
        // [-8, -4).
        negative: Some(Buckets {
            offset: 2,
            bucket_counts: vec![1],
        }),
        ..ExponentialHistogramDataPoint::default()
    };
    let histogram = Metric {
        name: "load".to_owned(),
        data: Some(Data::ExponentialHistogram(ExponentialHistogram {
            data_points: vec![point],
            aggregation_temporality: CUMULATIVE,
        })),
        ..Metric::default()
    };
    let exporter = exporter(&prometheus).build().expect("an exporter");
    let outcome = exporter
        .export(&batch(time, vec![histogram]), Deadline::none())
        .await;
    assert_eq!(outcome, ExportOutcome::Delivered { attempts: 1 });
    let value = async |query: &str| {
        let found = prometheus.query_until(query, |samples| match samples {
            [only] => Some(only.value.clone()),
            _ => None,
        });
        found.await
    };
    assert_eq!(value("histogram_count(load)").await, "8");
    assert_eq!(value("histogram_sum(load)").await, "21.5");
    for (from, to, share) in [(-8, -4, "0.125"), (8, 16, "0.25"), (16, 32, "0.375")] {
        let query = format!("histogram_fraction({from}, {to}, load)");
        assert_eq!(value(&query).await, share, "{query}");
    }
    // Its end is one of a native histogram, too.
    assert_eq!(exporter.shutdown(Deadline::none()).await, Ok(()));
    let gone = prometheus.query_until("load", |samples| samples.is_empty().then_some(()));
    gone.await;
    assert_eq!(
        exporter.statistics().failed,
        0,
        "the end was taken, at {time:?}"
    );
}

async fn ends(tool: &Tool, protocol: RemoteWriteProtocol) {
    let prometheus = started(tool).await;
    let exporter = exporter(&prometheus).with_protocol(protocol).build();
    let exporter = exporter.expect("an exporter");
    let outcome = exporter
        .export(&crossings(now(), 7), Deadline::none())
        .await;
    assert_eq!(outcome, ExportOutcome::Delivered { attempts: 1 });
    let query = "crossings_total";
    let alive = prometheus.query_until(query, |samples| match samples {
        [only] => Some(only.value.clone()),
        _ => None,
    });
    assert_eq!(alive.await, "7");
    assert_eq!(exporter.shutdown(Deadline::none()).await, Ok(()));
    let gone = prometheus.query_until(query, |samples| samples.is_empty().then_some(()));
    gone.await;
    let counts = exporter.statistics();
    assert_eq!((counts.delivered, counts.failed), (2, 0));
}

async fn outage(tool: &Tool, protocol: RemoteWriteProtocol) {
    let mut prometheus = started(tool).await;
    let exporter = exporter(&prometheus)
        .with_protocol(protocol)
        .with_timeout(Duration::ZERO)
        .build()
        .expect("an exporter");
    let outcome = exporter
        .export(&crossings(now(), 1), Deadline::none())
        .await;
    assert_eq!(outcome, ExportOutcome::Delivered { attempts: 1 });

    prometheus.server().stop().await;
    let during = crossings(now(), 2);
    let (outcome, ()) = tokio::join!(exporter.export(&during, Deadline::none()), async {
        let again = prometheus.server().start_again().await;
        again.expect("it starts again");
    });
    assert!(
        outcome.is_delivered() && outcome.attempts() > 1,
        "{outcome:?}"
    );
    let both = "count_over_time(crossings_total[5m]) == 2 and crossings_total == 2";
    let found = prometheus.query_until(both, |samples| (samples.len() == 1).then_some(()));
    found.await;
    let counts = exporter.statistics();
    assert_eq!((counts.delivered, counts.dropped_items), (2, 0));
}

async fn out_of_order(tool: &Tool) {
    let prometheus = started(tool).await;
    let newer = now();
    let older = newer - Duration::from_secs(60);
    let first = exporter(&prometheus).build().expect("an exporter");
    let outcome = first.export(&crossings(newer, 2), Deadline::none()).await;
    assert_eq!(outcome, ExportOutcome::Delivered { attempts: 1 });
    // Another exporter does not know what the first has sent.
    let second = exporter(&prometheus).build().expect("an exporter");
    let outcome = second.export(&crossings(older, 1), Deadline::none()).await;
    let ExportOutcome::Failed(failure) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(
        (failure.reason, failure.attempts),
        (FailureReason::Refused, 1)
    );
    let said = failure.last_status.expect("an answer").to_string();
    assert!(said.contains("out of order"), "{said}");
    let counts = second.statistics();
    assert_eq!((counts.failed, counts.dropped_items), (1, 1));
}
