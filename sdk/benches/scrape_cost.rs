//! What a scrape of 10,000 series costs the process that is scraped, beside the crate `prometheus-client` encoding the same
//! series in the same run: CPU time, as the kernel accounts it to the thread that does it (Linux only).
//!
//! A scrape is all of it: the request, the collection by `opentelemetry_sdk`, names and labels, the text, the answer. The client
//! keeps its connection, as Prometheus does, and runs on a thread of its own that does not count. `prometheus-client` encodes into
//! memory. Both sides are measured in turn, several times after a first that does not count, and the ratio of the medians is
//! printed, because it travels from machine to machine and the times do not.
//!
//! The series are the same from scrape to scrape, as they mostly are. What a scrape costs where they are not, and everything is
//! written anew, is measured too, with a series more each time.
//!
//! `cargo bench -p otelbox-sdk --features prometheus --bench scrape_cost`

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;
use std::{fs, hint};

use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;
use otelbox_sdk::{Environment, MeterProvider, PrometheusReader};
use prometheus_client::encoding::{prometheus_text, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tokio::runtime::{self, Runtime};

const REPETITIONS: usize = 9;
const SCRAPES: u32 = 20;
/// Six counters and a gauge with as many series each.
const SERIES: i64 = 1000;
/// A histogram with as many sets of attributes, each of which is 17 series.
const HISTOGRAMS: i64 = 176;
const BOUNDS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];
const SCOPE: &str = "bench";

fn main() -> io::Result<()> {
    // `cargo test --benches` runs this without `--bench`: then it only has to show that it still works.
    let measured = std::env::args().any(|argument| argument == "--bench");
    let scrapes = if measured { SCRAPES } else { 2 };
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "CPU of one scrape of 10,000 series, medians of {REPETITIONS} interleaved repetitions"
    )?;
    let peer = Peer::new();
    for (name, accept, encode) in [
        (
            "OpenMetrics",
            "application/openmetrics-text",
            Peer::open_metrics as fn(&Peer) -> String,
        ),
        ("text 0.0.4", "text/plain", Peer::text),
    ] {
        let mut ours = Ours::new()?;
        check(&ours.scrape(accept)?, &encode(&peer))?;
        for (series, new) in [("the same series", 0), ("a new series", 1)] {
            let (mut one, mut other) = (Vec::new(), Vec::new());
            for repetition in 0..=REPETITIONS {
                let costs = (
                    ours.cost(accept, scrapes, new)?,
                    peer.cost(encode, scrapes)?,
                );
                if repetition > 0 {
                    one.push(costs.0);
                    other.push(costs.1);
                }
            }
            let (ours, theirs) = (median(&mut one), median(&mut other));
            writeln!(
                out,
                "{name:<12} {series:<16} scrape {:>6.2} ms, prometheus-client {:>6.2} ms, ratio {:.2}",
                ours * 1e3,
                theirs * 1e3,
                ours / theirs
            )?;
        }
    }
    Ok(())
}

/// That both sides write as many samples.
fn check(ours: &str, theirs: &str) -> io::Result<()> {
    let samples = |text: &str| {
        let lines = text.lines().skip_while(|line| !line.starts_with('#'));
        lines.filter(|line| line.contains(SCOPE)).count()
    };
    let (ours, theirs) = (samples(ours), samples(theirs));
    if ours == theirs && ours > 9_900 {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "{ours} samples here, {theirs} there"
    )))
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The CPU time of this thread.
fn spent() -> io::Result<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanos = text.split_whitespace().next().unwrap_or_default();
    nanos
        .parse()
        .map(Duration::from_nanos)
        .map_err(io::Error::other)
}

/// The CPU time of `work`, in seconds.
fn cost(times: u32, mut work: impl FnMut() -> io::Result<()>) -> io::Result<f64> {
    let before = spent()?;
    for _ in 0..times {
        work()?;
    }
    let spent = spent()?.saturating_sub(before);
    Ok(spent.as_secs_f64() / f64::from(times))
}

/// The SDK with its reader on this thread.
struct Ours {
    runtime: Runtime,
    provider: MeterProvider,
    /// The connection of the client; `None` while it is in use.
    connection: Option<BufReader<TcpStream>>,
    /// How many series the first counter has.
    series: i64,
}

impl Ours {
    fn new() -> io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let entered = runtime.enter();
        let reader = PrometheusReader::builder()
            .with_env(&Environment::empty())
            .with_host("127.0.0.1")
            .with_port(0)
            .without_target_info()
            .without_created()
            .on_current_runtime()
            .build()
            .map_err(io::Error::other)?;
        let address = reader.address();
        let provider = MeterProvider::builder()
            .with_env(&Environment::empty())
            .with_reader(reader)
            .build()
            .map_err(io::Error::other)?;
        record(&provider);
        drop(entered);
        Ok(Self {
            runtime,
            provider,
            connection: Some(BufReader::new(TcpStream::connect(address)?)),
            series: SERIES,
        })
    }

    /// What a scrape costs that finds so many `new` series.
    fn cost(&mut self, accept: &str, times: u32, new: i64) -> io::Result<f64> {
        let meter = self.provider.meter(SCOPE);
        let counter = meter.u64_counter("requests_0");
        let counter = counter.with_description("Requests").build();
        cost(times, || {
            let more = self.series..self.series + new;
            self.series = more.end;
            more.for_each(|number| counter.add(1234, &attributes(number)));
            self.scrape(accept).map(drop)
        })
    }

    fn scrape(&mut self, accept: &str) -> io::Result<String> {
        let connection = self.connection.take();
        let mut connection = connection.ok_or_else(|| io::Error::other("the last one failed"))?;
        let accept = accept.to_owned();
        let client = self.runtime.spawn_blocking(move || {
            let page = ask(&mut connection, &accept)?;
            Ok::<_, io::Error>((page, connection))
        });
        let (page, connection) = self.runtime.block_on(client).map_err(io::Error::other)??;
        self.connection = Some(connection);
        Ok(page)
    }
}

/// Asks for the page, and reads all of it.
fn ask(connection: &mut BufReader<TcpStream>, accept: &str) -> io::Result<String> {
    let request = format!("GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\n\r\n");
    connection.get_mut().write_all(request.as_bytes())?;
    let mut length = None;
    for line in connection.by_ref().lines() {
        let line = line?.to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(bytes) = line.strip_prefix("content-length:") {
            length = bytes.trim().parse().ok();
        }
    }
    let length = length.ok_or_else(|| io::Error::other("an answer without a length"))?;
    let mut page = vec![0; length];
    connection.read_exact(&mut page)?;
    String::from_utf8(page).map_err(io::Error::other)
}

fn attributes(number: i64) -> [KeyValue; 2] {
    [
        KeyValue::new("method", "GET"),
        KeyValue::new("route", format!("/route/{number}")),
    ]
}

fn record(provider: &MeterProvider) {
    let meter = provider.meter(SCOPE);
    for index in 0..6 {
        let counter = meter
            .u64_counter(format!("requests_{index}"))
            .with_description("Requests");
        let counter = counter.build();
        (0..SERIES).for_each(|number| counter.add(1234, &attributes(number)));
    }
    let gauge = meter.i64_gauge("depth").with_description("Depth").build();
    (0..SERIES).for_each(|number| gauge.record(number, &attributes(number)));
    let histogram = meter
        .f64_histogram("duration")
        .with_unit("s")
        .with_description("Duration")
        .with_boundaries(BOUNDS.to_vec())
        .build();
    for number in 0..HISTOGRAMS {
        for value in [0.004, 0.3, 20.0] {
            histogram.record(value, &attributes(number));
        }
    }
}

/// The crate `prometheus-client` with the same series.
struct Peer(Registry);

type Labels = Vec<(&'static str, String)>;

impl Peer {
    fn new() -> Self {
        let mut registry = Registry::default();
        let of = |number: i64| -> Labels {
            vec![
                ("method", "GET".to_owned()),
                ("otel_scope_name", SCOPE.to_owned()),
                ("route", format!("/route/{number}")),
            ]
        };
        for index in 0..6 {
            let family = Family::<Labels, Counter>::default();
            for number in 0..SERIES {
                family.get_or_create(&of(number)).inc_by(1234);
            }
            registry.register(format!("requests_{index}"), "Requests", family);
        }
        let family = Family::<Labels, Gauge>::default();
        for number in 0..SERIES {
            family.get_or_create(&of(number)).set(number);
        }
        registry.register("depth", "Depth", family);
        let family = Family::<Labels, Histogram>::new_with_constructor(|| Histogram::new(BOUNDS));
        for number in 0..HISTOGRAMS {
            for value in [0.004, 0.3, 20.0] {
                family.get_or_create(&of(number)).observe(value);
            }
        }
        registry.register("duration_seconds", "Duration", family);
        Self(registry)
    }

    fn open_metrics(&self) -> String {
        let mut page = String::new();
        // Writing to memory cannot fail.
        let _ = text::encode(&mut page, &self.0);
        page
    }

    fn text(&self) -> String {
        let mut page = String::new();
        let _ = prometheus_text::encode(&mut page, &self.0);
        page
    }

    fn cost(&self, encode: fn(&Self) -> String, times: u32) -> io::Result<f64> {
        cost(times, || {
            hint::black_box(encode(self));
            Ok(())
        })
    }
}
