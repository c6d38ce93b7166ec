//! Processors with a thread of their own, in real time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use opentelemetry::Context;
use otelbox_sdk::{
    BatchProcessor, BoxFuture, Deadline, ExportOutcome, Exporter, LogBatch, Processed, SpanBatch,
};

use crate::exporter::Scripted;
use crate::rig::{Numbered, Rig, builder, seconds};

/// On a thread of its own, with a delay that no test waits for.
fn rig<B: Numbered>() -> Rig<B> {
    let exporter = Scripted::new([]);
    let builder = builder(&exporter)
        .with_max_queue_size(1_000)
        .with_max_export_batch_size(1_000)
        .with_schedule_delay(seconds(3_600));
    Rig::of(exporter, builder)
}

fn blocking_forms_work<B: Numbered>() {
    let rig = rig::<B>();
    rig.emit(0..7);
    let report = rig.handle.blocking_force_flush(seconds(30));
    assert_eq!(report.expect("flushed").items, 7);
    rig.emit(7..8);
    B::force_flush(&rig.provider).expect("flushed");
    rig.emit(8..9);
    B::shutdown(&rig.provider, seconds(30)).expect("shut down");
    let numbers: Vec<_> = rig.exports().into_iter().flat_map(|(_, of)| of).collect();
    assert_eq!(numbers, (0..9).collect::<Vec<_>>());
}

#[test]
fn blocking_forms_work_from_a_plain_thread() {
    blocking_forms_work::<SpanBatch>();
    blocking_forms_work::<LogBatch>();
}

#[tokio::test]
async fn blocking_forms_work_inside_another_runtime() {
    blocking_forms_work::<SpanBatch>();
    blocking_forms_work::<LogBatch>();
}

#[tokio::test(flavor = "multi_thread")]
async fn async_forms_work_from_another_runtime() {
    let rig = rig::<SpanBatch>();
    rig.emit(0..7);
    let report = rig.handle.force_flush(seconds(30)).await.expect("flushed");
    assert_eq!(report.items, 7);
    rig.emit(7..8);
    let report = rig.handle.shutdown(seconds(30)).await.expect("shut down");
    assert_eq!(report.items, 1);
}

#[test]
fn a_dropped_provider_delivers() {
    let Rig {
        exporter, provider, ..
    } = rig::<LogBatch>();
    (0..5).for_each(|number| LogBatch::emit(&provider, number));
    drop(provider);
    let exported: usize = exporter
        .seen()
        .iter()
        .map(|seen| seen.batch.numbers().len())
        .sum();
    assert_eq!(exported, 5);
}

#[test]
fn items_of_many_threads_are_exported_once_each_in_the_order_of_each() {
    let rig = Arc::new(rig::<SpanBatch>());
    let threads: Vec<_> = (0..4_u64)
        .map(|thread| {
            let rig = Arc::clone(&rig);
            thread::spawn(move || rig.emit(thread * 1_000..thread * 1_000 + 200))
        })
        .collect();
    for thread in threads {
        thread.join().expect("no panic");
    }
    rig.handle.blocking_shutdown(seconds(60)).expect("ended");
    let mut exported: Vec<_> = rig.exports().into_iter().flat_map(|(_, of)| of).collect();
    for thread in 0..4_u64 {
        let own = |number: &&u64| **number / 1_000 == thread;
        let own: Vec<_> = exported.iter().filter(own).copied().collect();
        assert_eq!(
            own,
            (thread * 1_000..thread * 1_000 + 200).collect::<Vec<_>>()
        );
    }
    exported.sort_unstable();
    exported.dedup();
    assert_eq!(exported.len(), 800);
}

/// Notes whether telemetry was suppressed in each of its exports, and in a task that they spawned.
struct Listening(Arc<AtomicBool>);

impl Exporter<LogBatch> for Listening {
    fn export<'a>(&'a self, _: &'a LogBatch, _: Deadline) -> BoxFuture<'a, ExportOutcome> {
        Box::pin(async {
            let spawned = tokio::spawn(async { Context::is_current_telemetry_suppressed() });
            let suppressed = Context::is_current_telemetry_suppressed();
            let everywhere = suppressed && spawned.await.unwrap_or(false);
            self.0.store(everywhere, Ordering::SeqCst);
            ExportOutcome::Delivered { attempts: 1 }
        })
    }

    fn description(&self) -> String {
        "exporter=listening".to_owned()
    }
}

#[test]
fn exports_make_no_telemetry_of_their_own() {
    let suppressed = Arc::new(AtomicBool::new(false));
    let processor = BatchProcessor::builder(Listening(Arc::clone(&suppressed)))
        .build()
        .expect("a processor");
    let handle = processor.handle();
    let provider = LogBatch::provider_of_batches(processor);
    LogBatch::emit(&provider, 0);
    handle.blocking_force_flush(seconds(30)).expect("flushed");
    assert!(suppressed.load(Ordering::SeqCst));
    assert_eq!(LogBatch::VARIABLES, "OTEL_BLRP");
}
