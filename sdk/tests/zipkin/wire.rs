//! Whole requests, over a raw socket.

use std::net::Ipv4Addr;

use flate2::read::GzDecoder;
use otelbox_sdk::{
    Compression, Deadline, ExportOutcome, Exporter, ZipkinEncoding, ZipkinSpanExporter,
    ZipkinSpanExporterBuilder,
};
use std::io::Read;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::receiver::{header, read_request, status};
use crate::spans;

/// The one request of an exporter, which `configure` changes.
async fn request(
    configure: impl FnOnce(ZipkinSpanExporterBuilder) -> ZipkinSpanExporterBuilder,
) -> (String, Vec<u8>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    let listener = listener.expect("a port");
    let address = listener.local_addr().expect("an address");
    let receiver = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let request = read_request(&mut stream).await.expect("a request");
        let answer = status(202);
        stream.write_all(answer.as_bytes()).await.expect("written");
        request
    });
    let builder =
        ZipkinSpanExporter::builder().with_endpoint(format!("http://{address}/api/v2/spans?key=1"));
    let exporter = configure(builder).build().expect("an exporter");
    let batch = spans::batch([spans::plain()]);
    let outcome = exporter.export(&batch, Deadline::none()).await;
    assert_eq!(outcome, ExportOutcome::Delivered { attempts: 1 });
    let (head, body) = receiver.await.expect("no panic");
    (head.replace(&address.to_string(), "[address]"), body)
}

#[tokio::test]
async fn a_whole_request_as_json() {
    let (head, body) = request(|builder| builder.with_header("x-tenant", "shop")).await;
    let head = head.replace(env!("CARGO_PKG_VERSION"), "[version]");
    let mut lines: Vec<&str> = head.trim_end().lines().collect();
    lines[1..].sort_unstable();
    let length = format!("content-length: {}", body.len());
    let lines = lines
        .join("\n")
        .replace(&length, "content-length: [length]");
    insta::assert_snapshot!(lines, @r"
    POST /api/v2/spans?key=1 HTTP/1.1
    accept-encoding: gzip
    content-length: [length]
    content-type: application/json
    host: [address]
    user-agent: OTel-Zipkin-Exporter-Rust/[version]
    x-tenant: shop
    ");
    let ids = r#"[{"traceId":"abababababababababababababababab","id":"cdcdcdcdcdcdcdcd","#;
    let times = r#""name":"work","timestamp":1767225600000001,"duration":2,"#;
    let body = String::from_utf8(body).expect("UTF-8");
    assert!(body.starts_with(&format!("{ids}{times}")), "{body}");
}

#[tokio::test]
async fn protobuf_and_compression_are_announced() {
    let (_, plain) = request(|builder| builder.with_encoding(ZipkinEncoding::Protobuf)).await;
    let (head, body) = request(|builder| {
        builder
            .with_encoding(ZipkinEncoding::Protobuf)
            .with_compression(Compression::Gzip)
    })
    .await;
    assert_eq!(
        header(&head, "content-type"),
        Some("application/x-protobuf")
    );
    assert_eq!(header(&head, "content-encoding"), Some("gzip"));
    let mut inflated = Vec::new();
    let read = GzDecoder::new(&body[..]).read_to_end(&mut inflated);
    read.expect("gzip");
    assert_eq!(inflated, plain);
}

#[tokio::test]
async fn a_port_without_a_listener_refuses() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    let address = listener.expect("a port").local_addr().expect("an address");
    let exporter = ZipkinSpanExporter::builder()
        .with_endpoint(format!("http://{address}/api/v2/spans"))
        .with_timeout(std::time::Duration::from_millis(500))
        .build()
        .expect("an exporter");
    let batch = spans::batch([spans::plain()]);
    let ExportOutcome::Failed(failure) = exporter.export(&batch, Deadline::none()).await else {
        panic!("nobody listens")
    };
    assert!(!failure.ambiguous);
    let advice = failure.advice.expect("advice").to_string();
    assert!(advice.contains("start a Zipkin server"), "{advice}");
}
