//! A receiver that does as its script says, over in-memory streams.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
};
use otelbox_sdk::{
    Batch, BoxFuture, BoxedStream, Clock, Connector, Deadline, ExportOutcome, Exporter,
    FixedRandom, MetricBatch, OtlpExporter, OtlpExporterBuilder, OtlpMetricExporterBuilder,
    Protocol, Target, VirtualClock, Window,
};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf};
use tokio::time::{Instant, sleep};
use tokio_rustls::TlsAcceptor;
use tonic::Code;

/// What is sent back for one request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Success, with this message as its body.
    Ok(Vec<u8>),
    /// A gRPC status.
    Grpc(Status, Framing),
    /// An HTTP status, headers and a body.
    Http(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// These bytes, and then the end of the connection (HTTP/1.1 only).
    Raw(&'static [u8]),
    /// A success whose body never ends (gRPC only).
    Endless,
    /// Nothing, ever.
    Hang,
    /// Another reply, later.
    After(Duration, Box<Reply>),
    /// The end of the connection.
    Close,
    /// The end of the connection, with an error.
    Reset,
    /// The end of the stream (gRPC only).
    ResetStream(h2::Reason),
}

/// A gRPC status, as it stands in trailers.
#[derive(Clone, Debug)]
pub(crate) struct Status {
    pub(crate) code: i32,
    pub(crate) message: &'static str,
    pub(crate) details: Option<String>,
}

/// Where a gRPC status stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    TrailersOnly,
    HeadersThenTrailers,
    AfterData,
}

/// A request that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) at: Duration,
    pub(crate) connection: usize,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

struct State {
    started: Instant,
    script: VecDeque<Reply>,
    then: Reply,
    refuse: usize,
    connections: usize,
    dials: Vec<Duration>,
    seen: Vec<Seen>,
    cancelled: Vec<Duration>,
    tls: Option<TlsAcceptor>,
}

/// The receiver. Clones are the same receiver.
#[derive(Clone)]
pub(crate) struct Receiver {
    protocol: Protocol,
    state: Arc<Mutex<State>>,
}

pub(crate) fn grpc(code: Code) -> Reply {
    grpc_with(code as i32, None)
}

pub(crate) fn grpc_with(code: i32, details: Option<String>) -> Reply {
    let status = Status {
        code,
        message: "",
        details,
    };
    Reply::Grpc(status, Framing::TrailersOnly)
}

pub(crate) fn http(status: u16) -> Reply {
    Reply::Http(status, Vec::new(), Vec::new())
}

pub(crate) fn http_retry_after(status: u16, value: &str) -> Reply {
    Reply::Http(status, vec![("retry-after", value.to_owned())], Vec::new())
}

pub(crate) fn ok() -> Reply {
    Reply::Ok(Vec::new())
}

/// UNAVAILABLE, or 503.
pub(crate) fn unavailable(protocol: Protocol) -> Reply {
    match protocol {
        Protocol::Grpc => grpc(Code::Unavailable),
        Protocol::HttpProtobuf | Protocol::HttpJson => http(503),
    }
}

pub(crate) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

impl Receiver {
    /// Answers with `script`, and after that with success.
    pub(crate) fn new(protocol: Protocol, script: impl IntoIterator<Item = Reply>) -> Self {
        Self {
            protocol,
            state: Arc::new(Mutex::new(State {
                started: Instant::now(),
                script: script.into_iter().collect(),
                then: ok(),
                refuse: 0,
                connections: 0,
                dials: Vec::new(),
                seen: Vec::new(),
                cancelled: Vec::new(),
                tls: None,
            })),
        }
    }

    /// Answers everything in the same way.
    pub(crate) fn always(protocol: Protocol, reply: Reply) -> Self {
        let receiver = Self::new(protocol, []);
        receiver.state.lock().then = reply;
        receiver
    }

    /// Speaks TLS.
    pub(crate) fn over_tls(self, acceptor: TlsAcceptor) -> Self {
        self.state.lock().tls = Some(acceptor);
        self
    }

    /// Refuses the next `times` connections.
    pub(crate) fn refusing(self, times: usize) -> Self {
        self.state.lock().refuse = times;
        self
    }

    /// An exporter to this receiver, without jitter.
    pub(crate) fn exporter(&self) -> OtlpMetricExporterBuilder {
        self.exporter_of()
    }

    /// An exporter of any signal to this receiver, without jitter.
    pub(crate) fn exporter_of<B: Batch>(&self) -> OtlpExporterBuilder<B> {
        let epoch = SystemTime::UNIX_EPOCH + secs(784_111_777);
        OtlpExporter::builder()
            .with_protocol(self.protocol)
            .with_endpoint("http://collector:4317")
            .with_connector(Arc::new(self.clone()))
            .with_random(Arc::new(FixedRandom::MIDPOINT))
            .with_clock(Arc::new(VirtualClock::starting_at(epoch)))
    }

    /// One export of three points by a fresh exporter with all defaults.
    pub(crate) async fn export(&self) -> ExportOutcome {
        export(self.exporter()).await
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.lock().seen.clone()
    }

    /// When the requests arrived, in milliseconds.
    pub(crate) fn arrivals(&self) -> Vec<u128> {
        self.seen().iter().map(|seen| seen.at.as_millis()).collect()
    }

    /// When connections were asked for, in milliseconds.
    pub(crate) fn dials(&self) -> Vec<u128> {
        let state = self.state.lock();
        state.dials.iter().map(Duration::as_millis).collect()
    }

    /// When calls were cancelled by the client, in milliseconds.
    pub(crate) fn cancelled(&self) -> Vec<u128> {
        let state = self.state.lock();
        state.cancelled.iter().map(Duration::as_millis).collect()
    }

    fn arrived(&self, mut seen: Seen) -> Reply {
        let mut state = self.state.lock();
        seen.at = state.started.elapsed();
        state.seen.push(seen);
        let reply = state.script.pop_front();
        reply.unwrap_or_else(|| state.then.clone())
    }

    async fn serve_http2(self, stream: BoxedStream, connection: usize, reset: Arc<AtomicBool>) {
        let Ok(mut server) = h2::server::handshake(stream).await else {
            return;
        };
        let (end, mut ended) = tokio::sync::mpsc::unbounded_channel::<()>();
        loop {
            // The end comes first: else the connection would still reset the stream.
            let accepted = tokio::select! {
                biased;
                _ = ended.recv() => return,
                accepted = server.accept() => accepted,
            };
            let Some(Ok((request, respond))) = accepted else {
                return;
            };
            let call = self.clone().answer_call(request, respond, connection);
            let (end, reset) = (end.clone(), reset.clone());
            tokio::spawn(async move {
                let ended = call.await;
                if matches!(ended, End::ConnectionWithError) {
                    reset.store(true, Ordering::Relaxed);
                }
                if !matches!(ended, End::Stream) {
                    let _ = end.send(());
                }
            });
        }
    }

    async fn answer_call(
        self,
        request: http::Request<h2::RecvStream>,
        mut respond: h2::server::SendResponse<Bytes>,
        connection: usize,
    ) -> End {
        let (head, mut stream) = request.into_parts();
        let mut body = Vec::new();
        while let Some(Ok(data)) = stream.data().await {
            let _ = stream.flow_control().release_capacity(data.len());
            body.extend_from_slice(&data);
        }
        let mut reply = self.arrived(Seen {
            at: Duration::ZERO,
            connection,
            path: head.uri.path().to_owned(),
            headers: head.headers,
            body,
        });
        while let Reply::After(delay, later) = reply {
            tokio::select! {
                () = sleep(delay) => {}
                () = self.cancellation(&mut respond) => return End::Stream,
            }
            reply = *later;
        }
        let ok_status = Status {
            code: 0,
            message: "",
            details: None,
        };
        match reply {
            Reply::Ok(message) => {
                let frame = framed(&message);
                send(respond, 200, &ok_status, Framing::AfterData, &frame);
            }
            Reply::Grpc(status, framing) => send(respond, 200, &status, framing, &framed(&[])),
            Reply::Http(status, headers, _) => {
                let _ = respond.send_response(response(status, &headers), true);
            }
            Reply::Endless => {
                let head = response(200, &[("content-type", "application/grpc".to_owned())]);
                if let Ok(mut stream) = respond.send_response(head, false) {
                    while stream
                        .send_data(Bytes::from(vec![0; 65_536]), false)
                        .is_ok()
                    {
                        tokio::task::yield_now().await;
                    }
                }
            }
            Reply::Hang => self.cancellation(&mut respond).await,
            Reply::Close => return End::Connection,
            Reply::Reset => return End::ConnectionWithError,
            Reply::ResetStream(reason) => respond.send_reset(reason),
            Reply::Raw(_) | Reply::After(..) => unreachable!("not over gRPC"),
        }
        End::Stream
    }

    async fn cancellation(&self, respond: &mut h2::server::SendResponse<Bytes>) {
        let _ = std::future::poll_fn(|context| respond.poll_reset(context)).await;
        let mut state = self.state.lock();
        let at = state.started.elapsed();
        state.cancelled.push(at);
    }

    async fn serve_http1(self, mut stream: BoxedStream, connection: usize, reset: Arc<AtomicBool>) {
        while let Some(seen) = read_request(&mut stream, connection).await {
            let mut reply = self.arrived(seen);
            while let Reply::After(delay, later) = reply {
                sleep(delay).await;
                reply = *later;
            }
            let content_type = match self.protocol {
                Protocol::HttpJson => "application/json",
                Protocol::HttpProtobuf | Protocol::Grpc => "application/x-protobuf",
            };
            let sent = match reply {
                Reply::Ok(body) => {
                    let headers = [("content-type", content_type.to_owned())];
                    stream.write_all(&written(200, &headers, &body)).await
                }
                Reply::Http(status, headers, body) => {
                    stream.write_all(&written(status, &headers, &body)).await
                }
                Reply::Raw(bytes) => {
                    let _ = stream.write_all(bytes).await;
                    return;
                }
                Reply::Hang => {
                    let _ = stream.read_u8().await;
                    let mut state = self.state.lock();
                    let at = state.started.elapsed();
                    state.cancelled.push(at);
                    return;
                }
                Reply::Close => return,
                Reply::Reset => {
                    reset.store(true, Ordering::Relaxed);
                    return;
                }
                Reply::Grpc(..) | Reply::Endless | Reply::ResetStream(_) | Reply::After(..) => {
                    unreachable!("not over HTTP")
                }
            };
            if sent.is_err() {
                return;
            }
        }
    }
}

/// What ends with a call.
enum End {
    Stream,
    Connection,
    ConnectionWithError,
}

impl Connector for Receiver {
    fn connect<'a>(&'a self, _: &'a Target) -> BoxFuture<'a, io::Result<BoxedStream>> {
        Box::pin(async move {
            let connection = {
                let mut state = self.state.lock();
                let at = state.started.elapsed();
                state.dials.push(at);
                if state.refuse > 0 {
                    state.refuse -= 1;
                    return Err(io::ErrorKind::ConnectionRefused.into());
                }
                state.connections += 1;
                state.connections
            };
            let (near, far) = tokio::io::duplex(1 << 16);
            let reset = Arc::new(AtomicBool::new(false));
            let (receiver, fails) = (self.clone(), reset.clone());
            tokio::spawn(async move {
                let tls = receiver.state.lock().tls.clone();
                let far: BoxedStream = match tls {
                    None => Box::new(far),
                    Some(tls) => match tls.accept(far).await {
                        Ok(stream) => Box::new(stream),
                        Err(_) => return,
                    },
                };
                match receiver.protocol {
                    Protocol::Grpc => receiver.serve_http2(far, connection, fails).await,
                    _ => receiver.serve_http1(far, connection, fails).await,
                }
            });
            Ok(Box::new(Resettable { near, reset }) as BoxedStream)
        })
    }
}

/// A stream whose end is an error once `reset` is set.
struct Resettable {
    near: DuplexStream,
    reset: Arc<AtomicBool>,
}

impl AsyncRead for Resettable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.near).poll_read(context, buffer);
        match read {
            Poll::Ready(Ok(()))
                if buffer.filled().len() == before && self.reset.load(Ordering::Relaxed) =>
            {
                Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
            }
            read => read,
        }
    }
}

impl AsyncWrite for Resettable {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.near).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.near).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.near).poll_shutdown(context)
    }
}

/// One export of three points by the exporter that `builder` makes.
pub(crate) async fn export(builder: OtlpMetricExporterBuilder) -> ExportOutcome {
    export_with(&builder.build().expect("an exporter")).await
}

pub(crate) async fn export_with(exporter: &OtlpExporter<MetricBatch>) -> ExportOutcome {
    exporter.export(&batch(3), Deadline::none()).await
}

/// One counter with `points` points.
pub(crate) fn batch(points: usize) -> MetricBatch {
    let data_points = (0..points)
        .map(|index| NumberDataPoint {
            time_unix_nano: 1_000_000 + index as u64,
            value: Some(Value::AsInt(50)),
            ..NumberDataPoint::default()
        })
        .collect();
    let counter = Metric {
        name: "http.server.request.count".to_owned(),
        unit: "{request}".to_owned(),
        data: Some(Data::Sum(Sum {
            data_points,
            aggregation_temporality: 1,
            is_monotonic: true,
        })),
        ..Metric::default()
    };
    let request = ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            scope_metrics: vec![ScopeMetrics {
                metrics: vec![counter],
                ..ScopeMetrics::default()
            }],
            ..ResourceMetrics::default()
        }],
    };
    let start = VirtualClock::starting_at(SystemTime::UNIX_EPOCH).now();
    let end = start + secs(15);
    MetricBatch::new(request, Window { start, end })
}

fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("a short message");
    [&[0], &length.to_be_bytes()[..], message].concat()
}

fn response(status: u16, headers: &[(&'static str, String)]) -> Response<()> {
    let mut response = Response::new(());
    *response.status_mut() = http::StatusCode::from_u16(status).expect("a status");
    for (name, value) in headers {
        let value = HeaderValue::try_from(value).expect("a header value");
        response
            .headers_mut()
            .append(HeaderName::from_static(name), value);
    }
    response
}

fn send(
    mut respond: h2::server::SendResponse<Bytes>,
    http_status: u16,
    status: &Status,
    framing: Framing,
    frame: &[u8],
) {
    let mut trailers = vec![
        ("grpc-status", status.code.to_string()),
        ("grpc-message", status.message.to_owned()),
    ];
    if let Some(details) = &status.details {
        trailers.push(("grpc-status-details-bin", details.clone()));
    }
    let content_type = ("content-type", "application/grpc".to_owned());
    if framing == Framing::TrailersOnly {
        trailers.push(content_type);
        let _ = respond.send_response(response(http_status, &trailers), true);
        return;
    }
    let head = response(http_status, &[content_type]);
    let Ok(mut stream) = respond.send_response(head, false) else {
        return;
    };
    if framing == Framing::AfterData {
        let _ = stream.send_data(Bytes::copy_from_slice(frame), false);
    }
    let _ = stream.send_trailers(response(200, &trailers).headers().clone());
}

fn written(status: u16, headers: &[(&'static str, String)], body: &[u8]) -> Vec<u8> {
    let mut lines = vec![format!("HTTP/1.1 {status} Something")];
    lines.extend(
        headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}")),
    );
    if status != 204 {
        lines.push(format!("content-length: {}", body.len()));
    }
    [lines.join("\r\n").as_bytes(), b"\r\n\r\n", body].concat()
}

async fn read_request(stream: &mut BoxedStream, connection: usize) -> Option<Seen> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).expect("an ASCII head");
    let mut lines = head.lines();
    let request_line = lines.next().expect("a request line");
    let path = request_line.split(' ').nth(1).expect("a request target");
    assert!(request_line.starts_with("POST ") && request_line.ends_with(" HTTP/1.1"));
    let headers: HeaderMap = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| {
            (
                HeaderName::try_from(name).expect("a name"),
                HeaderValue::try_from(value).expect("a value"),
            )
        })
        .collect();
    let length = headers.get("content-length").expect("a content length");
    let length: usize = length.to_str().expect("text").parse().expect("a number");
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Seen {
        at: Duration::ZERO,
        connection,
        path: path.to_owned(),
        headers,
        body,
    })
}
