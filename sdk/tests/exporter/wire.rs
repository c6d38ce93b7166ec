//! What goes over the wire.

use std::io::Read;

use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use otelbox_sdk::Protocol::{Grpc, HttpJson, HttpProtobuf};
use otelbox_sdk::{Compression, Environment, OtlpMetricExporterBuilder, Protocol};
use prost::Message;

use crate::receiver::{Receiver, Seen, batch, export, unavailable};

/// The request of one export by an exporter that `change` configures.
async fn sent(
    protocol: Protocol,
    change: impl FnOnce(OtlpMetricExporterBuilder) -> OtlpMetricExporterBuilder,
) -> Seen {
    let receiver = Receiver::new(protocol, []);
    assert!(export(change(receiver.exporter())).await.is_delivered());
    receiver.seen().remove(0)
}

fn header<'a>(seen: &'a Seen, name: &str) -> &'a str {
    seen.headers
        .get(name)
        .map_or("", |value| value.to_str().expect("text"))
}

fn gunzipped(bytes: &[u8]) -> Vec<u8> {
    let mut inflated = Vec::new();
    GzDecoder::new(bytes)
        .read_to_end(&mut inflated)
        .expect("gzip");
    inflated
}

#[tokio::test(start_paused = true)]
async fn grpc_is_one_framed_message_to_the_export_method() {
    let seen = sent(Grpc, |builder| builder).await;
    assert_eq!(
        seen.path,
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
    );
    assert_eq!(header(&seen, "content-type"), "application/grpc");
    assert_eq!(header(&seen, "te"), "trailers");
    assert_eq!(header(&seen, "grpc-encoding"), "");
    let (prefix, message) = seen.body.split_at(5);
    assert_eq!(prefix[0], 0);
    assert_eq!(
        prefix[1..],
        u32::try_from(message.len()).expect("short").to_be_bytes()
    );
    let decoded = ExportMetricsServiceRequest::decode(message).expect("a request");
    assert_eq!(decoded, batch(3).request);
}

#[tokio::test(start_paused = true)]
async fn http_is_a_message_as_the_body() {
    let seen = sent(HttpProtobuf, |builder| builder).await;
    assert_eq!(seen.path, "/v1/metrics");
    assert_eq!(header(&seen, "host"), "collector:4317");
    assert_eq!(header(&seen, "content-type"), "application/x-protobuf");
    assert_eq!(header(&seen, "content-encoding"), "");
    let decoded = ExportMetricsServiceRequest::decode(seen.body.as_slice()).expect("a request");
    assert_eq!(decoded, batch(3).request);

    let seen = sent(HttpJson, |builder| builder).await;
    assert_eq!(header(&seen, "content-type"), "application/json");
    let decoded: serde_json::Value = serde_json::from_slice(&seen.body).expect("JSON");
    let metric = &decoded["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0];
    assert_eq!(metric["name"], "http.server.request.count");
    assert_eq!(metric["sum"]["dataPoints"][0]["asInt"], "50");
}

#[tokio::test(start_paused = true)]
async fn gzip_is_declared_where_it_is_used() {
    let gzip = |builder: OtlpMetricExporterBuilder| builder.with_compression(Compression::Gzip);
    let seen = sent(Grpc, gzip).await;
    assert_eq!(header(&seen, "grpc-encoding"), "gzip");
    assert_eq!(seen.body[0], 1);
    let length = u32::try_from(seen.body.len() - 5).expect("short");
    assert_eq!(seen.body[1..5], length.to_be_bytes());
    let decoded = ExportMetricsServiceRequest::decode(&*gunzipped(&seen.body[5..]));
    assert_eq!(decoded.expect("a request"), batch(3).request);

    for protocol in [HttpProtobuf, HttpJson] {
        let plain = sent(protocol, |builder| builder).await;
        let seen = sent(protocol, gzip).await;
        assert_eq!(header(&seen, "content-encoding"), "gzip");
        assert_eq!(gunzipped(&seen.body), plain.body, "{protocol}");
    }
}

#[tokio::test(start_paused = true)]
async fn headers_ride_on_every_attempt() {
    for protocol in Protocol::ALL {
        let receiver = Receiver::new(protocol, [unavailable(protocol), unavailable(protocol)]);
        let environment = Environment::empty().with(
            "OTEL_EXPORTER_OTLP_HEADERS",
            "authorization=Bearer%20secret,x-tenant=nobody",
        );
        let exporter = receiver
            .exporter()
            .with_env(&environment)
            .with_header("x-tenant", "team-checkout");
        assert_eq!(export(exporter).await.attempts(), 3, "{protocol}");
        for seen in receiver.seen() {
            assert_eq!(
                header(&seen, "authorization"),
                "Bearer secret",
                "{protocol}"
            );
            assert_eq!(header(&seen, "x-tenant"), "team-checkout", "{protocol}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_user_agent_names_exporter_language_and_version() {
    for protocol in Protocol::ALL {
        let seen = sent(protocol, |builder| builder).await;
        let ours = concat!("OTel-OTLP-Exporter-Rust/", env!("CARGO_PKG_VERSION"));
        assert_eq!(header(&seen, "user-agent"), ours, "{protocol}");
        let seen = sent(protocol, |builder| {
            builder.with_header("user-agent", "shop/3.1")
        })
        .await;
        assert_eq!(
            header(&seen, "user-agent"),
            format!("shop/3.1 {ours}"),
            "{protocol}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn request_targets_are_as_configured() {
    let of_base = async |url: &str| {
        let receiver = Receiver::new(HttpProtobuf, []);
        assert!(
            export(receiver.exporter().with_endpoint(url))
                .await
                .is_delivered()
        );
        receiver.seen().remove(0).path
    };
    let as_is = async |url: &str| {
        let receiver = Receiver::new(HttpProtobuf, []);
        let exporter = receiver.exporter().with_signal_endpoint(url);
        assert!(export(exporter).await.is_delivered());
        receiver.seen().remove(0).path
    };
    assert_eq!(of_base("http://h:1/x//y/").await, "/x//y/v1/metrics");
    assert_eq!(of_base("http://h:1/A%2Fb").await, "/A%2Fb/v1/metrics");
    assert_eq!(as_is("http://h:1").await, "/");
    assert_eq!(as_is("http://h:1/v1/metrics/").await, "/v1/metrics/");
    assert_eq!(
        as_is("http://h:1//double?key=%7E").await,
        "//double?key=%7E"
    );
}
