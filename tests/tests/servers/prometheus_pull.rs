//! Metrics that a real Prometheus comes for, of both versions, and what its `promtool` says of the page.

use std::net::SocketAddr;
use std::process::Stdio;

use libtest_mimic::Trial;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::Resource;
use otelbox_sdk::{Environment, MeterProvider, PrometheusReader, TranslationStrategy};
use otelbox_tests::{Need, Prometheus, Tool};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::block_on;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Need::Prometheus.trial("prometheus_2_scrapes_the_sdk", |tool| {
            block_on(is_scraped(tool));
        }),
        Need::Prometheus3.trial("prometheus_3_scrapes_the_sdk", |tool| {
            block_on(is_scraped(tool));
        }),
        Need::Prometheus3.trial("prometheus_3_knows_names_as_they_were_recorded", |tool| {
            block_on(is_scraped_by_names_as_recorded(tool));
        }),
        Need::Prometheus.trial("prometheus_2_gets_names_that_it_takes", |tool| {
            block_on(is_scraped_by_names_that_are_escaped(tool));
        }),
        Need::Prometheus.trial("promtool_finds_no_fault_in_the_page", |tool| {
            block_on(is_checked(tool));
        }),
    ]
}

/// A provider that has recorded with instruments of every kind, and where its reader listens.
fn provider(strategy: TranslationStrategy) -> (MeterProvider, SocketAddr) {
    let reader = PrometheusReader::builder()
        .with_translation_strategy(strategy)
        .with_env(&Environment::empty())
        .with_host("127.0.0.1")
        .with_port(0)
        .build()
        .expect("a reader");
    let address = reader.address();
    let resource = Resource::builder_empty()
        .with_service_name("checkout-service")
        .with_attribute(KeyValue::new("deployment.environment.name", "test"))
        .build();
    let provider = MeterProvider::builder()
        .with_resource(resource)
        .with_reader(reader)
        .build()
        .expect("a provider");
    let scope = InstrumentationScope::builder("checkout")
        .with_version("1.2.0")
        .with_schema_url("https://example.com/schema")
        .build();
    let meter = provider.meter_with_scope(scope);
    let requests = meter
        .u64_counter("http.server.requests")
        .with_unit("{request}")
        .with_description("Requests \"served\",\nby route")
        .build();
    requests.add(3, &[KeyValue::new("http.route", "/checkout")]);
    requests.add(2, &[KeyValue::new("http.route", "C:\\\"x\"\n")]);
    let duration = meter
        .f64_histogram("http.server.duration")
        .with_unit("s")
        .with_description("How long they took")
        .with_boundaries(vec![0.1, 0.5])
        .build();
    for seconds in [0.0625, 0.25, 1.0625] {
        duration.record(seconds, &[]);
    }
    let depth = meter
        .i64_up_down_counter("queue.depth")
        .with_description("What waits");
    depth.build().add(-4, &[]);
    let load = meter
        .f64_gauge("load")
        .with_unit("1")
        .with_description("How busy");
    let load = load.build();
    load.record(0.25, &[KeyValue::new("cpu", 0)]);
    (provider, address)
}

/// A Prometheus that scrapes this address five times a second, with this more in the configuration of the job.
async fn scraping(tool: &Tool, address: SocketAddr, more: &str) -> Prometheus {
    let configuration = format!(
        "global: {{ scrape_interval: 200ms, scrape_timeout: 200ms }}\n\
         scrape_configs:\n\
         - {{ job_name: shop, {more} static_configs: [{{ targets: ['{address}'] }}] }}\n"
    );
    let prometheus = Prometheus::start(tool, &configuration, &[]).await;
    prometheus.expect("a Prometheus")
}

async fn is_scraped(tool: &Tool) {
    let (provider, address) = provider(TranslationStrategy::default());
    let prometheus = scraping(tool, address, "").await;
    let one = |query: &'static str| {
        prometheus.query_until(query, |samples| match samples {
            [only] => Some(only.clone()),
            _ => None,
        })
    };
    let value = async |query: &'static str| one(query).await.value;
    assert_eq!(value("up == 1").await, "1");

    let requests = one("http_server_requests_total{http_route=\"/checkout\"}").await;
    assert_eq!(requests.value, "3");
    let labels = &requests.labels;
    assert_eq!(labels["job"], "shop");
    assert_eq!(labels["instance"], address.to_string());
    assert_eq!(labels["otel_scope_name"], "checkout");
    assert_eq!(labels["otel_scope_version"], "1.2.0");
    assert_eq!(
        labels["otel_scope_schema_url"],
        "https://example.com/schema"
    );
    let escaped = one("http_server_requests_total{http_route!=\"/checkout\"}").await;
    assert_eq!(escaped.labels["http_route"], "C:\\\"x\"\n");

    assert_eq!(value("http_server_duration_seconds_count").await, "3");
    assert_eq!(value("http_server_duration_seconds_sum").await, "1.375");
    assert_eq!(
        value("http_server_duration_seconds_bucket{le=\"0.1\"}").await,
        "1"
    );
    assert_eq!(
        value("http_server_duration_seconds_bucket{le=\"0.5\"}").await,
        "2"
    );
    assert_eq!(
        value("http_server_duration_seconds_bucket{le=\"+Inf\"}").await,
        "3"
    );
    assert_eq!(value("queue_depth").await, "-4");
    assert_eq!(value("load_ratio{cpu=\"0\"}").await, "0.25");

    let target = one("target_info").await;
    assert_eq!(target.value, "1");
    assert_eq!(target.labels["service_name"], "checkout-service");
    assert_eq!(target.labels["deployment_environment_name"], "test");

    let meter = provider.meter("late");
    meter.u64_counter("late").build().add(1, &[]);
    assert_eq!(value("late_total").await, "1");
    // Nobody is there any more.
    drop(provider);
    assert_eq!(value("up == 0").await, "0");
}

async fn is_scraped_by_names_as_recorded(tool: &Tool) {
    for protocol in ["OpenMetricsText1.0.0", "PrometheusText1.0.0"] {
        let strategy = TranslationStrategy::NoUtf8EscapingWithSuffixes;
        let (provider, address) = provider(strategy);
        let hard = provider.meter("hard").u64_gauge("disk/io-time").build();
        hard.record(7, &[KeyValue::new("größe \\ \"x\"\n", "v")]);
        let only = format!("scrape_protocols: [{protocol}],");
        let prometheus = scraping(tool, address, &only).await;
        let one = |query: &'static str| {
            prometheus.query_until(query, |samples| match samples {
                [only] => Some(only.clone()),
                _ => None,
            })
        };
        let requests = one("{\"http.server.requests_total\",\"http.route\"=\"/checkout\"}").await;
        assert_eq!(requests.value, "3", "{protocol}");
        assert_eq!(
            requests.labels["__name__"], "http.server.requests_total",
            "{protocol}"
        );
        assert_eq!(requests.labels["http.route"], "/checkout", "{protocol}");
        let escaped = one("{\"http.server.requests_total\",\"http.route\"!=\"/checkout\"}").await;
        assert_eq!(escaped.labels["http.route"], "C:\\\"x\"\n", "{protocol}");
        for (query, value) in [
            ("{\"http.server.duration_seconds_count\"}", "3"),
            ("{\"http.server.duration_seconds_sum\"}", "1.375"),
            ("{\"http.server.duration_seconds_bucket\",le=\"0.5\"}", "2"),
            ("{\"queue.depth\"}", "-4"),
            ("load_ratio", "0.25"),
        ] {
            assert_eq!(one(query).await.value, value, "{query} in {protocol}");
        }
        let hard = one("{\"disk/io-time\"}").await;
        assert_eq!(hard.value, "7", "{protocol}");
        assert_eq!(hard.labels["größe \\ \"x\"\n"], "v", "{protocol}");
        let target = one("target_info").await;
        assert_eq!(target.labels["service.name"], "checkout-service");
    }
}

async fn is_scraped_by_names_that_are_escaped(tool: &Tool) {
    let (_provider, address) = provider(TranslationStrategy::NoTranslation);
    let prometheus = scraping(tool, address, "").await;
    let query = "http_server_requests{http_route=\"/checkout\"}";
    let requests = prometheus.query_until(query, |samples| match samples {
        [only] => Some(only.clone()),
        _ => None,
    });
    assert_eq!(requests.await.value, "3");
}

async fn is_checked(tool: &Tool) {
    let (_provider, address) = provider(TranslationStrategy::default());
    let page = page(address).await;
    let promtool = tool.path().with_file_name("promtool");
    assert_eq!(
        checked(&promtool, &page).await,
        (true, String::new()),
        "{page}"
    );
    // What it is given makes a difference.
    let broken = page.replace(
        "http_server_requests_total{",
        "http_server_requests_total{{",
    );
    let (is_right, _) = checked(&promtool, &broken).await;
    assert!(!is_right, "{broken}");
}

async fn page(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let request = "GET /metrics HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("text");
    let (_, page) = answer.split_once("\r\n\r\n").expect("an answer");
    page.to_owned()
}

/// Whether `promtool check metrics` takes a page, and what it says of it.
async fn checked(promtool: &std::path::Path, page: &str) -> (bool, String) {
    let mut child = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("promtool");
    let mut input = child.stdin.take().expect("its input");
    input.write_all(page.as_bytes()).await.expect("taken");
    drop(input);
    let output = child.wait_with_output().await.expect("its end");
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}
