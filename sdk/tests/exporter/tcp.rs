//! Over real sockets.

use std::net::Ipv4Addr;

use otelbox_sdk::{
    AttemptError, ConnectionErrorKind, Deadline, ExportOutcome, Exporter, OtlpMetricExporter,
    Protocol, RetryPolicy, Verdict,
};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::receiver::batch;

/// One attempt is enough here: waits would be real.
struct OneAttempt;

impl RetryPolicy for OneAttempt {
    fn classify(&self, result: &otelbox_sdk::AttemptResult) -> Verdict {
        match result {
            Ok(_) => Verdict::Delivered,
            Err(_) => Verdict::Drop,
        }
    }
}

fn exporter(endpoint: String) -> OtlpMetricExporter {
    OtlpMetricExporter::builder()
        .with_protocol(Protocol::HttpProtobuf)
        .with_endpoint(endpoint)
        .with_retry_policy(Arc::new(OneAttempt))
        .build()
        .expect("an exporter")
}

#[tokio::test]
async fn an_export_arrives_and_its_answer_comes_back() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    let receiver = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut first = [0; 22];
        stream.read_exact(&mut first).await.expect("a request line");
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(answer).await.expect("written");
        // The rest of the request, until the exporter is gone.
        while stream.read_u8().await.is_ok() {}
        first
    });
    let exporter = exporter(endpoint);
    let outcome = exporter.export(&batch(1), Deadline::none()).await;
    assert_eq!(outcome, ExportOutcome::Delivered { attempts: 1 });
    exporter
        .shutdown(Deadline::none())
        .await
        .expect("a first shutdown");
    let first = receiver.await.expect("no panic");
    assert_eq!(&first, b"POST /v1/metrics HTTP/");
}

#[tokio::test]
async fn a_port_without_a_listener_refuses() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let exporter = exporter(endpoint);
    let ExportOutcome::Failed(failure) = exporter.export(&batch(1), Deadline::none()).await else {
        panic!("nobody listens")
    };
    let Some(AttemptError::Connection(error)) = failure.last_status else {
        panic!("{failure:?}")
    };
    assert_eq!(error.kind, ConnectionErrorKind::Refused);
    assert!(!error.request_sent);
}
