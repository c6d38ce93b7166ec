//! Windows that were not delivered, in the next export.

use std::time::Duration;

use otelbox_sdk::{
    BoxFuture, CarryOver, ConfigError, Deadline, DropPolicy, Environment, ExportFailure,
    ExportOutcome, Exporter, FailureReason, MeterProvider, MetricBatch,
    PeriodicExportingMetricReader, PushMetricExporter, ReaderError, Statistics,
    TemporalityPreference, VirtualClock,
};
use tokio::time::sleep;

use crate::log_lines::Log;
use crate::scripted::{Act, EPOCH, Scripted, meter, provider_of, reader, seconds, span};
use crate::stock::Stock;

fn delta(acts: impl IntoIterator<Item = Act>) -> Scripted {
    Scripted::with_temporality(acts, TemporalityPreference::delta())
}

fn carrying(exporter: &Scripted, carry_over: CarryOver) -> MeterProvider {
    provider_of(reader(exporter).with_drop_policy(carry_over))
}

fn statistics(provider: &MeterProvider) -> Statistics {
    provider.readers()[0].statistics()
}

/// Adds 1, 2, 4, ... to `items`, at 1 s, 16 s, ..., one in each window of 15 s, and waits until 1 s after the last.
async fn windows(provider: &MeterProvider, number: u32) {
    let items = meter(provider).u64_counter("items").build();
    sleep(seconds(1)).await;
    for window in 0..number {
        items.add(1 << window, &[]);
        sleep(seconds(15)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_three_cycles_loses_nothing() {
    let exporter = delta([
        Act::Deliver,
        Act::KeepTrying(4),
        Act::KeepTrying(4),
        Act::KeepTrying(4),
    ]);
    let provider = carrying(&exporter, CarryOver::default());
    windows(&provider, 6).await;
    sleep(seconds(15)).await;
    assert_eq!(exporter.delivered_sums("items"), [1, 2 + 4 + 8 + 16, 32]);
    let spans: Vec<_> = exporter
        .seen()
        .iter()
        .filter_map(|seen| span(&seen.batch, "items"))
        .collect();
    let expected = [(0, 15), (15, 30), (15, 45), (15, 60), (15, 75), (75, 90)];
    assert_eq!(spans, expected);
    let statistics = statistics(&provider);
    assert_eq!(
        (statistics.carried_exports, statistics.carried_items),
        (3, 3)
    );
    assert_eq!(statistics.dropped_items, 0);
    assert_eq!(statistics.possibly_repeated_items, 0);
}

#[tokio::test(start_paused = true)]
async fn without_the_policy_nothing_is_kept() {
    let exporter = delta([Act::KeepTrying(4)]);
    let provider = provider_of(reader(&exporter).with_drop_policy(DropPolicy::Drop));
    windows(&provider, 2).await;
    assert_eq!(exporter.delivered_sums("items"), [2]);
}

#[tokio::test(start_paused = true)]
async fn refused_data_never_come_again() {
    let exporter = delta([Act::KeepTrying(4), Act::Refuse]);
    let provider = carrying(&exporter, CarryOver::default());
    windows(&provider, 3).await;
    assert_eq!(exporter.delivered_sums("items"), [4]);
    assert_eq!(span(&exporter.seen()[2].batch, "items"), Some((30, 45)));
    assert_eq!(statistics(&provider).dropped_items, 1);
}

#[tokio::test(start_paused = true)]
async fn what_the_receiver_may_have_is_lost_or_on_demand_possibly_repeated() {
    let exporter = delta([Act::Hang]);
    let provider = carrying(&exporter, CarryOver::default());
    windows(&provider, 2).await;
    assert_eq!(exporter.delivered_sums("items"), [2]);
    assert_eq!(statistics(&provider).dropped_items, 1);

    let exporter = delta([Act::Hang]);
    let provider = carrying(&exporter, CarryOver::default().with_carry_ambiguous(true));
    windows(&provider, 2).await;
    assert_eq!(exporter.delivered_sums("items"), [3]);
    let statistics = statistics(&provider);
    assert_eq!(statistics.possibly_repeated_items, 1);
    assert_eq!(statistics.dropped_items, 0);
}

#[tokio::test(start_paused = true)]
async fn an_exporter_that_panics_may_have_sent_it() {
    let exporter = delta([Act::Panic]);
    let provider = carrying(&exporter, CarryOver::default());
    windows(&provider, 2).await;
    assert_eq!(exporter.delivered_sums("items"), [2]);
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_is_sent_where_nothing_new_was_recorded() {
    let exporter = delta([Act::KeepTrying(4)]);
    let provider = carrying(&exporter, CarryOver::default());
    meter(&provider).u64_counter("items").build().add(7, &[]);
    sleep(seconds(31)).await;
    assert_eq!(exporter.delivered_sums("items"), [7]);
    assert_eq!(span(&exporter.seen()[1].batch, "items"), Some((0, 30)));
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_is_lost_oldest_first_and_leaves_a_gap() {
    // One point fits, two do not.
    let exporter = delta([Act::KeepTrying(4), Act::KeepTrying(4)]);
    let provider = carrying(&exporter, CarryOver::default().with_max_bytes(100));
    let items = meter(&provider).u64_counter("items").build();
    let of = |number: i64| [opentelemetry::KeyValue::new("window", number)];
    items.add(1, &of(1));
    sleep(seconds(16)).await;
    items.add(2, &of(2));
    sleep(seconds(15)).await;
    items.add(4, &of(3));
    sleep(seconds(15)).await;
    assert_eq!(exporter.delivered_sums("items"), [2 + 4]);
    assert_eq!(span(&exporter.seen()[2].batch, "items"), Some((15, 45)));
    let statistics = statistics(&provider);
    assert_eq!(statistics.carry_overflow_items, 1);
    assert_eq!(statistics.dropped_items, 1);
    assert_eq!(statistics.carried_items, 2);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_by_itself_is_lost() {
    let exporter = delta([Act::KeepTrying(4)]);
    let provider = carrying(&exporter, CarryOver::default().with_max_bytes(1));
    windows(&provider, 2).await;
    assert_eq!(exporter.delivered_sums("items"), [2]);
    assert_eq!(statistics(&provider).carry_overflow_items, 1);
    assert_eq!(statistics(&provider).carried_exports, 0);
}

/// Sends nothing that covers more than 15 s: it would be too large.
struct Light(Scripted);

impl Exporter<MetricBatch> for Light {
    fn export<'a>(
        &'a self,
        batch: &'a MetricBatch,
        deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome> {
        let covered = batch.window.end.duration_since(batch.window.start);
        if covered.is_ok_and(|covered| covered <= seconds(15)) {
            return self.0.export(batch, deadline);
        }
        Box::pin(async {
            let reason = FailureReason::TooLarge {
                bytes: 2,
                limit_bytes: 1,
            };
            ExportOutcome::Failed(ExportFailure::before_any_attempt(reason))
        })
    }

    fn description(&self) -> String {
        "exporter=light".to_owned()
    }
}

impl PushMetricExporter for Light {
    fn temporality(&self) -> TemporalityPreference {
        self.0.temporality()
    }
}

#[tokio::test(start_paused = true)]
async fn where_both_together_are_too_large_to_send_the_newest_goes_alone() {
    let exporter = delta([Act::KeepTrying(4)]);
    let reader = PeriodicExportingMetricReader::builder(Light(exporter.clone()))
        .with_interval(seconds(15))
        .with_env(&Environment::empty())
        .with_clock(VirtualClock::starting_at(EPOCH))
        .with_drop_policy(CarryOver::default())
        .on_current_runtime();
    let provider = provider_of(reader);
    windows(&provider, 2).await;
    assert_eq!(exporter.delivered_sums("items"), [2]);
    assert_eq!(span(&exporter.seen()[1].batch, "items"), Some((15, 30)));
    assert_eq!(statistics(&provider).dropped_items, 1);
}

#[tokio::test(start_paused = true)]
async fn a_flush_in_the_outage_fails_and_loses_nothing() {
    let exporter = delta([Act::KeepTrying(4)]);
    let provider = carrying(&exporter, CarryOver::default());
    meter(&provider).u64_counter("items").build().add(7, &[]);
    let error = provider
        .force_flush(seconds(5))
        .await
        .expect_err("given up");
    assert!(
        matches!(error, ReaderError::ExportFailed { .. }),
        "{error:?}"
    );
    assert_eq!(error.lost(), []);
    assert!(
        error
            .to_string()
            .ends_with("the data are kept for the next export"),
        "{error}"
    );
    let flushed = provider.force_flush(seconds(5)).await.expect("delivered");
    assert_eq!(flushed[0].cycle.points, 1);
    assert_eq!(exporter.delivered_sums("items"), [7]);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_sends_what_was_kept() {
    let exporter = delta([Act::KeepTrying(4)]);
    let provider = carrying(&exporter, CarryOver::default());
    windows(&provider, 1).await;
    sleep(seconds(10)).await;
    meter(&provider).u64_counter("items").build().add(10, &[]);
    let reports = provider.shutdown(seconds(5)).await.expect("shut down");
    assert_eq!(reports[0].lost(), []);
    assert_eq!(exporter.delivered_sums("items"), [11]);
    assert_eq!(span(&exporter.seen()[1].batch, "items"), Some((0, 26)));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_in_the_outage_reports_the_whole_window_as_lost() {
    let log = Log::default();
    let _guard = log.start();
    let exporter = delta([Act::KeepTrying(4), Act::KeepTrying(4), Act::KeepTrying(3)]);
    let provider = carrying(&exporter, CarryOver::default());
    windows(&provider, 2).await;
    sleep(seconds(10)).await;
    let error = provider.shutdown(seconds(5)).await.expect_err("an outage");
    let lost = error.lost();
    assert_eq!(lost.len(), 1);
    assert_eq!((lost[0].streams, lost[0].points), (1, 1));
    assert_eq!(
        lost[0].window.to_string(),
        "1970-01-01T00:00:00.000Z to 1970-01-01T00:00:41.000Z"
    );
    assert_eq!(statistics(&provider).dropped_items, 1);
    assert_eq!(log.lines("kept for the next export").len(), 2);
    assert_eq!(
        log.lines("ERROR"),
        [
            "ERROR otelbox_sdk: metrics lost: 1 data point of 1 stream from 1970-01-01T00:00:00.000Z to \
          1970-01-01T00:00:41.000Z (the next retry, in 3s, would have been past the deadline after 1 attempt, no \
          answer came)"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_without_time_reports_what_was_kept() {
    let exporter = delta([Act::KeepTrying(4)]);
    let provider = carrying(&exporter, CarryOver::default());
    windows(&provider, 1).await;
    sleep(seconds(10)).await;
    let error = provider
        .shutdown(Duration::ZERO)
        .await
        .expect_err("no time at all");
    assert!(matches!(error, ReaderError::Timeout { .. }), "{error:?}");
    assert_eq!(error.lost().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_is_dropped_says_what_it_had_kept() {
    let log = Log::default();
    let _guard = log.start();
    let exporter = delta([Act::KeepTrying(4)]);
    let provider = carrying(&exporter, CarryOver::default());
    windows(&provider, 1).await;
    sleep(seconds(10)).await;
    drop(provider);
    sleep(seconds(1)).await;
    assert_eq!(log.lines("metrics lost").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_is_logged_as_kept_and_not_as_lost() {
    let log = Log::default();
    let _guard = log.start();
    let exporter = delta([Act::KeepTrying(4)]);
    let provider = carrying(&exporter, CarryOver::default());
    windows(&provider, 2).await;
    assert_eq!(
        log.lines("kept"),
        [
            "WARN otelbox_sdk: metrics kept for the next export: 1 data point of 1 stream from \
          1970-01-01T00:00:00.000Z to 1970-01-01T00:00:15.000Z (the next retry, in 4s, would have been past the \
          deadline after 1 attempt, no answer came)"
        ]
    );
    assert!(log.lines("ERROR").is_empty());
    assert_eq!(exporter.delivered_sums("items"), [3]);
}

#[tokio::test(start_paused = true)]
async fn a_stock_exporter_cannot_have_it_and_no_room_is_no_value() {
    let error = PeriodicExportingMetricReader::builder_stock(Stock::default())
        .with_env(&Environment::empty())
        .with_drop_policy(CarryOver::default())
        .on_current_runtime()
        .build()
        .expect_err("cannot carry over");
    assert!(
        matches!(error, ConfigError::Unsupported { .. }),
        "{error:?}"
    );
    let error = reader(&delta([]))
        .with_drop_policy(CarryOver::default().with_max_bytes(0))
        .build()
        .expect_err("no room");
    assert!(matches!(error, ConfigError::Value { .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_loss_for_want_of_room_says_so() {
    let exporter = delta([Act::KeepTrying(4)]);
    let provider = carrying(&exporter, CarryOver::default().with_max_bytes(1));
    meter(&provider).u64_counter("items").build().add(7, &[]);
    let error = provider
        .force_flush(seconds(5))
        .await
        .expect_err("given up");
    let reason = &error.lost()[0].failure.reason;
    assert!(
        matches!(reason, FailureReason::CarryOverflow { limit_bytes: 1, .. }),
        "{reason:?}"
    );
}
