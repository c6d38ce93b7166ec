//! A client of OTLP/HTTP: plain bytes on a socket.

use std::net::SocketAddr;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use prost::Message as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// An export of one log record with this body.
pub(crate) fn logs(body: String) -> Vec<u8> {
    let record = LogRecord {
        body: Some(AnyValue {
            value: Some(Value::StringValue(body)),
        }),
        ..LogRecord::default()
    };
    let scope = ScopeLogs {
        log_records: vec![record],
        ..ScopeLogs::default()
    };
    let resource = ResourceLogs {
        scope_logs: vec![scope],
        ..ResourceLogs::default()
    };
    ExportLogsServiceRequest {
        resource_logs: vec![resource],
    }
    .encode_to_vec()
}

pub(crate) const PROTOBUF: &str = "content-type: application/x-protobuf\r\n";

/// A connection.
pub(crate) struct Client(TcpStream);

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.expect("it listens"))
    }

    /// Sends an export of logs with these header lines, and gives the status of the answer. None where there is no answer:
    /// the receiver has ended.
    pub(crate) async fn post(&mut self, headers: &str, body: &[u8]) -> Option<u16> {
        let head = format!(
            "POST /v1/logs HTTP/1.1\r\nhost: otelbox\r\n{headers}content-length: {}\r\n\r\n",
            body.len()
        );
        self.0.write_all(head.as_bytes()).await.ok()?;
        // Who is refused for his head may not get rid of his body.
        let _ = self.0.write_all(body).await;
        self.status().await
    }

    /// The status of an answer, which is read to the end of its body.
    async fn status(&mut self) -> Option<u16> {
        let mut read = Vec::new();
        loop {
            if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&read[..end]).to_lowercase();
                let length = head
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: "))
                    .map_or(0, |length| length.parse().expect("a length"));
                if read.len() >= end + 4 + length {
                    return head.split(' ').nth(1)?.parse().ok();
                }
            }
            if self.0.read_buf(&mut read).await.ok()? == 0 {
                return None;
            }
        }
    }
}
