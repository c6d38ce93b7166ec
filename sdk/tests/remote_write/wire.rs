//! Whole requests, over a raw socket.

use std::net::Ipv4Addr;

use otelbox_sdk::{
    ExportOutcome, PrometheusRemoteWriteExporter, PrometheusRemoteWriteExporterBuilder,
    RemoteWriteProtocol,
};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::batches::requests;
use crate::decoded::{self, lines};
use crate::receiver::{export, read_request, status, written};

/// The one request of an exporter, which `configure` changes: its head in lines, and its body.
async fn request(
    answer: String,
    configure: impl FnOnce(PrometheusRemoteWriteExporterBuilder) -> PrometheusRemoteWriteExporterBuilder,
) -> (String, Vec<u8>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    let listener = listener.expect("a port");
    let address = listener.local_addr().expect("an address");
    let receiver = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let request = read_request(&mut stream).await.expect("a request");
        stream.write_all(answer.as_bytes()).await.expect("written");
        request
    });
    let builder = PrometheusRemoteWriteExporter::builder()
        .with_endpoint(format!("http://{address}/api/v1/write?tenant=1"));
    let exporter = configure(builder).build().expect("an exporter");
    let outcome = export(&exporter, &requests(15, 3)).await;
    assert_eq!(outcome, ExportOutcome::Delivered { attempts: 1 });
    let (head, body) = receiver.await.expect("no panic");
    let length = format!("content-length: {}", body.len());
    let head = head
        .replace(&address.to_string(), "[address]")
        .replace(
            concat!("-Rust/", env!("CARGO_PKG_VERSION")),
            "-Rust/[version]",
        )
        .replace(&length, "content-length: [length]");
    let mut lines: Vec<&str> = head.trim_end().lines().collect();
    lines[1..].sort_unstable();
    (lines.join("\n"), body)
}

#[tokio::test]
async fn a_whole_request_of_2_0() {
    let (head, body) = request(written(204, 1, 0, ""), |builder| {
        builder.with_header("x-scope-orgid", "shop")
    })
    .await;
    insta::assert_snapshot!(head, @r"
    POST /api/v1/write?tenant=1 HTTP/1.1
    accept-encoding: gzip
    content-encoding: snappy
    content-length: [length]
    content-type: application/x-protobuf;proto=io.prometheus.write.v2.Request
    host: [address]
    user-agent: OTel-Prometheus-Remote-Write-Exporter-Rust/[version]
    x-prometheus-remote-write-version: 2.0.0
    x-scope-orgid: shop
    ");
    insta::assert_snapshot!(lines(&decoded::v2(&body)), @r#"requests_total{} 3 @15000 since 2000 ; counter "" """#);
}

#[tokio::test]
async fn a_whole_request_of_1_0() {
    let (head, body) = request(status(200), |builder| {
        builder
            .with_protocol(RemoteWriteProtocol::V1)
            .with_basic_auth("ada", "love:lace")
    })
    .await;
    insta::assert_snapshot!(head, @r"
    POST /api/v1/write?tenant=1 HTTP/1.1
    accept-encoding: gzip
    authorization: Basic YWRhOmxvdmU6bGFjZQ==
    content-encoding: snappy
    content-length: [length]
    content-type: application/x-protobuf
    host: [address]
    user-agent: OTel-Prometheus-Remote-Write-Exporter-Rust/[version]
    x-prometheus-remote-write-version: 0.1.0
    ");
    insta::assert_snapshot!(lines(&decoded::v1(&body)), @"requests_total{} 3 @15000");
}
