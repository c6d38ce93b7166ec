//! `force_flush` in each state.

use otelbox_sdk::{ReaderError, TemporalityPreference};
use tokio::time::{Instant, sleep};

use crate::scripted::{Act, Scripted, meter, provider, reader, seconds, sum};

#[tokio::test(start_paused = true)]
async fn a_flush_exports_at_once_and_leaves_the_cadence_alone() {
    let exporter = Scripted::new([]);
    let provider = provider(&exporter);
    meter(&provider).u64_counter("items").build().add(3, &[]);
    sleep(seconds(4)).await;
    let reports = provider.force_flush(seconds(5)).await.expect("flushed");
    let cycle = &reports[0].cycle;
    assert_eq!((cycle.streams, cycle.points), (1, 1));
    assert_eq!(cycle.lost, []);
    assert_eq!(exporter.flushes(), 1);
    sleep(seconds(12)).await;
    assert_eq!(exporter.starts(), [4, 15]);
}

#[tokio::test(start_paused = true)]
async fn a_flush_with_nothing_to_send_succeeds() {
    let exporter = Scripted::new([]);
    let provider = provider(&exporter);
    let reports = provider.force_flush(seconds(5)).await.expect("flushed");
    assert_eq!(reports[0].cycle.outcome, None);
}

#[tokio::test(start_paused = true)]
async fn a_flush_that_is_refused_says_what_was_lost() {
    let exporter = Scripted::new([Act::Refuse]);
    let provider = provider(&exporter);
    meter(&provider).u64_counter("items").build().add(3, &[]);
    sleep(seconds(2)).await;
    let error = provider.force_flush(seconds(5)).await.expect_err("refused");
    assert_eq!(
        error.to_string(),
        "the export failed; lost: 1 data point of 1 stream from 1970-01-01T00:00:00.000Z to \
         1970-01-01T00:00:02.000Z (refused after 1 attempt, no answer came)"
    );
    assert!(matches!(error, ReaderError::ExportFailed { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_flush_ends_at_its_own_limit() {
    let exporter = Scripted::new([Act::Hang]);
    let provider = provider(&exporter);
    meter(&provider).u64_counter("items").build().add(3, &[]);
    let started = Instant::now();
    let error = provider
        .force_flush(seconds(2))
        .await
        .expect_err("no answer");
    assert_eq!(started.elapsed(), seconds(2));
    assert!(
        matches!(&error, ReaderError::Timeout { lost, .. } if lost.len() == 1),
        "{error:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_flush_ends_at_the_timeout_of_the_reader_too() {
    let exporter = Scripted::new([Act::Hang]);
    let provider = provider(&exporter);
    meter(&provider).u64_counter("items").build().add(3, &[]);
    let started = Instant::now();
    let error = provider
        .force_flush(seconds(60))
        .await
        .expect_err("no answer");
    assert_eq!(started.elapsed(), seconds(10));
    assert!(
        matches!(error, ReaderError::ExportFailed { .. }),
        "{error:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_flush_during_an_export_waits_for_it_and_sends_what_came_after() {
    let exporter =
        Scripted::with_temporality([Act::DeliverAfter(6)], TemporalityPreference::delta());
    let provider = provider(&exporter);
    let items = meter(&provider).u64_counter("items").build();
    items.add(3, &[]);
    sleep(seconds(17)).await;
    items.add(4, &[]);
    provider.force_flush(seconds(8)).await.expect("flushed");
    assert_eq!(exporter.starts(), [15, 21]);
    assert_eq!(exporter.delivered_sums("items"), [3, 4]);
}

#[tokio::test(start_paused = true)]
async fn a_flush_that_cannot_wait_for_the_running_export_leaves_it_alone() {
    let exporter = Scripted::new([Act::DeliverAfter(8)]);
    let provider = provider(&exporter);
    meter(&provider).u64_counter("items").build().add(3, &[]);
    sleep(seconds(16)).await;
    let started = Instant::now();
    let error = provider.force_flush(seconds(2)).await.expect_err("busy");
    assert!(matches!(error, ReaderError::Timeout { .. }));
    assert_eq!(started.elapsed(), seconds(2));
    sleep(seconds(11)).await;
    assert_eq!(
        exporter.starts(),
        [15],
        "the flush was too late to do anything"
    );
    assert_eq!(exporter.delivered_sums("items"), [3]);
}

#[tokio::test(start_paused = true)]
async fn many_flushes_at_once_never_overlap() {
    let exporter = Scripted::new([Act::DeliverAfter(1); 20]);
    let provider = provider(&exporter);
    meter(&provider).u64_counter("items").build().add(1, &[]);
    sleep(seconds(14)).await;
    let flushes = (0..8).map(|_| provider.force_flush(seconds(30)));
    for result in futures_util::future::join_all(flushes).await {
        result.expect("flushed");
    }
    sleep(seconds(2)).await;
    // The exporter panics where two exports overlap, and a panic is a failed export.
    assert!(exporter.seen().iter().all(|seen| seen.outcome.is_some()));
    assert!(exporter.seen().len() >= 8);
}

#[tokio::test(start_paused = true)]
async fn a_reader_without_provider_says_so() {
    let reader = reader(&Scripted::new([])).build().expect("a reader");
    let error = reader
        .handle()
        .force_flush(seconds(1))
        .await
        .expect_err("no provider");
    assert_eq!(error, ReaderError::NotRegistered);
}

#[tokio::test(start_paused = true)]
async fn blocking_forms_on_the_readers_own_runtime_fail_with_advice() {
    let exporter = Scripted::new([]);
    let provider = provider(&exporter);
    meter(&provider).u64_counter("items").build().add(1, &[]);
    for error in [
        provider
            .blocking_force_flush(seconds(1))
            .expect_err("refused"),
        provider.blocking_shutdown(seconds(1)).expect_err("refused"),
    ] {
        assert!(error.to_string().contains(".await"), "{error}");
    }
    provider
        .sdk()
        .force_flush()
        .expect_err("the SDK's form is a blocking one");
    let reports = provider.shutdown(seconds(1)).await.expect("still running");
    assert!(reports[0].lost().is_empty());
    assert_eq!(sum(&exporter.seen()[0].batch, "items"), Some(1));
}

#[test]
fn blocking_forms_work_from_outside() {
    let exporter = Scripted::new([]);
    let reader = otelbox_sdk::PeriodicExportingMetricReader::builder(exporter.clone())
        .with_env(&otelbox_sdk::Environment::empty())
        .build()
        .expect("a reader");
    let provider = otelbox_sdk::MeterProvider::builder()
        .with_reader(reader)
        .build()
        .expect("a provider");
    let items = meter(&provider).u64_counter("items").build();
    items.add(1, &[]);
    provider.blocking_force_flush(seconds(30)).expect("flushed");
    items.add(1, &[]);
    provider.blocking_shutdown(seconds(30)).expect("shut down");
    assert_eq!(exporter.delivered_sums("items"), [1, 2]);
    let error = provider.blocking_shutdown(seconds(30)).expect_err("twice");
    assert_eq!(error, ReaderError::AlreadyShutDown);
}
