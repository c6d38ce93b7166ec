//! Times of the points, and readers side by side.

use opentelemetry::KeyValue;
use otelbox_sdk::{MeterProvider, TemporalityPreference};
use tokio::time::sleep;

use crate::scripted::{Scripted, meter, numbers, provider, reader, seconds, span, sum};

#[tokio::test(start_paused = true)]
async fn delta_windows_are_contiguous_from_the_creation_of_the_instrument_on() {
    let exporter = Scripted::with_temporality([], TemporalityPreference::delta());
    let provider = provider(&exporter);
    sleep(seconds(3)).await;
    let items = meter(&provider).u64_counter("items").build();
    for second in [1, 15, 15] {
        sleep(seconds(second)).await;
        items.add(1, &[]);
    }
    sleep(seconds(12)).await;
    let spans: Vec<_> = exporter
        .seen()
        .iter()
        .map(|seen| span(&seen.batch, "items"))
        .collect();
    assert_eq!(spans, [Some((3, 15)), Some((15, 30)), Some((30, 45))]);
}

#[tokio::test(start_paused = true)]
async fn a_delta_window_without_data_is_a_gap_between_contiguous_ones() {
    let exporter = Scripted::with_temporality([], TemporalityPreference::delta());
    let provider = provider(&exporter);
    let items = meter(&provider).u64_counter("items").build();
    items.add(1, &[]);
    sleep(seconds(31)).await;
    items.add(1, &[]);
    sleep(seconds(15)).await;
    let spans: Vec<_> = exporter
        .seen()
        .iter()
        .map(|seen| span(&seen.batch, "items"))
        .collect();
    assert_eq!(spans, [Some((0, 15)), Some((30, 45))]);
}

#[tokio::test(start_paused = true)]
async fn cumulative_restates_the_total_from_the_creation_on() {
    let exporter = Scripted::new([]);
    let provider = provider(&exporter);
    sleep(seconds(2)).await;
    let items = meter(&provider).u64_counter("items").build();
    items.add(1, &[]);
    sleep(seconds(20)).await;
    items.add(2, &[]);
    sleep(seconds(24)).await;
    let seen: Vec<_> = exporter
        .seen()
        .iter()
        .map(|seen| (sum(&seen.batch, "items"), span(&seen.batch, "items")))
        .collect();
    assert_eq!(
        seen,
        [
            (Some(1), Some((2, 15))),
            (Some(3), Some((2, 30))),
            (Some(3), Some((2, 45))),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_same_recordings_give_the_same_bytes() {
    let mut batches = Vec::new();
    for _ in 0..2 {
        let exporter = Scripted::new([]);
        let provider = provider(&exporter);
        for name in ["b", "a", "c"] {
            let items = meter(&provider).u64_counter(name).build();
            for route in ["/z", "/a", "/m"] {
                items.add(
                    1,
                    &[KeyValue::new("route", route), KeyValue::new("code", 200)],
                );
            }
        }
        provider.force_flush(seconds(1)).await.expect("flushed");
        batches.push(exporter.seen()[0].batch.clone());
    }
    assert_eq!(batches[0], batches[1]);
    let names: Vec<_> = batches[0]
        .metrics()
        .map(|metric| metric.name.as_str())
        .collect();
    assert_eq!(names, ["a", "b", "c"]);
    let keys: Vec<_> = numbers(&batches[0], "a")[0]
        .attributes
        .iter()
        .map(|attribute| attribute.key.as_str())
        .collect();
    assert_eq!(keys, ["code", "route"]);
}

#[tokio::test(start_paused = true)]
async fn two_readers_have_their_own_cadence_temporality_and_callbacks() {
    let fast = Scripted::with_temporality([], TemporalityPreference::delta());
    let slow = Scripted::new([]);
    let provider = MeterProvider::builder()
        .with_reader(reader(&fast).build().expect("a reader"))
        .with_reader(
            reader(&slow)
                .with_interval(seconds(40))
                .build()
                .expect("a reader"),
        )
        .build()
        .expect("a provider");
    let items = meter(&provider).u64_counter("items").build();
    let _total = meter(&provider)
        .u64_observable_counter("total")
        .with_callback(|instrument| instrument.observe(7, &[]))
        .build();
    items.add(5, &[]);
    sleep(seconds(16)).await;
    items.add(1, &[]);
    sleep(seconds(25)).await;
    assert_eq!(fast.starts(), [15, 30]);
    assert_eq!(slow.starts(), [40]);
    assert_eq!(fast.delivered_sums("items"), [5, 1]);
    assert_eq!(slow.delivered_sums("items"), [6]);
    assert_eq!(fast.delivered_sums("total"), [7, 0]);
    assert_eq!(slow.delivered_sums("total"), [7]);
    let reports = provider.shutdown(seconds(5)).await.expect("shut down");
    assert_eq!(reports.len(), 2);
}
