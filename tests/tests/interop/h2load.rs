//! `h2load`, of nghttp2: raw HTTP/2 and HTTP/1.1 load from a protocol implementation that shares nothing with ours.

use std::fs;

use libtest_mimic::Trial;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, number_data_point::Value,
};
use otelbox_mock_collector::{Protocol, Signal};
use otelbox_tests::{Need, ServedCollector, Tool};
use prost::Message as _;

use crate::block_on;

const REQUESTS: usize = 2_000;

pub(crate) fn trials() -> Vec<Trial> {
    let h2load = Need::H2load;
    vec![
        h2load.trial("grpc_frames_on_one_connection", |tool| {
            loads(tool, Protocol::Grpc, &["-c1", "-m32"]);
        }),
        h2load.trial("grpc_frames_on_four_connections", |tool| {
            loads(tool, Protocol::Grpc, &["-c4", "-m32"]);
        }),
        h2load.trial("http_2_on_the_http_port", |tool| {
            loads(tool, Protocol::HttpProtobuf, &["-c2", "-m16"]);
        }),
        h2load.trial("http_1_on_the_http_port", |tool| {
            loads(tool, Protocol::HttpProtobuf, &["-c4", "--h1"]);
        }),
    ]
}

/// All requests are answered, and each of them is in the journal.
fn loads(h2load: &Tool, protocol: Protocol, load: &[&str]) {
    block_on(async {
        let collector = ServedCollector::start().await;
        let message = message();
        let (url, content_type, body) = match protocol {
            Protocol::Grpc => (
                format!(
                    "{}{}",
                    collector.grpc_endpoint(),
                    Signal::Metrics.grpc_path()
                ),
                "application/grpc",
                framed(&message),
            ),
            _ => (
                format!(
                    "{}{}",
                    collector.http_endpoint(),
                    Signal::Metrics.http_path()
                ),
                "application/x-protobuf",
                message,
            ),
        };
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        fs::write(file.path(), body).expect("the body can be written");
        let path = file.path().to_str().expect("a path in UTF-8");
        let requests = REQUESTS.to_string();
        let content_type = format!("content-type: {content_type}");
        let mut arguments = vec![
            "-n",
            &requests,
            "-d",
            path,
            "-H",
            &content_type,
            "-H",
            "te: trailers",
        ];
        arguments.extend(load);
        arguments.push(&url);
        let finished = h2load.run(arguments).await;
        finished.assert_success();
        let expected = format!(
            "{REQUESTS} total, {REQUESTS} started, {REQUESTS} done, {REQUESTS} succeeded, 0 failed"
        );
        assert!(finished.stdout.contains(&expected), "{}", finished.stdout);

        let left = collector.stop().await;
        let exchanges = left.journal.exchanges_of(Signal::Metrics);
        assert_eq!(exchanges.len(), REQUESTS);
        assert!(exchanges.iter().all(|exchange| exchange.acknowledged));
        assert!(
            exchanges
                .iter()
                .all(|exchange| exchange.protocol == Some(protocol))
        );
        assert!(exchanges.iter().all(|exchange| exchange.items == Some(1)));
        assert_eq!(
            usize::try_from(left.ledger.count(Signal::Metrics, "attempts")),
            Ok(REQUESTS)
        );
    });
}

/// One gauge with one point.
fn message() -> Vec<u8> {
    let point = NumberDataPoint {
        time_unix_nano: 1,
        value: Some(Value::AsInt(7)),
        ..Default::default()
    };
    let metric = Metric {
        name: "pool.size".into(),
        data: Some(Data::Gauge(Gauge {
            data_points: vec![point],
        })),
        ..Default::default()
    };
    let scope_metrics = vec![ScopeMetrics {
        metrics: vec![metric],
        ..Default::default()
    }];
    let resource_metrics = vec![ResourceMetrics {
        scope_metrics,
        ..Default::default()
    }];
    ExportMetricsServiceRequest { resource_metrics }.encode_to_vec()
}

/// The message as gRPC puts it on the wire: not compressed, with its length.
fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("a short message");
    [&[0], length.to_be_bytes().as_slice(), message].concat()
}
