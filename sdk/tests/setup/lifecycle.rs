//! Flush, shutdown and drop of all signals together.

use otelbox_sdk::{Environment, Sdk, SdkError, Signal};
use tokio::time::Instant;

use crate::log_lines::Log;
use crate::wire::Answer;
use crate::world::{World, record_one_of_each, seconds};

#[tokio::test(start_paused = true)]
async fn a_flush_sends_all_signals_and_the_sdk_goes_on() {
    let world = World::new();
    let sdk = world.sdk(&Environment::empty());
    for items in 1..=2 {
        record_one_of_each(&sdk);
        sdk.force_flush(seconds(5)).await.expect("delivered");
        assert_eq!(world.spans().len(), items);
        assert_eq!(world.log_records().len(), items);
        assert_eq!(world.metrics().len(), items);
    }
    sdk.shutdown(seconds(5)).await.expect("shut down");
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_all_signals_at_once_and_tells_what_was_lost() {
    let world = World::answering(Answer::Hang);
    let sdk = world.sdk(&Environment::empty());
    record_one_of_each(&sdk);
    let started = Instant::now();
    let error = sdk.shutdown(seconds(4)).await.expect_err("no answer came");
    assert_eq!(started.elapsed(), seconds(4));
    let signals: Vec<_> = error
        .lost()
        .iter()
        .map(|loss| (loss.signal, loss.items))
        .collect();
    assert_eq!(
        signals,
        [(Signal::Traces, 1), (Signal::Metrics, 1), (Signal::Logs, 1)]
    );
    let text = error.to_string();
    for part in ["traces: ", "; metrics: ", "; logs: "] {
        assert!(text.contains(part), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_signal_that_fails_does_not_stop_the_others() {
    let world = World::answering(Answer::Refuse);
    let mut healthy = World::new();
    healthy.traces = world.traces.clone();
    let sdk = healthy.sdk(&Environment::empty());
    record_one_of_each(&sdk);
    let error = sdk
        .shutdown(seconds(4))
        .await
        .expect_err("spans were refused");
    let SdkError::Failed { failures, report } = error else {
        panic!("{error:?}")
    };
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0].signal, Signal::Traces);
    assert_eq!(report.lost_items(Signal::Traces), 1);
    assert_eq!(report.lost_items(Signal::Logs), 0);
    assert_eq!(healthy.log_records().len(), 1);
    assert_eq!(healthy.metrics().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn it_ends_once() {
    let sdk = World::new().sdk(&Environment::empty());
    sdk.shutdown(seconds(5)).await.expect("shut down");
    let error = sdk.shutdown(seconds(5)).await.expect_err("it has ended");
    assert!(matches!(error, SdkError::AlreadyShutDown), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn what_comes_after_the_end_is_dropped() {
    let world = World::new();
    let sdk = world.sdk(&Environment::empty());
    sdk.shutdown(seconds(5)).await.expect("shut down");
    record_one_of_each(&sdk);
    tokio::time::sleep(seconds(120)).await;
    assert_eq!(world.spans().len() + world.log_records().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn blocking_on_its_own_runtime_fails_with_advice_and_so_does_a_drop() {
    let log = Log::default();
    let _guard = log.start();
    let sdk = World::new().sdk(&Environment::empty());
    let error = sdk.blocking_shutdown(seconds(1)).expect_err("a deadlock");
    assert!(matches!(error, SdkError::WouldDeadlock), "{error:?}");
    let error = sdk
        .blocking_force_flush(seconds(1))
        .expect_err("a deadlock");
    assert!(
        error.to_string().contains("force_flush(..).await"),
        "{error}"
    );
    drop(sdk);
    assert_eq!(log.lines("the SDK was dropped without a shutdown").len(), 1);
}

/// An SDK with threads of its own whose console is `world`'s.
fn on_threads(world: &World) -> Sdk {
    let console = world.console.clone();
    let environment = Environment::empty()
        .with("OTEL_TRACES_EXPORTER", "console")
        .with("OTEL_METRICS_EXPORTER", "console")
        .with("OTEL_LOGS_EXPORTER", "console");
    Sdk::builder()
        .with_env(&environment)
        .with_console(move || console.clone())
        .build()
        .expect("an SDK")
}

#[tokio::test]
async fn a_drop_flushes() {
    let world = World::new();
    let sdk = on_threads(&world);
    record_one_of_each(&sdk);
    drop(sdk);
    let console = world.console.read();
    for text in ["checkout", "requests", "paid"] {
        assert!(console.contains(text), "{console}");
    }
}

#[tokio::test]
async fn blocking_calls_work_beside_its_threads() {
    let world = World::new();
    let sdk = on_threads(&world);
    record_one_of_each(&sdk);
    sdk.blocking_force_flush(seconds(5)).expect("flushed");
    assert!(world.console.read().contains("requests"));
    sdk.blocking_shutdown(seconds(5)).expect("shut down");
    let error = sdk.blocking_shutdown(seconds(5)).expect_err("it has ended");
    assert!(matches!(error, SdkError::AlreadyShutDown), "{error:?}");
}
