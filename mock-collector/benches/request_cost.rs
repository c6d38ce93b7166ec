//! What a request costs the receiver: CPU time per request against the floor, a raw hyper HTTP/2 server that reads each
//! body and answers an empty response without decoding.
//!
//! Server and client run on a thread of their own each; only the CPU time of the server's thread counts, as the kernel
//! accounts it (Linux only). Both servers are measured in turn, several times, and the ratio of their medians is
//! printed, because the ratio travels from machine to machine and the times do not. Load: 32 gRPC calls in flight on
//! one connection.
//!
//! `cargo bench -p otelbox-mock-collector --bench request_cost`

use std::convert::Infallible;
use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics,
    Sum,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use otelbox_mock_collector::MockCollector;
use otelbox_mock_collector::journal::DEFAULT_BUDGET_BYTES;
use prost::Message as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

const PATH: &str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
const IN_FLIGHT: usize = 32;
const REPETITIONS: usize = 7;
/// Data points per request, requests per repetition: each repetition is some tenths of a second of work.
const SIZES: [(usize, usize); 3] = [(1, 20_000), (100, 10_000), (1_000, 2_000)];

fn main() -> io::Result<()> {
    // `cargo test --benches` runs this without `--bench`: then it only has to show that it still works.
    let measured = std::env::args().any(|argument| argument == "--bench");
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "receiver CPU per request, medians of {REPETITIONS} interleaved repetitions"
    )?;
    writeln!(
        out,
        "{:>6} {:>7} {:<14} {:>11} {:>11} {:>6} {:>13}",
        "points", "bytes", "journal", "floor", "receiver", "ratio", "spread"
    )?;
    for (points, requests) in SIZES {
        let requests = if measured { requests } else { IN_FLIGHT };
        let message = grpc_message(points);
        let mut filling = Ratios::default();
        let mut full = Ratios::default();
        for _ in 0..REPETITIONS {
            let floor = cost(Server::floor()?, &message, requests, measured)?;
            let receiver = cost(Server::receiver()?, &message, requests, measured)?;
            filling.push(floor.filling, receiver.filling);
            full.push(floor.full, receiver.full);
        }
        for (name, ratios) in [("from empty on", filling), ("full", full)] {
            writeln!(out, "{points:>6} {:>7} {name:<14} {ratios}", message.len())?;
        }
    }
    Ok(())
}

/// What one size of requests costs, in microseconds a request: one value for each repetition.
#[derive(Default)]
struct Ratios {
    floor: Vec<f64>,
    receiver: Vec<f64>,
}

impl Ratios {
    fn push(&mut self, floor: f64, receiver: f64) {
        self.floor.push(floor);
        self.receiver.push(receiver);
    }
}

impl fmt::Display for Ratios {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ratios = self.floor.iter().zip(&self.receiver);
        let (least, most) = ratios
            .map(|(floor, receiver)| receiver / floor)
            .fold((f64::MAX, f64::MIN), |(least, most), ratio| {
                (least.min(ratio), most.max(ratio))
            });
        let (floor, receiver) = (median(&self.floor), median(&self.receiver));
        let ratio = receiver / floor;
        write!(
            f,
            "{floor:>8.2} µs {receiver:>8.2} µs {ratio:>5.2}x {least:>5.2}..{most:.2}x"
        )
    }
}

/// CPU time of the server's thread per request, in microseconds.
struct Cost {
    /// From the first requests on: the receiver's journal is empty, so that its memory comes fresh from the kernel.
    filling: f64,
    /// After so many requests that the receiver's journal lets go of one for each that it takes.
    full: f64,
}

fn cost(server: Server, message: &Bytes, requests: usize, measured: bool) -> io::Result<Cost> {
    // Connection, code and allocator are warm when the measurement starts.
    send(server.address, message, IN_FLIGHT * 4)?;
    let filling = spent(&server, message, requests)?;
    if measured {
        // What an exchange takes in a journal beside its body is about 2 KiB.
        let exchange_bytes = message.len() + 2048;
        send(
            server.address,
            message,
            DEFAULT_BUDGET_BYTES / exchange_bytes,
        )?;
    }
    let full = spent(&server, message, requests)?;
    server.stop();
    Ok(Cost { filling, full })
}

fn spent(server: &Server, message: &Bytes, requests: usize) -> io::Result<f64> {
    let before = server.cpu_time()?;
    send(server.address, message, requests)?;
    let spent = server.cpu_time()?.saturating_sub(before);
    Ok(spent.as_secs_f64() * 1e6 / f64::from(u32::try_from(requests).map_err(io::Error::other)?))
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A server on a current-thread runtime of its own.
struct Server {
    address: SocketAddr,
    schedule_statistics: PathBuf,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

/// What a server's thread tells when it is ready: where it listens, and its directory in `/proc`.
type Ready = io::Result<(SocketAddr, PathBuf)>;

/// Called once by the server, with where it listens.
type Report = Box<dyn FnOnce(io::Result<SocketAddr>) + Send>;

impl Server {
    fn floor() -> io::Result<Self> {
        Self::spawn("floor", |ready, stop| async move {
            let listener = match TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await {
                Ok(listener) => listener,
                Err(error) => return ready(Err(error)),
            };
            ready(listener.local_addr());
            tokio::select! {
                () = serve_floor(listener) => {}
                _ = stop => {}
            }
        })
    }

    fn receiver() -> io::Result<Self> {
        Self::spawn("receiver", |ready, stop| async move {
            let collector = match MockCollector::start().await {
                Ok(collector) => collector,
                Err(error) => return ready(Err(io::Error::other(error))),
            };
            ready(
                collector
                    .grpc_addr()
                    .ok_or_else(|| io::Error::other("no gRPC port")),
            );
            // An error only says that nobody waits any more.
            let _ = stop.await;
            collector.stop().await;
        })
    }

    fn spawn<S, F>(name: &str, serve: S) -> io::Result<Self>
    where
        S: FnOnce(Report, oneshot::Receiver<()>) -> F + Send + 'static,
        F: Future<Output = ()>,
    {
        let (ready_sender, ready) = mpsc::channel::<Ready>();
        let (stop, stopped) = oneshot::channel();
        // The name is what a profiler shows.
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                let directory = fs::read_link("/proc/thread-self");
                let report: Report = Box::new(move |address| {
                    // An error only says that nobody waits any more.
                    let _ =
                        ready_sender.send(address.and_then(|address| Ok((address, directory?))));
                });
                match runtime() {
                    Ok(runtime) => runtime.block_on(serve(report, stopped)),
                    Err(error) => report(Err(error)),
                }
            })?;
        let (address, directory) = ready.recv().map_err(io::Error::other)??;
        Ok(Self {
            address,
            schedule_statistics: PathBuf::from("/proc").join(directory).join("schedstat"),
            stop,
            thread,
        })
    }

    /// CPU time of the server's thread so far.
    fn cpu_time(&self) -> io::Result<Duration> {
        let text = fs::read_to_string(&self.schedule_statistics)?;
        let nanos = text.split_whitespace().next().unwrap_or_default();
        nanos
            .parse()
            .map(Duration::from_nanos)
            .map_err(io::Error::other)
    }

    fn stop(self) {
        // Errors of either kind mean that the server is gone already.
        let _ = self.stop.send(());
        let _ = self.thread.join();
    }
}

fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

async fn serve_floor(listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        if stream.set_nodelay(true).is_err() {
            continue;
        }
        tokio::spawn(
            hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service_fn(floor_answer)),
        );
    }
}

async fn floor_answer(
    request: Request<Incoming>,
) -> Result<Response<impl http_body::Body<Data = Bytes, Error = Infallible>>, hyper::Error> {
    let mut body = request.into_body();
    while let Some(frame) = body.frame().await {
        frame?;
    }
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let frames = [
        Ok(Frame::data(Bytes::from_static(&[0, 0, 0, 0, 0]))),
        Ok(Frame::trailers(trailers)),
    ];
    let mut response = Response::new(StreamBody::new(futures_util::stream::iter(frames)));
    response
        .headers_mut()
        .insert("content-type", HeaderValue::from_static("application/grpc"));
    Ok(response)
}

/// Sends `requests` calls, [`IN_FLIGHT`] at a time, over one new connection.
fn send(address: SocketAddr, message: &Bytes, requests: usize) -> io::Result<()> {
    runtime()?.block_on(async {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
                .await
                .map_err(io::Error::other)?;
        let connection = tokio::spawn(connection);
        let left = Arc::new(AtomicUsize::new(requests));
        let callers: Vec<_> = (0..IN_FLIGHT)
            .map(|_| {
                let (mut sender, left, message) =
                    (sender.clone(), Arc::clone(&left), message.clone());
                tokio::spawn(async move {
                    while take(&left) {
                        let request = Request::post(format!("http://{address}{PATH}"))
                            .header("content-type", "application/grpc")
                            .header("te", "trailers")
                            .body(Full::new(message.clone()))
                            .map_err(io::Error::other)?;
                        sender.ready().await.map_err(io::Error::other)?;
                        let response = sender
                            .send_request(request)
                            .await
                            .map_err(io::Error::other)?;
                        let answer = response
                            .into_body()
                            .collect()
                            .await
                            .map_err(io::Error::other)?;
                        let status = answer
                            .trailers()
                            .and_then(|trailers| trailers.get("grpc-status"));
                        if status.is_none_or(|status| status != "0") {
                            return Err(io::Error::other(format!("answered {status:?}")));
                        }
                    }
                    Ok(())
                })
            })
            .collect();
        for caller in callers {
            caller.await??;
        }
        drop(sender);
        connection.await?.map_err(io::Error::other)
    })
}

fn take(left: &AtomicUsize) -> bool {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
        left.checked_sub(1)
    })
    .is_ok()
}

/// A request as it stands in the body of a call: length-prefixed, not compressed.
fn grpc_message(points: usize) -> Bytes {
    let request = request(points);
    let length = request.encoded_len();
    let mut message = BytesMut::with_capacity(length + 5);
    message.put_u8(0);
    message.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
    message.put(request.encode_to_vec().as_slice());
    message.freeze()
}

/// 70 % sums, 10 % gauges, 20 % histograms with 15 bounds; three attributes a point.
fn request(points: usize) -> ExportMetricsServiceRequest {
    let metrics = (0..points)
        .map(|index| {
            let data = match index % 10 {
                0..7 => Data::Sum(Sum {
                    data_points: vec![number(index)],
                    aggregation_temporality: 2,
                    is_monotonic: true,
                }),
                7 => Data::Gauge(Gauge {
                    data_points: vec![number(index)],
                }),
                _ => Data::Histogram(Histogram {
                    data_points: vec![histogram(index)],
                    aggregation_temporality: 2,
                }),
            };
            Metric {
                name: format!("http.server.request.{index}"),
                unit: "{request}".into(),
                data: Some(data),
                ..Metric::default()
            }
        })
        .collect();
    ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(Resource {
                attributes: vec![
                    text("service.name", "checkout"),
                    text("service.instance.id", "worker-1"),
                ],
                ..Resource::default()
            }),
            scope_metrics: vec![ScopeMetrics {
                scope: Some(InstrumentationScope {
                    name: "bench".into(),
                    ..InstrumentationScope::default()
                }),
                metrics,
                ..ScopeMetrics::default()
            }],
            ..ResourceMetrics::default()
        }],
    }
}

const START: u64 = 1_700_000_000_000_000_000;
const NOW: u64 = START + 15_000_000_000;

fn number(index: usize) -> NumberDataPoint {
    NumberDataPoint {
        attributes: attributes(index),
        start_time_unix_nano: START,
        time_unix_nano: NOW,
        value: Some(Number::AsInt(i64::try_from(index).unwrap_or(i64::MAX))),
        ..NumberDataPoint::default()
    }
}

fn histogram(index: usize) -> HistogramDataPoint {
    HistogramDataPoint {
        attributes: attributes(index),
        start_time_unix_nano: START,
        time_unix_nano: NOW,
        count: 50,
        sum: Some(2125.0),
        bucket_counts: (0..16)
            .map(|bucket| if bucket == 4 { 50 } else { 0 })
            .collect(),
        explicit_bounds: vec![
            0.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1e3, 2.5e3, 5e3, 7.5e3,
            1e4,
        ],
        min: Some(42.5),
        max: Some(42.5),
        ..HistogramDataPoint::default()
    }
}

fn attributes(index: usize) -> Vec<KeyValue> {
    vec![
        text("http.request.method", "GET"),
        text("http.route", "/checkout"),
        text("worker", &index.to_string()),
    ]
}

fn text(key: &str, value: &str) -> KeyValue {
    KeyValue {
        key: key.into(),
        value: Some(AnyValue {
            value: Some(Value::StringValue(value.into())),
        }),
        ..KeyValue::default()
    }
}
