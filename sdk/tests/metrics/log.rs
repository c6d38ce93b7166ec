//! What the log says.

use otelbox_sdk::View;
use tokio::time::sleep;

use crate::log_lines::Log;
use crate::scripted::{Act, Scripted, meter, provider, provider_of, reader, seconds};

#[tokio::test(start_paused = true)]
async fn start_and_loss_are_logged() {
    let log = Log::default();
    let _guard = log.start();
    let provider = provider(&Scripted::new([Act::Refuse]));
    meter(&provider).u64_counter("items").build().add(1, &[]);
    sleep(seconds(16)).await;
    assert_eq!(
        log.lines("started"),
        ["INFO otelbox_sdk: metric reader started; exporter=scripted interval=15s timeout=10s"]
    );
    assert_eq!(
        log.lines("lost"),
        [
            "ERROR otelbox_sdk: metrics lost: 1 data point of 1 stream from 1970-01-01T00:00:00.000Z to \
          1970-01-01T00:00:15.000Z (refused after 1 attempt, no answer came)"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn slow_cycles_that_are_allowed_are_reported() {
    let log = Log::default();
    let _guard = log.start();
    let exporter = Scripted::new([]);
    drop(provider_of(
        reader(&exporter)
            .with_timeout(seconds(30))
            .allow_slow_cycles(),
    ));
    assert_eq!(
        log.lines("WARN otelbox_sdk: the export timeout of 30s")
            .len(),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn a_provider_dropped_on_its_own_runtime_says_what_it_cannot_do() {
    let log = Log::default();
    let _guard = log.start();
    drop(provider(&Scripted::new([])));
    assert_eq!(log.lines("dropped without a shutdown").len(), 1);
    assert_eq!(log.lines("shutdown(..).await").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_view_that_matched_nothing_is_reported_once() {
    let log = Log::default();
    let _guard = log.start();
    let provider = otelbox_sdk::MeterProvider::builder()
        .with_reader(reader(&Scripted::new([])).build().expect("a reader"))
        .with_reader(reader(&Scripted::new([])).build().expect("a reader"))
        .with_view(View::new().name("http.server.durations").buckets([1.0]))
        .build()
        .expect("a provider");
    let _histogram = meter(&provider)
        .f64_histogram("http.server.duration")
        .build();
    provider.shutdown(seconds(1)).await.expect("shut down");
    let lines = log.lines("WARN");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        lines[0].ends_with("a name like it: http.server.duration"),
        "{lines:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_callback_that_panics_is_logged_with_its_name_and_so_is_a_bad_name() {
    let log = Log::default();
    let _guard = log.start();
    let provider = provider(&Scripted::new([]));
    let _gauge = meter(&provider)
        .f64_observable_gauge("temperature")
        .with_callback(|_| panic!("no sensor"))
        .build();
    let _counter = meter(&provider).u64_counter("not a name").build();
    provider.force_flush(seconds(1)).await.expect("flushed");
    let panics = log.lines("panicked: no sensor; its data points are missing");
    assert_eq!(panics.len(), 1);
    assert!(
        panics[0].contains("\"temperature\" (meter \"test\")"),
        "{panics:?}"
    );
    assert_eq!(
        log.lines("records nothing: its name may only have").len(),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn a_view_that_matched_nothing_is_told_of_after_some_cycles() {
    let log = Log::default();
    let _guard = log.start();
    let provider = otelbox_sdk::MeterProvider::builder()
        .with_reader(reader(&Scripted::new([])).build().expect("a reader"))
        .with_view(View::new().name("typo").drop())
        .build()
        .expect("a provider");
    let interval = provider.readers()[0].interval();
    sleep(interval * 4 + interval / 2).await;
    assert_eq!(log.lines("name=typo").len(), 0);
    sleep(interval).await;
    assert_eq!(log.lines("name=typo").len(), 1);
    provider.shutdown(seconds(1)).await.expect("shut down");
    assert_eq!(log.lines("name=typo").len(), 1, "told once");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_reaches_its_limit_of_series_is_told_of_once_with_what_varies() {
    let log = Log::default();
    let _guard = log.start();
    let provider = otelbox_sdk::MeterProvider::builder()
        .with_reader(reader(&Scripted::new([])).build().expect("a reader"))
        .with_view(View::new().name("requests").cardinality_limit(20))
        .build()
        .expect("a provider");
    let requests = meter(&provider).u64_counter("requests").build();
    let others = meter(&provider).u64_counter("others").build();
    for user in 0..25 {
        let attributes = [
            opentelemetry::KeyValue::new("user.id", user),
            opentelemetry::KeyValue::new("http.route", format!("/{}", user % 3)),
        ];
        requests.add(1, &attributes);
        others.add(1, &attributes);
    }
    provider.force_flush(seconds(1)).await.expect("flushed");
    provider.force_flush(seconds(1)).await.expect("flushed");
    let lines = log.lines("WARN");
    assert_eq!(lines.len(), 1, "{lines:?}");
    for part in [
        "\"requests\"",
        "limit of 20 series",
        "user.id (20), http.route (3)",
    ] {
        assert!(lines[0].contains(part), "{lines:?}");
    }
}
