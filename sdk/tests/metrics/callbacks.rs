//! Callbacks that panic or block.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};

use opentelemetry::{Context, KeyValue};
use otelbox_sdk::{
    CallbackFailureReason, Environment, MeterProvider, PeriodicExportingMetricReader,
    TemporalityPreference, View,
};
use tokio::time::sleep;

use crate::scripted::{Scripted, meter, provider, seconds, span, sum};

/// A meter of which the second reading fails: 10, a panic, 30, 40 ...
fn flaky(provider: &MeterProvider) -> opentelemetry::metrics::ObservableCounter<u64> {
    let reading = AtomicU64::new(0);
    meter(provider)
        .u64_observable_counter("flaky")
        .with_callback(move |instrument| {
            let reading = reading.fetch_add(1, Ordering::Relaxed) + 1;
            instrument.observe(reading * 10, &[]);
            assert!(reading != 2, "the sensor is gone");
        })
        .build()
}

#[tokio::test(start_paused = true)]
async fn a_panic_loses_its_own_points_of_that_cycle_only() {
    for temporality in [
        TemporalityPreference::cumulative(),
        TemporalityPreference::delta(),
    ] {
        let exporter = Scripted::with_temporality([], temporality);
        let provider = provider(&exporter);
        let items = meter(&provider).u64_counter("items").build();
        let _flaky = flaky(&provider);
        let _steady = meter(&provider)
            .i64_observable_gauge("steady")
            .with_callback(|instrument| instrument.observe(7, &[KeyValue::new("pool", "primary")]))
            .build();
        for _ in 0..4 {
            items.add(1, &[]);
            sleep(seconds(14)).await;
            items.add(1, &[]);
            sleep(seconds(1)).await;
        }
        sleep(seconds(1)).await;
        let seen = exporter.seen();
        assert_eq!(seen.len(), 4);
        let flaky: Vec<_> = seen.iter().map(|seen| sum(&seen.batch, "flaky")).collect();
        if temporality == TemporalityPreference::delta() {
            assert_eq!(flaky, [Some(10), None, Some(20), Some(10)]);
        } else {
            assert_eq!(flaky, [Some(10), None, Some(30), Some(40)]);
        }
        assert!(
            seen.iter()
                .all(|seen| sum(&seen.batch, "steady") == Some(7))
        );
        assert!(seen.iter().all(|seen| sum(&seen.batch, "items").is_some()));
        assert_eq!(seen[2].started, seconds(45));
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_in_the_report_with_the_name_of_the_instrument() {
    let exporter = Scripted::new([]);
    let provider = provider(&exporter);
    let _flaky = flaky(&provider);
    provider.force_flush(seconds(1)).await.expect("flushed");
    let reports = provider.force_flush(seconds(1)).await.expect("flushed");
    let failures = &reports[0].cycle.failed_callbacks;
    assert_eq!(failures.len(), 1);
    assert_eq!(
        failures[0].to_string(),
        "the callback of observable counter \"flaky\" (meter \"test\") panicked: the sensor is gone"
    );
}

#[tokio::test(start_paused = true)]
async fn a_renamed_delta_counter_survives_a_panic_too() {
    let exporter = Scripted::with_temporality([], TemporalityPreference::delta());
    let reader = crate::scripted::reader(&exporter)
        .build()
        .expect("a reader");
    let provider = MeterProvider::builder()
        .with_reader(reader)
        .with_view(View::new().name("flaky").rename("renamed"))
        .with_view(View::new().name("flaky").rename("again"))
        .build()
        .expect("a provider");
    let _flaky = flaky(&provider);
    for _ in 0..3 {
        provider.force_flush(seconds(1)).await.expect("flushed");
        sleep(seconds(1)).await;
    }
    for name in ["renamed", "again"] {
        assert_eq!(exporter.delivered_sums(name), [10, 20]);
    }
    let seen = exporter.seen();
    assert_eq!(seen.len(), 2, "the second had nothing to send");
    assert_eq!(span(&seen[1].batch, "again"), Some((1, 2)));
}

#[tokio::test(start_paused = true)]
async fn a_callback_is_called_once_for_each_collection_and_never_between() {
    let exporter = Scripted::new([]);
    let provider = provider(&exporter);
    let calls = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&calls);
    let _gauge = meter(&provider)
        .u64_observable_gauge("calls")
        .with_callback(move |instrument| {
            instrument.observe(counted.fetch_add(1, Ordering::Relaxed), &[]);
        })
        .build();
    sleep(seconds(14)).await;
    assert_eq!(calls.load(Ordering::Relaxed), 0);
    sleep(seconds(32)).await;
    assert_eq!(calls.load(Ordering::Relaxed), 3);
    provider.shutdown(seconds(1)).await.expect("shut down");
    assert_eq!(calls.load(Ordering::Relaxed), 4);
}

#[tokio::test(start_paused = true)]
async fn callbacks_of_instruments_that_were_not_made_are_not_called() {
    let exporter = Scripted::new([]);
    let reader = crate::scripted::reader(&exporter)
        .build()
        .expect("a reader");
    let provider = MeterProvider::builder()
        .with_reader(reader)
        .with_view(View::new().name("dropped").drop())
        .build()
        .expect("a provider");
    for name in ["dropped", "not a name"] {
        let _gauge = meter(&provider)
            .u64_observable_gauge(name)
            .with_callback(|_| panic!("nobody asked for this"))
            .build();
    }
    let reports = provider.force_flush(seconds(1)).await.expect("flushed");
    assert!(reports[0].cycle.failed_callbacks.is_empty());
}

/// In real time: a callback that waits for something that does not come.
#[test]
fn a_callback_that_blocks_is_named_and_holds_up_nothing_else() {
    let exporter = Scripted::with_temporality([], TemporalityPreference::delta());
    let reader = PeriodicExportingMetricReader::builder(exporter.clone())
        .with_env(&Environment::empty())
        .build()
        .expect("a reader");
    let provider = MeterProvider::builder()
        .with_reader(reader)
        .build()
        .expect("a provider");
    let (release, wait): (Sender<()>, _) = channel();
    let wait = Mutex::new(wait);
    let _blocked = meter(&provider)
        .u64_observable_counter("blocked")
        .with_callback(move |instrument| {
            // Ready at once when the other end is gone.
            let _ = wait.lock().expect("not poisoned").recv();
            instrument.observe(10, &[]);
        })
        .build();
    let _steady = meter(&provider)
        .u64_observable_gauge("steady")
        .with_callback(|instrument| instrument.observe(7, &[]))
        .build();
    meter(&provider).u64_counter("items").build().add(1, &[]);

    let reports = provider.blocking_force_flush(seconds(2)).expect("flushed");
    let failures = &reports[0].cycle.failed_callbacks;
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0].owner.instrument, "blocked");
    assert_eq!(failures[0].reason, CallbackFailureReason::Blocked);
    assert_eq!(sum(&exporter.seen()[0].batch, "steady"), Some(7));
    assert_eq!(sum(&exporter.seen()[0].batch, "items"), Some(1));

    // It is not called a second time meanwhile.
    let reports = provider.blocking_force_flush(seconds(30)).expect("flushed");
    let failures = &reports[0].cycle.failed_callbacks;
    assert_eq!(failures[0].reason, CallbackFailureReason::StillBlocked);

    drop(release);
    while !provider.blocking_force_flush(seconds(30)).expect("flushed")[0]
        .cycle
        .failed_callbacks
        .is_empty()
    {
        std::thread::yield_now();
    }
    assert_eq!(exporter.delivered_sums("blocked").first(), Some(&10));
    provider.blocking_shutdown(seconds(30)).expect("shut down");
}

#[test]
fn a_callback_that_flushes_its_own_reader_is_told_not_to() {
    let exporter = Scripted::new([]);
    let reader = PeriodicExportingMetricReader::builder(exporter.clone())
        .with_env(&Environment::empty())
        .build()
        .expect("a reader");
    let provider = MeterProvider::builder()
        .with_reader(reader)
        .build()
        .expect("a provider");
    let (told, hear) = channel();
    let handle = provider.readers()[0].clone();
    let _gauge = meter(&provider)
        .u64_observable_gauge("selfish")
        .with_callback(move |instrument| {
            let error = handle
                .blocking_force_flush(seconds(30))
                .expect_err("refused");
            told.send(error.to_string()).expect("the test listens");
            instrument.observe(1, &[]);
        })
        .build();
    provider.blocking_force_flush(seconds(30)).expect("flushed");
    assert!(hear.recv().expect("told").contains("callback"));
}

#[tokio::test(start_paused = true)]
async fn telemetry_is_suppressed_in_exports_and_not_in_callbacks() {
    let exporter = Scripted::new([]);
    let provider = provider(&exporter);
    let _gauge = meter(&provider)
        .u64_observable_gauge("suppressed")
        .with_callback(|gauge| {
            gauge.observe(u64::from(Context::is_current_telemetry_suppressed()), &[]);
        })
        .build();
    provider.force_flush(seconds(1)).await.expect("flushed");
    let seen = &exporter.seen()[0];
    assert!(seen.suppressed);
    assert_eq!(sum(&seen.batch, "suppressed"), Some(0));
}
