//! What the SDK costs its process, beside the stock stack in the same run: CPU time of collecting, encoding and sending a
//! batch of metrics over gRPC, on a success and with three retries, and the time of one measurement.
//!
//! The receiver runs on a thread of its own that does not count; everything else of the process does, as the kernel
//! accounts it (Linux only). Both sides send the same series, collected by the same `opentelemetry_sdk`, in turn, several
//! times. Waits between attempts are 1 ms on both sides, and cost no CPU. The ratio of the medians is printed, because the
//! ratio travels from machine to machine and the times do not.
//!
//! `cargo bench -p otelbox --bench sdk_cost`

use std::convert::Infallible;
use std::fs;
use std::hint::black_box;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak, mpsc};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Meter, MeterProvider as _};
use opentelemetry_otlp::{RetryPolicy, WithExportConfig as _, WithTonicConfig as _};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter as _;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{InstrumentKind, ManualReader, Pipeline, SdkMeterProvider};
use otelbox_sdk::{
    Backoff, Environment, MeterProvider, OtlpMetricExporter, PeriodicExportingMetricReader,
    Protocol, SpecRetryPolicy,
};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

const REPETITIONS: usize = 9;
const EXPORTS: usize = 200;
const MEASUREMENTS: u32 = 5_000_000;
/// Seven counters, a gauge and two histograms with as many series each: 1,000 data points.
const SERIES: u64 = 100;
const WAIT: Duration = Duration::from_millis(1);
const LIMIT: Duration = Duration::from_secs(60);

fn main() -> io::Result<()> {
    // `cargo test --benches` runs this without `--bench`: then it only has to show that it still works.
    let measured = std::env::args().any(|argument| argument == "--bench");
    let exports = if measured { EXPORTS } else { 2 };
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "CPU of one export of 1,000 points over gRPC, medians of {REPETITIONS} interleaved repetitions"
    )?;
    for (name, retries) in [("delivered at once", 0), ("after three retries", 3)] {
        let mut ratios = Ratios::default();
        for _ in 0..REPETITIONS {
            ratios.push(stock(retries, exports)?, ours(retries, exports)?);
        }
        writeln!(out, "{name:<20} {}", ratios.line("µs"))?;
    }
    let mut collections = Vec::new();
    for _ in 0..REPETITIONS {
        collections.push(collection(exports)?);
    }
    writeln!(
        out,
        "{:<20} {:>8.2} µs on both sides, which is in the figures above",
        "collection alone",
        median(&collections)
    )?;
    let measurements = if measured { MEASUREMENTS } else { 10 };
    let mut ratios = Ratios::default();
    for _ in 0..REPETITIONS {
        let stock = SdkMeterProvider::builder().build();
        let ours = MeterProvider::builder().build().map_err(io::Error::other)?;
        ratios.push(
            recording(&stock.meter("bench"), measurements),
            recording(&ours.meter("bench"), measurements),
        );
    }
    writeln!(out, "{:<20} {}", "one measurement", ratios.line("ns"))
}

/// One value for each repetition.
#[derive(Default)]
struct Ratios {
    stock: Vec<f64>,
    ours: Vec<f64>,
}

impl Ratios {
    fn push(&mut self, stock: f64, ours: f64) {
        self.stock.push(stock);
        self.ours.push(ours);
    }

    fn line(&self, unit: &str) -> String {
        let (least, most) = self
            .stock
            .iter()
            .zip(&self.ours)
            .map(|(stock, ours)| ours / stock)
            .fold((f64::MAX, f64::MIN), |(least, most), ratio| {
                (least.min(ratio), most.max(ratio))
            });
        let (stock, ours) = (median(&self.stock), median(&self.ours));
        format!(
            "stock {stock:>8.2} {unit}  otelbox-sdk {ours:>8.2} {unit}  {:>5.2}x ({least:.2}..{most:.2})",
            ours / stock
        )
    }
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

// === The two sides ===

fn ours(retries: usize, exports: usize) -> io::Result<f64> {
    let server = Server::start(retries)?;
    let backoff = Backoff::try_new(WAIT, WAIT, 0.0).map_err(io::Error::other)?;
    let runtime = runtime()?;
    runtime.block_on(async {
        let exporter = OtlpMetricExporter::builder()
            .with_protocol(Protocol::Grpc)
            .with_endpoint(server.url())
            .with_timeout(LIMIT)
            .with_retry_policy(Arc::new(SpecRetryPolicy { backoff }))
            .build()
            .map_err(io::Error::other)?;
        let reader = PeriodicExportingMetricReader::builder(exporter)
            .with_env(&Environment::empty())
            .with_interval(LIMIT * 60)
            .with_timeout(LIMIT)
            .on_current_runtime()
            .build()
            .map_err(io::Error::other)?;
        let provider = MeterProvider::builder()
            .with_reader(reader)
            .build()
            .map_err(io::Error::other)?;
        record_series(&provider.meter("bench"));
        provider
            .force_flush(LIMIT)
            .await
            .map_err(io::Error::other)?;
        let before = server.others()?;
        for _ in 0..exports {
            provider
                .force_flush(LIMIT)
                .await
                .map_err(io::Error::other)?;
        }
        let spent = per_export(server.others()?.saturating_sub(before), exports);
        server.check((exports + 1) * (retries + 1))?;
        provider.shutdown(LIMIT).await.map_err(io::Error::other)?;
        Ok(spent)
    })
}

fn stock(retries: usize, exports: usize) -> io::Result<f64> {
    let server = Server::start(retries)?;
    let runtime = runtime()?;
    runtime.block_on(async {
        let policy = RetryPolicy::recommended()
            .with_initial_delay(WAIT)
            .with_max_delay(WAIT)
            .with_max_jitter(Duration::ZERO);
        let exporter = opentelemetry_otlp::MetricExporter::builder()
            .with_tonic()
            .with_endpoint(server.url())
            .with_timeout(LIMIT)
            .with_retry_policy(policy)
            .build()
            .map_err(io::Error::other)?;
        let reader = OnDemand::new();
        let provider = SdkMeterProvider::builder()
            .with_reader(reader.clone())
            .build();
        record_series(&provider.meter("bench"));
        let mut collected = ResourceMetrics::default();
        let mut before = Duration::ZERO;
        for number in 0..=exports {
            if number == 1 {
                before = server.others()?;
            }
            reader.collect(&mut collected).map_err(io::Error::other)?;
            exporter
                .export(&collected)
                .await
                .map_err(io::Error::other)?;
        }
        let spent = per_export(server.others()?.saturating_sub(before), exports);
        server.check((exports + 1) * (retries + 1))?;
        Ok(spent)
    })
}

fn collection(times: usize) -> io::Result<f64> {
    let server = Server::start(0)?;
    let reader = OnDemand::new();
    let provider = SdkMeterProvider::builder()
        .with_reader(reader.clone())
        .build();
    record_series(&provider.meter("bench"));
    let mut collected = ResourceMetrics::default();
    reader.collect(&mut collected).map_err(io::Error::other)?;
    let before = server.others()?;
    for _ in 0..times {
        reader.collect(&mut collected).map_err(io::Error::other)?;
    }
    Ok(per_export(server.others()?.saturating_sub(before), times))
}

fn per_export(spent: Duration, exports: usize) -> f64 {
    spent.as_secs_f64() * 1e6 / f64::from(u32::try_from(exports).unwrap_or(u32::MAX))
}

/// Nanoseconds of wall time: nothing here waits.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn recording(meter: &Meter, times: u32) -> f64 {
    let counter: Counter<u64> = meter.u64_counter("requests").build();
    let attributes = [
        KeyValue::new("http.route", "/checkout"),
        KeyValue::new("http.request.method", "GET"),
        KeyValue::new("http.response.status_code", 200),
    ];
    counter.add(1, &attributes);
    let began = Instant::now();
    for _ in 0..times {
        black_box(&counter).add(1, black_box(&attributes));
    }
    began.elapsed().as_secs_f64() * 1e9 / f64::from(times)
}

fn record_series(meter: &Meter) {
    let counters: Vec<_> = (0..7)
        .map(|number| meter.u64_counter(format!("requests.{number}")).build())
        .collect();
    let gauge = meter.f64_gauge("temperature").build();
    let histograms: Vec<_> = (0..2)
        .map(|number| meter.f64_histogram(format!("duration.{number}")).build())
        .collect();
    for series in 0..SERIES {
        let attributes = [
            KeyValue::new("http.route", format!("/items/{series}")),
            KeyValue::new("http.request.method", "GET"),
            KeyValue::new("http.response.status_code", 200),
        ];
        for counter in &counters {
            counter.add(series + 1, &attributes);
        }
        gauge.record(21.5, &attributes);
        for histogram in &histograms {
            histogram.record(0.25, &attributes);
        }
    }
}

/// The stock reader that collects when it is asked to.
#[derive(Clone, Debug)]
struct OnDemand(Arc<ManualReader>);

impl OnDemand {
    fn new() -> Self {
        Self(Arc::new(ManualReader::builder().build()))
    }
}

impl MetricReader for OnDemand {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.0.register_pipeline(pipeline);
    }

    fn collect(&self, collected: &mut ResourceMetrics) -> OTelSdkResult {
        self.0.collect(collected)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn temporality(&self, kind: InstrumentKind) -> opentelemetry_sdk::metrics::Temporality {
        self.0.temporality(kind)
    }
}

// === The receiver ===

/// Reads each body and answers without decoding; of each export it refuses the first attempts as unavailable.
struct Server {
    address: SocketAddr,
    task: String,
    requests: Arc<AtomicUsize>,
}

impl Server {
    fn start(refused: usize) -> io::Result<Self> {
        let (ready, started) = mpsc::channel();
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        std::thread::Builder::new()
            .name("receiver".to_owned())
            .spawn(move || {
                let serving = runtime().and_then(|runtime| {
                    runtime.block_on(async {
                        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
                        let task = fs::read_link("/proc/thread-self")?;
                        let task = task.file_name().unwrap_or_default().to_string_lossy();
                        // An error only says that nobody waits any more.
                        let _ = ready.send((listener.local_addr()?, task.into_owned()));
                        serve(listener, refused, counted).await
                    })
                });
                // It has no other end than an error, which the exports show as well.
                drop(serving);
            })?;
        let (address, task) = started.recv().map_err(io::Error::other)?;
        Ok(Self {
            address,
            task,
            requests,
        })
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// CPU time of all threads but the receiver's.
    fn others(&self) -> io::Result<Duration> {
        let mut spent = Duration::ZERO;
        for task in fs::read_dir("/proc/self/task")? {
            let task = task?;
            if task.file_name().to_string_lossy() == self.task {
                continue;
            }
            // A thread that has ended meanwhile has no file.
            let Ok(text) = fs::read_to_string(task.path().join("schedstat")) else {
                continue;
            };
            let nanos = text.split_whitespace().next().unwrap_or_default();
            spent += nanos
                .parse()
                .map(Duration::from_nanos)
                .map_err(io::Error::other)?;
        }
        Ok(spent)
    }

    /// That the receiver got what was to be measured, and nothing else.
    fn check(&self, expected: usize) -> io::Result<()> {
        let got = self.requests.load(Ordering::Relaxed);
        if got == expected {
            return Ok(());
        }
        Err(io::Error::other(format!(
            "the receiver got {got} requests where {expected} were to be measured"
        )))
    }
}

async fn serve(
    listener: TcpListener,
    refused: usize,
    requests: Arc<AtomicUsize>,
) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let requests = Arc::clone(&requests);
        let answer = service_fn(move |request: Request<Incoming>| {
            let requests = Arc::clone(&requests);
            async move {
                // A body that breaks off is counted all the same, and then not the number that is expected.
                let _ = request.into_body().collect().await;
                let number = requests.fetch_add(1, Ordering::Relaxed);
                let status = if number % (refused + 1) < refused {
                    "14"
                } else {
                    "0"
                };
                let answer: Result<_, Infallible> = Ok(answer(status));
                answer
            }
        });
        tokio::spawn(
            hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), answer),
        );
    }
}

/// An answer of trailers only, or with an empty message.
fn answer(
    status: &'static str,
) -> Response<http_body_util::combinators::BoxBody<Bytes, Infallible>> {
    let mut response = Response::new(if status == "0" {
        let mut trailers = http::HeaderMap::new();
        trailers.insert("grpc-status", http::HeaderValue::from_static("0"));
        http_body_util::Full::new(Bytes::from_static(&[0; 5]))
            .with_trailers(async move { Some(Ok(trailers)) })
            .boxed()
    } else {
        Empty::new().boxed()
    });
    let headers = response.headers_mut();
    headers.insert(
        "content-type",
        http::HeaderValue::from_static("application/grpc"),
    );
    if status != "0" {
        headers.insert("grpc-status", http::HeaderValue::from_static(status));
    }
    response
}

fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}
