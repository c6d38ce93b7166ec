//! `shutdown` in each state.

use otelbox_sdk::{ReaderError, TemporalityPreference};
use tokio::time::{Instant, sleep};

use crate::scripted::{Act, Scripted, meter, provider, reader, seconds, span};

fn delta(acts: impl IntoIterator<Item = Act>) -> Scripted {
    Scripted::with_temporality(acts, TemporalityPreference::delta())
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_in_mid_interval_delivers_the_last_window() {
    let exporter = delta([]);
    let provider = provider(&exporter);
    let items = meter(&provider).u64_counter("items").build();
    items.add(1, &[]);
    sleep(seconds(20)).await;
    items.add(2, &[]);
    let reports = provider.shutdown(seconds(5)).await.expect("shut down");
    assert!(reports[0].lost().is_empty());
    assert_eq!(exporter.delivered_sums("items"), [1, 2]);
    assert_eq!(span(&exporter.seen()[1].batch, "items"), Some((15, 20)));
    assert_eq!(exporter.shutdowns(), 1);
    items.add(4, &[]);
    sleep(seconds(60)).await;
    assert_eq!(
        exporter.seen().len(),
        2,
        "nothing is sent after the shutdown"
    );
}

#[tokio::test(start_paused = true)]
async fn a_short_lived_program_delivers_with_a_shutdown_and_loses_without() {
    let exporter = delta([]);
    let with = provider(&exporter);
    meter(&with).u64_counter("items").build().add(7, &[]);
    with.shutdown(seconds(5)).await.expect("shut down");
    assert_eq!(exporter.delivered_sums("items"), [7]);

    let exporter = delta([]);
    let without = provider(&exporter);
    meter(&without).u64_counter("items").build().add(7, &[]);
    drop(without);
    sleep(seconds(60)).await;
    assert!(exporter.seen().is_empty());
}

#[tokio::test(start_paused = true)]
async fn twice_is_a_clean_error_and_so_is_a_flush_after_it() {
    let exporter = Scripted::new([]);
    let provider = provider(&exporter);
    let handle = provider.readers()[0].clone();
    meter(&provider).u64_counter("items").build().add(1, &[]);
    provider.shutdown(seconds(5)).await.expect("shut down");
    let already = Some(ReaderError::AlreadyShutDown);
    assert_eq!(provider.shutdown(seconds(5)).await.err(), already);
    assert_eq!(provider.force_flush(seconds(5)).await.err(), already);
    assert_eq!(provider.blocking_shutdown(seconds(5)).err(), already);
    assert_eq!(handle.shutdown(seconds(5)).await.err(), already);
    assert_eq!(handle.blocking_force_flush(seconds(5)).err(), already);
    provider.sdk().shutdown().expect_err("the SDK knows too");
    assert_eq!(exporter.seen().len(), 1);
    assert_eq!(exporter.shutdowns(), 1);
}

#[tokio::test(start_paused = true)]
async fn instruments_made_after_the_shutdown_do_nothing() {
    let exporter = Scripted::new([]);
    let provider = provider(&exporter);
    let meter_before = meter(&provider);
    provider.shutdown(seconds(5)).await.expect("shut down");
    meter_before.u64_counter("late").build().add(1, &[]);
    meter(&provider).u64_counter("later").build().add(1, &[]);
    sleep(seconds(60)).await;
    assert!(exporter.seen().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_hangs_is_left_at_the_limit() {
    let exporter = delta([Act::Hang]);
    let provider = provider(&exporter);
    meter(&provider).u64_counter("items").build().add(1, &[]);
    let started = Instant::now();
    let error = provider.shutdown(seconds(5)).await.expect_err("no answer");
    assert_eq!(started.elapsed(), seconds(5));
    assert!(matches!(error, ReaderError::Timeout { .. }), "{error:?}");
    assert_eq!(error.lost().len(), 1);
    assert_eq!(
        provider.shutdown(seconds(5)).await.err(),
        Some(ReaderError::AlreadyShutDown)
    );
}

#[tokio::test(start_paused = true)]
async fn a_backoff_is_woken_and_nothing_is_lost_where_the_receiver_is_back() {
    let exporter = delta([Act::KeepTrying(8)]);
    let provider = provider(&exporter);
    let items = meter(&provider).u64_counter("items").build();
    items.add(1, &[]);
    sleep(seconds(17)).await;
    items.add(2, &[]);
    exporter.recover();
    let started = Instant::now();
    let reports = provider.shutdown(seconds(5)).await.expect("shut down");
    assert_eq!(
        started.elapsed(),
        seconds(0),
        "the next attempt would have been at 23 s"
    );
    assert!(reports[0].lost().is_empty());
    assert!(reports[0].interrupted.is_some());
    assert_eq!(exporter.delivered_sums("items"), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_running_export_gets_half_of_the_time_and_the_final_one_the_rest() {
    let exporter = delta([Act::Hang, Act::Deliver]);
    let provider = provider(&exporter);
    let items = meter(&provider).u64_counter("items").build();
    items.add(1, &[]);
    sleep(seconds(16)).await;
    items.add(2, &[]);
    let started = Instant::now();
    let error = provider.shutdown(seconds(6)).await.expect_err("a loss");
    assert_eq!(started.elapsed(), seconds(3));
    let lost = error.lost();
    assert_eq!(lost.len(), 1);
    assert_eq!((lost[0].streams, lost[0].points), (1, 1));
    assert_eq!(exporter.delivered_sums("items"), [2]);
}

#[tokio::test(start_paused = true)]
async fn what_was_in_flight_and_got_lost_makes_the_shutdown_fail() {
    let exporter = delta([Act::Hang, Act::Deliver]);
    let provider = provider(&exporter);
    let items = meter(&provider).u64_counter("items").build();
    items.add(10, &[]);
    sleep(seconds(16)).await;
    items.add(5, &[]);
    let error = provider.shutdown(seconds(6)).await.expect_err("a loss");
    assert!(
        matches!(error, ReaderError::ExportFailed { .. }),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("lost: 1 data point of 1 stream"),
        "{error}"
    );
    assert_eq!(exporter.delivered_sums("items"), [5]);
}

#[tokio::test(start_paused = true)]
async fn what_the_final_cycle_restates_is_not_lost() {
    let exporter = Scripted::new([Act::Hang, Act::Deliver]);
    let provider = provider(&exporter);
    let items = meter(&provider).u64_counter("items").build();
    items.add(10, &[]);
    sleep(seconds(16)).await;
    items.add(5, &[]);
    let reports = provider.shutdown(seconds(6)).await.expect("shut down");
    let lost = reports[0].lost();
    assert_eq!(lost.len(), 1);
    assert!(lost[0].is_restated);
    assert_eq!(exporter.delivered_sums("items"), [15]);
}

#[tokio::test(start_paused = true)]
async fn a_flush_answers_for_the_export_that_it_finds_in_flight() {
    let exporter = delta([Act::Hang, Act::Deliver, Act::Deliver]);
    let provider = provider(&exporter);
    let items = meter(&provider).u64_counter("items").build();
    items.add(10, &[]);
    sleep(seconds(16)).await;
    items.add(5, &[]);
    let error = provider
        .force_flush(seconds(60))
        .await
        .expect_err("the loss of what was in flight");
    assert_eq!(error.lost().len(), 1);
    assert_eq!(exporter.delivered_sums("items"), [5]);
    items.add(1, &[]);
    provider
        .force_flush(seconds(60))
        .await
        .expect("what was lost before it, it does not answer for");
    provider
        .shutdown(seconds(6))
        .await
        .expect("nor does a shutdown");
    assert_eq!(exporter.delivered_sums("items"), [5, 1]);
}

#[tokio::test(start_paused = true)]
async fn flushes_that_wait_get_the_result_of_the_final_cycle() {
    let exporter = delta([Act::DeliverAfter(4)]);
    let provider = provider(&exporter);
    let items = meter(&provider).u64_counter("items").build();
    items.add(1, &[]);
    sleep(seconds(16)).await;
    items.add(2, &[]);
    let (flush, shutdown) = tokio::join!(
        provider.force_flush(seconds(20)),
        provider.shutdown(seconds(20))
    );
    assert_eq!(flush.expect("flushed")[0].cycle.points, 1);
    assert_eq!(shutdown.expect("shut down")[0].lost(), []);
    assert_eq!(exporter.delivered_sums("items"), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_never_was_registered_ends_without_a_cycle() {
    let reader = reader(&Scripted::new([])).build().expect("a reader");
    let report = reader
        .handle()
        .shutdown(seconds(1))
        .await
        .expect("shut down");
    assert_eq!(report.last, None);
}

#[test]
fn the_last_clone_dropped_delivers_where_the_reader_has_its_own_thread() {
    let exporter = delta([]);
    let reader = otelbox_sdk::PeriodicExportingMetricReader::builder(exporter.clone())
        .with_env(&otelbox_sdk::Environment::empty())
        .build()
        .expect("a reader");
    let provider = otelbox_sdk::MeterProvider::builder()
        .with_reader(reader)
        .build()
        .expect("a provider");
    meter(&provider).u64_counter("items").build().add(1, &[]);
    drop(provider);
    assert_eq!(exporter.delivered_sums("items"), [1]);
}

#[tokio::test]
async fn a_reader_whose_runtime_ended_says_so() {
    let handle = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let _inside = runtime.enter();
        let provider = provider(&Scripted::new([]));
        let handle = provider.readers()[0].clone();
        std::mem::forget(provider);
        handle
    })
    .join()
    .expect("no panic");
    let error = handle
        .force_flush(seconds(30))
        .await
        .expect_err("nobody is there");
    assert_eq!(error, ReaderError::Gone);
}
