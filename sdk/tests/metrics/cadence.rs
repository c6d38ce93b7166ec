//! When cycles start, and what they do not wait for.

use otelbox_sdk::{ExportOutcome, FailureReason};
use tokio::time::sleep;

use crate::scripted::{Act, Scripted, meter, provider, provider_of, reader, seconds, span, sum};

#[tokio::test(start_paused = true)]
async fn exports_start_one_interval_apart() {
    let exporter = Scripted::new([]);
    let provider = provider(&exporter);
    let items = meter(&provider).u64_counter("items").build();
    items.add(1, &[]);
    sleep(seconds(46)).await;
    assert_eq!(exporter.starts(), [15, 30, 45]);
}

#[tokio::test(start_paused = true)]
async fn a_cycle_that_outlasts_the_interval_makes_the_next_start_late() {
    let exporter = Scripted::new([Act::DeliverAfter(20); 3]);
    let provider = provider_of(
        reader(&exporter)
            .with_timeout(seconds(30))
            .allow_slow_cycles(),
    );
    let items = meter(&provider).u64_counter("items").build();
    items.add(1, &[]);
    sleep(seconds(100)).await;
    // 15 + 20, 35 + 20, then on time again.
    assert_eq!(exporter.starts(), [15, 35, 55, 75, 90]);
    let statistics = provider.readers()[0].statistics();
    assert_eq!((statistics.cycles, statistics.late_cycles), (5, 3));
    assert_eq!(statistics.longest_cycle, seconds(20));
}

#[tokio::test(start_paused = true)]
async fn a_cycle_is_given_up_at_its_timeout_and_the_next_is_on_time() {
    let exporter = Scripted::new([Act::Hang, Act::DeliverAfter(20)]);
    let provider = provider(&exporter);
    let items = meter(&provider).u64_counter("items").build();
    items.add(1, &[]);
    sleep(seconds(46)).await;
    let seen = exporter.seen();
    assert_eq!(exporter.starts(), [15, 30, 45]);
    assert_eq!(seen[0].ended, Some(seconds(25)));
    assert_eq!(seen[1].ended, Some(seconds(40)));
    assert!(matches!(
        &seen[1].outcome,
        Some(ExportOutcome::Failed(failure)) if failure.reason == FailureReason::DeadlineExceeded
    ));
}

#[tokio::test(start_paused = true)]
async fn fifty_failures_do_not_stop_the_fifty_first() {
    let exporter = Scripted::new([Act::Refuse; 50]);
    let provider = provider(&exporter);
    meter(&provider).u64_counter("items").build().add(1, &[]);
    sleep(seconds(15 * 51 + 1)).await;
    assert_eq!(exporter.seen().len(), 51);
    assert_eq!(exporter.delivered_sums("items"), [1]);
}

#[tokio::test(start_paused = true)]
async fn an_exporter_that_panics_loses_its_batch_and_not_the_reader() {
    let exporter = Scripted::new([Act::Panic]);
    let provider = provider(&exporter);
    meter(&provider).u64_counter("items").build().add(1, &[]);
    sleep(seconds(31)).await;
    assert_eq!(exporter.starts(), [15, 30]);
    assert_eq!(exporter.delivered_sums("items"), [1]);
}

#[tokio::test(start_paused = true)]
async fn nothing_recorded_is_nothing_sent() {
    let exporter = Scripted::new([]);
    let provider = provider(&exporter);
    let _unused = meter(&provider).u64_counter("items").build();
    sleep(seconds(46)).await;
    assert!(exporter.seen().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_outage_loses_its_windows_under_delta_and_nothing_under_cumulative() {
    let outage = [Act::Deliver, Act::Refuse, Act::Refuse, Act::Refuse];
    let cumulative = Scripted::new(outage);
    let delta = Scripted::with_temporality(outage, otelbox_sdk::TemporalityPreference::delta());
    for (exporter, delivered, spans) in [
        (cumulative, vec![10, 50], vec![(0, 15), (0, 75)]),
        (delta, vec![10, 10], vec![(0, 15), (60, 75)]),
    ] {
        let provider = provider(&exporter);
        let items = meter(&provider).u64_counter("items").build();
        for second in [1, 15, 15, 15, 15] {
            sleep(seconds(second)).await;
            items.add(10, &[]);
        }
        sleep(seconds(15)).await;
        assert_eq!(exporter.delivered_sums("items"), delivered);
        let seen: Vec<_> = exporter
            .seen()
            .iter()
            .filter(|seen| {
                seen.outcome
                    .as_ref()
                    .is_some_and(ExportOutcome::is_delivered)
            })
            .filter_map(|seen| span(&seen.batch, "items"))
            .collect();
        assert_eq!(seen, spans);
        let last = exporter.seen().len() - 1;
        assert!(sum(&exporter.seen()[last].batch, "items").is_some());
        provider.shutdown(seconds(5)).await.expect("shut down");
    }
}
