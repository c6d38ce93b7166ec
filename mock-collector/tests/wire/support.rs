//! Raw clients, and a collector that is reached over TCP or in memory.

use std::io;
use std::time::Duration;

use ::http::{HeaderMap, Request, StatusCode};
use bytes::{Bytes, BytesMut};
use h2::client::SendRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, metric, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use otelbox_mock_collector::journal::{ConnectionRecord, Exchange, Journal};
use otelbox_mock_collector::{MockCollector, MockCollectorBuilder, Port};
use prost::Message;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// Long enough never to be reached by a test that passes.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// How clients reach a collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Tcp,
    Memory,
}

/// Runs a test body twice: over TCP on a multi-thread runtime in real time, and in memory on a paused clock.
macro_rules! on_both_transports {
    ($name:ident, $body:expr) => {
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn over_tcp() {
                let body = $body;
                body(crate::support::Transport::Tcp).await;
            }

            #[tokio::test(start_paused = true)]
            async fn in_memory() {
                let body = $body;
                body(crate::support::Transport::Memory).await;
            }
        }
    };
}
pub(crate) use on_both_transports;

/// A collector and the way to it.
#[derive(Debug)]
pub(crate) struct Receiver {
    pub(crate) collector: MockCollector,
    transport: Transport,
}

impl Transport {
    pub(crate) async fn start(self, builder: MockCollectorBuilder) -> Receiver {
        let builder = match self {
            Self::Tcp => builder,
            Self::Memory => builder.in_memory(),
        };
        let collector = builder.start().await.expect("the collector starts");
        Receiver {
            collector,
            transport: self,
        }
    }
}

pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

pub(crate) type BoxedStream = Box<dyn Stream>;

impl Receiver {
    pub(crate) async fn connect(&self, port: Port) -> io::Result<BoxedStream> {
        match self.transport {
            Transport::Memory => {
                let stream = self.collector.connector().connect(port).await?;
                Ok(Box::new(stream))
            }
            Transport::Tcp => {
                let address = match port {
                    Port::Grpc => self.collector.grpc_addr(),
                    Port::Http => self.collector.http_addr(),
                };
                let stream = TcpStream::connect(address.expect("a TCP address")).await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
        }
    }

    /// A client of the gRPC port.
    pub(crate) async fn grpc(&self) -> Http2Client {
        Http2Client::new(
            self.connect(Port::Grpc)
                .await
                .expect("the collector listens"),
        )
        .await
    }

    /// A connection to the HTTP port.
    pub(crate) async fn http(&self) -> Http1Client {
        Http1Client::new(
            self.connect(Port::Http)
                .await
                .expect("the collector listens"),
        )
    }

    /// The journal when this many requests have ended.
    pub(crate) async fn after(&self, requests: u64) -> Journal {
        self.collector
            .wait_for()
            .attempts(requests)
            .within(LONG)
            .await
            .expect("the requests arrive")
    }

    /// Waits for an event of a connection: the client may see the end before the collector has written it down.
    pub(crate) async fn event(&self, wanted: impl Fn(&ConnectionRecord) -> bool) -> String {
        let find = || {
            let records = self.collector.journal().connections();
            let found = records.iter().find(|record| wanted(record));
            found.map(|record| record.event.to_string())
        };
        let found_in_time = timeout(LONG, async {
            loop {
                if let Some(text) = find() {
                    return text;
                }
                sleep(Duration::from_millis(1)).await;
            }
        });
        found_in_time
            .await
            .unwrap_or_else(|_| panic!("no such event:\n{}", self.collector.journal().timeline()))
    }

    /// The only exchange of the journal.
    pub(crate) async fn only_exchange(&self) -> Arc<Exchange> {
        let exchanges = self.after(1).await.exchanges();
        assert_eq!(exchanges.len(), 1);
        Arc::clone(&exchanges[0])
    }
}

/// A metrics export with this many data points.
pub(crate) fn metrics(points: u64) -> Vec<u8> {
    let value = |text: &str| AnyValue {
        value: Some(any_value::Value::StringValue(text.to_owned())),
    };
    let attribute = KeyValue {
        key: "service.name".to_owned(),
        value: Some(value("checkout")),
        ..KeyValue::default()
    };
    let point = |number: u64| NumberDataPoint {
        time_unix_nano: number,
        value: Some(number_data_point::Value::AsDouble(0.5)),
        ..NumberDataPoint::default()
    };
    let gauge = Gauge {
        data_points: (0..points).map(point).collect(),
    };
    let metric = Metric {
        name: "level".to_owned(),
        data: Some(metric::Data::Gauge(gauge)),
        ..Metric::default()
    };
    let scope = ScopeMetrics {
        metrics: vec![metric],
        ..ScopeMetrics::default()
    };
    let resource = Resource {
        attributes: vec![attribute],
        ..Resource::default()
    };
    let resource = ResourceMetrics {
        resource: Some(resource),
        scope_metrics: vec![scope],
        ..Default::default()
    };
    ExportMetricsServiceRequest {
        resource_metrics: vec![resource],
    }
    .encode_to_vec()
}

/// A gRPC message with its prefix.
pub(crate) fn frame(flag: u8, message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).expect("a small message");
    [&[flag][..], &length.to_be_bytes(), message]
        .concat()
        .into()
}

pub(crate) const METRICS_CALL: &str =
    "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";

/// A raw HTTP/2 client.
pub(crate) struct Http2Client {
    pub(crate) sender: SendRequest<Bytes>,
    pub(crate) connection: tokio::task::JoinHandle<Result<(), h2::Error>>,
}

/// An answer, frame by frame.
#[derive(Debug)]
pub(crate) struct Http2Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Whether the first HEADERS frame ended the stream.
    pub(crate) trailers_only: bool,
    pub(crate) data: Vec<u8>,
    pub(crate) trailers: Option<HeaderMap>,
}

impl Http2Answer {
    pub(crate) fn grpc_status(&self) -> Option<&str> {
        let fields = self.trailers.as_ref().unwrap_or(&self.headers);
        fields.get("grpc-status")?.to_str().ok()
    }

    pub(crate) fn grpc_message(&self) -> &str {
        let fields = self.trailers.as_ref().unwrap_or(&self.headers);
        fields
            .get("grpc-message")
            .and_then(|message| message.to_str().ok())
            .unwrap_or_default()
    }
}

/// The head of an OTLP/gRPC call.
pub(crate) fn call(path: &str) -> Request<()> {
    Request::post(format!("http://otelbox{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(())
        .expect("a request")
}

impl Http2Client {
    pub(crate) async fn new(stream: BoxedStream) -> Self {
        let (sender, connection) = h2::client::handshake(stream)
            .await
            .expect("an HTTP/2 connection");
        Self {
            sender,
            connection: tokio::spawn(connection),
        }
    }

    /// Sends a metrics export and reads its answer to the end.
    pub(crate) async fn export(&self, points: u64) -> Result<Http2Answer, h2::Error> {
        self.send(call(METRICS_CALL), frame(0, &metrics(points)))
            .await
    }

    /// Sends a metrics export whose connection is lost, and returns what ended it.
    ///
    /// A stream may learn no more than that its connection is gone: the connection itself knows how it went.
    pub(crate) async fn export_lost(self, points: u64) -> h2::Error {
        let of_stream = self.export(points).await.expect_err("no answer");
        drop(self.sender);
        match self.connection.await.expect("no panic") {
            Err(of_connection) if of_connection.is_io() => of_connection,
            _ => of_stream,
        }
    }

    pub(crate) async fn send(
        &self,
        request: Request<()>,
        body: Bytes,
    ) -> Result<Http2Answer, h2::Error> {
        let mut sender = self.sender.clone().ready().await?;
        let (response, mut stream) = sender.send_request(request, false)?;
        // A call that is refused for its head may be over already; then the answer tells.
        let _ = stream.send_data(body, true);
        read_answer(response).await
    }
}

pub(crate) async fn read_answer(
    response: h2::client::ResponseFuture,
) -> Result<Http2Answer, h2::Error> {
    let (head, mut body) = response.await?.into_parts();
    let mut answer = Http2Answer {
        status: head.status,
        headers: head.headers,
        trailers_only: body.is_end_stream(),
        data: Vec::new(),
        trailers: None,
    };
    while let Some(chunk) = body.data().await {
        answer.data.extend_from_slice(&chunk?);
    }
    answer.trailers = body.trailers().await?;
    Ok(answer)
}

/// A raw HTTP/1.1 client.
pub(crate) struct Http1Client {
    pub(crate) stream: BoxedStream,
    read: BytesMut,
}

/// An answer as text.
#[derive(Debug)]
pub(crate) struct Http1Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Http1Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }
}

/// A request with a body, as bytes.
pub(crate) fn post(path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!(
        "POST {path} HTTP/1.1\r\nhost: otelbox\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    [head.as_bytes(), b"\r\n", body].concat()
}

pub(crate) const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");
pub(crate) const JSON: (&str, &str) = ("content-type", "application/json");

impl Http1Client {
    pub(crate) fn new(stream: BoxedStream) -> Self {
        Self {
            stream,
            read: BytesMut::new(),
        }
    }

    /// Sends a metrics export and reads its answer to the end.
    pub(crate) async fn export(&mut self, points: u64) -> io::Result<Http1Answer> {
        self.send(&post("/v1/metrics", &[PROTOBUF], &metrics(points)))
            .await
    }

    pub(crate) async fn send(&mut self, request: &[u8]) -> io::Result<Http1Answer> {
        self.stream.write_all(request).await?;
        self.answer().await
    }

    /// Reads an answer; the end of the stream within one is an error.
    pub(crate) async fn answer(&mut self) -> io::Result<Http1Answer> {
        let head_end = loop {
            if let Some(position) = self
                .read
                .windows(4)
                .position(|window| window == b"\r\n\r\n")
            {
                break position + 4;
            }
            self.more().await?;
        };
        let head =
            String::from_utf8(self.read.split_to(head_end).to_vec()).expect("a head is text");
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .expect("a status");
        let mut answer = Http1Answer {
            status,
            head,
            body: Vec::new(),
        };
        let length: usize = answer
            .header("content-length")
            .map_or(0, |length| length.parse().expect("a length"));
        while self.read.len() < length {
            self.more().await?;
        }
        answer.body = self.read.split_to(length).to_vec();
        Ok(answer)
    }

    /// What came and was not read as an answer.
    pub(crate) fn unread(&self) -> &[u8] {
        &self.read
    }

    /// Reads to the end of the stream.
    pub(crate) async fn read_to_end(&mut self) -> io::Result<Vec<u8>> {
        loop {
            match self.more().await {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Ok(self.read.split().to_vec());
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn more(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.read).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// Whether an error of the client is a connection that was reset.
pub(crate) fn is_reset(error: &h2::Error) -> bool {
    error
        .get_io()
        .is_some_and(|error| error.kind() == io::ErrorKind::ConnectionReset)
}
