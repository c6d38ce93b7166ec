//! The reader, over streams in memory and in virtual time.

mod clients;
mod pair;
mod program;
mod repeated;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use opentelemetry::KeyValue;
use tokio::time::{Instant, sleep};

use crate::prometheus::family::{Target, Translation, TranslationStrategy};
use clients::{Client, Served, seconds};

/// How long after `began` something happened.
fn after(began: Instant) -> Duration {
    began.elapsed()
}

#[tokio::test(start_paused = true)]
async fn scrapes_that_wait_share_one_collection() {
    let served = Served::with_provider();
    let collections = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&collections);
    let _gauge = served
        .meter()
        .u64_observable_gauge("collection")
        .with_callback(move |gauge| gauge.observe(count.fetch_add(1, Ordering::SeqCst) + 1, &[]))
        .build();
    let mut clients: Vec<Client> = (0..10).map(|_| served.connect(4096)).collect();
    for client in &mut clients {
        client
            .send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            .await;
    }
    for client in &mut clients {
        let answer = client.answer().await;
        assert!(answer.contains("} 1\n# HELP target_info"), "{answer}");
    }
    assert_eq!(collections.load(Ordering::SeqCst), 1);
    let answer = clients[0].get("/metrics", "").await;
    assert!(
        answer.contains("} 2\n# HELP target_info"),
        "the next one is new: {answer}"
    );
    assert_eq!(served.handle().statistics().cycles, 2);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_finish_its_request_delays_nobody_and_is_left() {
    let served = Served::with_provider();
    let began = Instant::now();
    let mut slow = served.connect(4096);
    slow.send("GET /metrics HTTP/1.1\r\nHost").await;
    let answer = served.connect(4096).get("/metrics", "").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(after(began), Duration::ZERO);
    slow.read_to_end().await;
    assert_eq!(after(began).as_secs(), 90);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_its_answer_delays_nobody_and_is_left() {
    let served = Served::with_provider();
    let counter = served.meter().u64_counter("hits").build();
    for number in 0..1000 {
        counter.add(1, &[KeyValue::new("number", number)]);
    }
    let began = Instant::now();
    let mut slow = served.connect(64);
    slow.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let answer = served.connect(1 << 20).get("/metrics", "").await;
    assert!(answer.contains("hits_total{number=\"999\""), "{answer}");
    assert_eq!(after(began), Duration::ZERO);
    sleep(seconds(11)).await;
    let rest = slow.read_to_end().await;
    assert!(rest.len() < 200, "it was cut off: {rest}");
}

#[tokio::test(start_paused = true)]
async fn a_reader_without_a_provider_says_so_in_the_time_that_the_client_has() {
    let served = Served::without_provider();
    for (header, expected) in [
        ("X-Prometheus-Scrape-Timeout-Seconds: 5\r\n", 4500),
        ("X-Prometheus-Scrape-Timeout-Seconds: 60\r\n", 10_000),
        ("X-Prometheus-Scrape-Timeout-Seconds: soon\r\n", 10_000),
        ("", 10_000),
    ] {
        let began = Instant::now();
        let answer = served.connect(4096).get("/metrics", header).await;
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
        assert!(answer.ends_with("not collected in time\n"), "{answer}");
        assert_eq!(after(began).as_millis(), expected, "{header}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_has_gone_is_not_collected_for() {
    let served = Served::without_provider();
    let mut client = served.connect(4096);
    client
        .send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        .await;
    drop(client);
    sleep(seconds(20)).await;
    let served = served.provided();
    sleep(seconds(1)).await;
    assert_eq!(served.handle().statistics().cycles, 0);
    served.connect(4096).get("/metrics", "").await;
    assert_eq!(served.handle().statistics().cycles, 1);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_lets_nobody_wait() {
    let served = Served::with_provider();
    let mut idle = served.connect(4096);
    idle.get("/metrics", "").await;
    let mut half = served.connect(4096);
    half.send("GET /met").await;
    let began = Instant::now();
    let report = served
        .handle()
        .shutdown(seconds(5))
        .await
        .expect("it has ended");
    assert_eq!((report.last, report.interrupted), (None, None));
    assert_eq!(after(began), Duration::ZERO);
    assert_eq!(idle.read_to_end().await, "");
    let answer = served.connect(4096).get("/metrics", "").await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 503 "),
        "{answer}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_flush_has_nothing_to_do() {
    let served = Served::with_provider();
    let report = served.handle().force_flush(seconds(1)).await.expect("done");
    assert_eq!((report.cycle.points, report.cycle.outcome), (0, None));
    assert_eq!(served.handle().statistics().cycles, 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_left_out_is_told_once_and_counted_each_time() {
    let served = Served::with_provider();
    let meter = served.meter();
    meter.u64_counter("x.y").build().add(1, &[]);
    meter.u64_counter("x-y").build().add(2, &[]);
    meter.f64_histogram("x/y").build().record(1.0, &[]);
    let mut client = served.connect(1 << 16);
    for scrape in 1..=3 {
        let answer = client.get("/metrics", "").await;
        assert!(answer.contains("\nx_y_total{"), "{answer}");
        assert_eq!(served.handle().statistics().dropped_items, 2 * scrape);
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_escaping_leaves_out_is_counted_where_it_is_asked_for() {
    let translation = Translation {
        strategy: TranslationStrategy::NoTranslation,
        ..Translation::new(Target::Info)
    };
    let served = Served::translating(translation).provided();
    let meter = served.meter();
    meter.u64_counter("x.y").build().add(1, &[]);
    meter.f64_gauge("x_y").build().record(2.0, &[]);
    let mut client = served.connect(1 << 16);
    let utf8 = "Accept: text/plain;version=1.0.0;escaping=allow-utf-8\r\n";
    for (accept, part, dropped_items) in [
        (utf8, "\n{\"x.y\",", 0),
        ("", "\nx_y{", 1),
        (utf8, "\n{\"x.y\",", 1),
        ("", "\nx_y{", 2),
    ] {
        let answer = client.get("/metrics", accept).await;
        assert!(answer.contains(part), "{answer}");
        let statistics = served.handle().statistics();
        assert_eq!(statistics.dropped_items, dropped_items, "{accept}");
    }
}

#[tokio::test(start_paused = true)]
async fn several_requests_on_one_connection_are_answered_in_turn() {
    let served = Served::with_provider();
    served.meter().u64_counter("hits").build().add(1, &[]);
    let mut client = served.connect(1 << 16);
    let long = format!("X: {}\r\n", "x".repeat(4000));
    for (path, header, status) in [
        ("/metrics", "", "200"),
        ("/nothing", "", "404"),
        ("/metrics", long.as_str(), "200"),
        ("/", "", "200"),
    ] {
        let answer = client.get(path, header).await;
        let expected = format!("HTTP/1.1 {status} ");
        assert!(answer.starts_with(&expected), "{path}: {answer}");
    }
    let too_long = format!("X: {}\r\n", "x".repeat(40_000));
    let answer = client.get("/metrics", &too_long).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    assert_eq!(
        client.read_to_end().await,
        "",
        "and that connection is over"
    );
}
