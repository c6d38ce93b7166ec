//! What a remote write of 10,000 samples costs its process, beside encoding alone in the same run: CPU time of one export, from the
//! batch of OTLP to the answer, and of writing the same request as protobuf and snappy out of messages that are there already.
//!
//! The receiver runs on a thread of its own that does not count; everything else of the process does, as the kernel accounts it
//! (Linux only). Both sides take turns, several times, and the ratio of the medians is printed, because the ratio travels from
//! machine to machine and the times do not.
//!
//! `cargo bench -p otelbox-sdk --features prometheus-remote-write --bench remote_write_cost`

use std::fs;
use std::hint::black_box;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, SystemTime};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use otelbox_sdk::{
    Deadline, ExportOutcome, Exporter as _, MetricBatch, PrometheusRemoteWriteExporter,
    RemoteWriteProtocol, Window,
};
use prost::Message;

const REPETITIONS: usize = 9;
const EXPORTS: u32 = 40;
/// Exports before those that are measured.
const BEFORE: u32 = 3;
const METRICS: u64 = 10;
const SERIES: u64 = 1_000;
const CUMULATIVE: i32 = 2;

fn main() -> io::Result<()> {
    // `cargo test --benches` runs this without `--bench`: then it only has to show that it still works.
    let measured = std::env::args().any(|argument| argument == "--bench");
    let exports = if measured { EXPORTS } else { 1 };
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "CPU of one remote write of {} samples, medians of {REPETITIONS} interleaved repetitions",
        METRICS * SERIES
    )?;
    let mut batch = batch();
    for protocol in RemoteWriteProtocol::ALL {
        let (mut alone, mut whole) = (Vec::new(), Vec::new());
        let mut bytes = 0;
        for _ in 0..REPETITIONS {
            let receiver = Receiver::start(protocol)?;
            whole.push(export(&receiver, protocol, &mut batch, exports)?);
            let body = receiver.body();
            bytes = body.len();
            alone.push(encoding(&receiver, protocol, &body, exports)?);
        }
        let ratios = whole.iter().zip(&alone).map(|(whole, alone)| whole / alone);
        let (least, most) = ratios.fold((f64::MAX, f64::MIN), |(least, most), ratio| {
            (least.min(ratio), most.max(ratio))
        });
        let (alone, whole) = (median(&mut alone), median(&mut whole));
        writeln!(
            out,
            "{protocol} ({bytes:>6} bytes)  encoding alone {alone:>8.1} µs  export {whole:>8.1} µs  {:>5.2}x \
             ({least:.2}..{most:.2})",
            whole / alone
        )?;
    }
    Ok(())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn microseconds(spent: Duration, times: u32) -> f64 {
    spent.as_secs_f64() * 1e6 / f64::from(times)
}

// === The two sides ===

/// Whole exports, each of other values at a later time, after those that make the connection and show that the series stay.
fn export(
    receiver: &Receiver,
    protocol: RemoteWriteProtocol,
    batch: &mut MetricBatch,
    times: u32,
) -> io::Result<f64> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let exporter = PrometheusRemoteWriteExporter::builder()
            .with_endpoint(format!("http://{}/api/v1/write", receiver.address))
            .with_protocol(protocol)
            .build()
            .map_err(io::Error::other)?;
        let mut spent = Duration::ZERO;
        for number in 0..times + BEFORE {
            later(batch);
            let before = receiver.others()?;
            let outcome = exporter.export(batch, Deadline::none()).await;
            if number >= BEFORE {
                spent += receiver.others()?.saturating_sub(before);
            }
            if outcome != (ExportOutcome::Delivered { attempts: 1 }) {
                return Err(io::Error::other(format!("{outcome:?}")));
            }
        }
        Ok(microseconds(spent, times))
    })
}

/// The request of the last export, written again out of its messages.
fn encoding(
    receiver: &Receiver,
    protocol: RemoteWriteProtocol,
    body: &[u8],
    times: u32,
) -> io::Result<f64> {
    let bytes = snap::raw::Decoder::new()
        .decompress_vec(body)
        .map_err(io::Error::other)?;
    match protocol {
        RemoteWriteProtocol::V1 => {
            let message = v1::WriteRequest::decode(&bytes[..]).map_err(io::Error::other)?;
            written(receiver, &message, times)
        }
        RemoteWriteProtocol::V2 => {
            let message = v2::Request::decode(&bytes[..]).map_err(io::Error::other)?;
            written(receiver, &message, times)
        }
    }
}

fn written(receiver: &Receiver, message: &impl Message, times: u32) -> io::Result<f64> {
    let before = receiver.others()?;
    for _ in 0..times {
        let bytes = black_box(message).encode_to_vec();
        let body = snap::raw::Encoder::new().compress_vec(&bytes);
        black_box(body.map_err(io::Error::other)?);
    }
    let spent = receiver.others()?.saturating_sub(before);
    Ok(microseconds(spent, times))
}

/// The next collection.
fn later(batch: &mut MetricBatch) {
    batch.window.end += Duration::from_secs(15);
    let resources = batch.request.resource_metrics.iter_mut();
    let scopes = resources.flat_map(|resource| &mut resource.scope_metrics);
    for metric in scopes.flat_map(|scope| &mut scope.metrics) {
        if let Some(Data::Sum(sum)) = &mut metric.data {
            for point in &mut sum.data_points {
                point.time_unix_nano += 15_000_000_000;
                if let Some(Value::AsInt(value)) = &mut point.value {
                    *value += 1;
                }
            }
        }
    }
}

/// Counters with routes, as a web server has them.
fn batch() -> MetricBatch {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    let text = |key: &str, value: String| KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue {
            value: Some(Any::StringValue(value)),
        }),
        ..KeyValue::default()
    };
    let point = |series: u64| NumberDataPoint {
        attributes: vec![
            text("http.request.method", "GET".to_owned()),
            text("http.response.status_code", "200".to_owned()),
            text("http.route", format!("/items/{series}")),
        ],
        start_time_unix_nano: 1_767_225_000_000_000_000,
        time_unix_nano: 1_767_225_600_000_000_000,
        value: Some(Value::AsInt(i64::from(u32::try_from(series).unwrap_or(0)))),
        ..NumberDataPoint::default()
    };
    let metric = |number: u64| Metric {
        name: format!("http.server.requests.{number}"),
        description: "Requests that were answered".to_owned(),
        data: Some(Data::Sum(Sum {
            data_points: (0..SERIES).map(point).collect(),
            aggregation_temporality: CUMULATIVE,
            is_monotonic: true,
        })),
        ..Metric::default()
    };
    let request = ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(Resource {
                attributes: vec![text("service.name", "checkout".to_owned())],
                ..Resource::default()
            }),
            scope_metrics: vec![ScopeMetrics {
                scope: Some(InstrumentationScope {
                    name: "http-library".to_owned(),
                    ..InstrumentationScope::default()
                }),
                metrics: (0..METRICS).map(metric).collect(),
                ..ScopeMetrics::default()
            }],
            ..ResourceMetrics::default()
        }],
    };
    MetricBatch::new(
        request,
        Window {
            start: time,
            end: time,
        },
    )
}

// === The receiver ===

/// Reads each body, keeps the last, and answers as a receiver of the protocol does.
struct Receiver {
    address: SocketAddr,
    task: String,
    last: Arc<Mutex<Vec<u8>>>,
}

impl Receiver {
    fn start(protocol: RemoteWriteProtocol) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let last = Arc::new(Mutex::default());
        let kept = Arc::clone(&last);
        let (ready, started) = mpsc::channel();
        std::thread::Builder::new()
            .name("receiver".to_owned())
            .spawn(move || {
                let task = fs::read_link("/proc/thread-self").unwrap_or_default();
                let task = task.file_name().unwrap_or_default().to_string_lossy();
                // An error only says that nobody waits any more.
                let _ = ready.send(task.into_owned());
                // It ends with the exporter's connection.
                let _ = listener
                    .accept()
                    .and_then(|(stream, _)| serve(&stream, protocol, &kept));
            })?;
        let task = started.recv().map_err(io::Error::other)?;
        Ok(Self {
            address,
            task,
            last,
        })
    }

    fn body(&self) -> Vec<u8> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.clone()
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
}

fn serve(
    mut stream: &TcpStream,
    protocol: RemoteWriteProtocol,
    last: &Mutex<Vec<u8>>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if line == "\r\n" {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        *last.lock().unwrap_or_else(PoisonError::into_inner) = body;
        let written = match protocol {
            RemoteWriteProtocol::V1 => String::new(),
            RemoteWriteProtocol::V2 => {
                let samples = METRICS * SERIES;
                format!("X-Prometheus-Remote-Write-Samples-Written: {samples}\r\n")
            }
        };
        stream.write_all(format!("HTTP/1.1 204 No Content\r\n{written}\r\n").as_bytes())?;
    }
}

// === The messages ===

mod v1 {
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct WriteRequest {
        #[prost(message, repeated, tag = "1")]
        timeseries: Vec<TimeSeries>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    struct TimeSeries {
        #[prost(message, repeated, tag = "1")]
        labels: Vec<Label>,
        #[prost(message, repeated, tag = "2")]
        samples: Vec<Sample>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    struct Label {
        #[prost(string, tag = "1")]
        name: String,
        #[prost(string, tag = "2")]
        value: String,
    }

    #[derive(Clone, Copy, PartialEq, prost::Message)]
    struct Sample {
        #[prost(double, tag = "1")]
        value: f64,
        #[prost(int64, tag = "2")]
        timestamp: i64,
    }
}

mod v2 {
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Request {
        #[prost(string, repeated, tag = "4")]
        symbols: Vec<String>,
        #[prost(message, repeated, tag = "5")]
        timeseries: Vec<TimeSeries>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    struct TimeSeries {
        #[prost(uint32, repeated, tag = "1")]
        labels_refs: Vec<u32>,
        #[prost(message, repeated, tag = "2")]
        samples: Vec<Sample>,
        #[prost(message, optional, tag = "5")]
        metadata: Option<Metadata>,
    }

    #[derive(Clone, Copy, PartialEq, prost::Message)]
    struct Sample {
        #[prost(double, tag = "1")]
        value: f64,
        #[prost(int64, tag = "2")]
        timestamp: i64,
        #[prost(int64, tag = "3")]
        start_timestamp: i64,
    }

    #[derive(Clone, Copy, PartialEq, prost::Message)]
    struct Metadata {
        #[prost(int32, tag = "1")]
        r#type: i32,
        #[prost(uint32, tag = "3")]
        help_ref: u32,
        #[prost(uint32, tag = "4")]
        unit_ref: u32,
    }
}
