//! When a batch is exported, and what it carries.

use opentelemetry::trace::{
    Link, Span as _, SpanKind, TraceId, TraceState, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, SdkTracerProvider, ShouldSample};
use otelbox_sdk::{BatchProcessor, ConfigError, Environment, ExportOutcome, LogBatch, SpanBatch};
use tokio::time::sleep;

use crate::exporter::Scripted;
use crate::log_lines::Log;
use crate::rig::{Act, Numbered, Rig, builder, for_each_signal, seconds};

for_each_signal!(
    items_wait_for_the_delay_from_the_first_on,
    a_full_batch_does_not_wait,
    a_burst_leaves_in_order_a_batch_at_a_time,
    the_item_that_makes_a_batch_full_ends_the_wait_of_the_others,
    exports_never_overlap_and_the_delay_starts_at_the_end_of_the_previous,
    an_export_that_is_too_long_is_given_up_and_the_next_is_made,
    a_failed_batch_is_lost_and_the_next_is_not,
    an_exporter_that_panics_loses_its_batch_and_nothing_else,
    nothing_to_send_sends_nothing,
    a_delay_of_zero_exports_at_once,
    the_resource_of_the_provider_is_sent,
    telemetry_is_suppressed_in_exports,
    the_start_is_logged,
    a_batch_larger_than_the_queue_cannot_be_built,
);

async fn items_wait_for_the_delay_from_the_first_on<B: Numbered>() {
    let rig = Rig::<B>::new([]);
    sleep(seconds(2)).await;
    rig.emit(0..1);
    sleep(seconds(3)).await;
    rig.emit(1..2);
    sleep(seconds(30)).await;
    rig.emit(2..3);
    sleep(seconds(6)).await;
    assert_eq!(rig.exports(), [(7, vec![0, 1]), (40, vec![2])]);
}

async fn a_full_batch_does_not_wait<B: Numbered>() {
    let rig = Rig::<B>::new([]);
    sleep(seconds(1)).await;
    rig.emit(0..3);
    sleep(seconds(1)).await;
    assert_eq!(rig.exports(), [(1, vec![0, 1, 2])]);
}

async fn a_burst_leaves_in_order_a_batch_at_a_time<B: Numbered>() {
    let rig = Rig::<B>::new([]);
    rig.emit(0..8);
    sleep(seconds(1)).await;
    assert_eq!(rig.exports(), [(0, vec![0, 1, 2]), (0, vec![3, 4, 5])]);
    sleep(seconds(5)).await;
    assert_eq!(rig.exports()[2..], [(5, vec![6, 7])]);
}

async fn the_item_that_makes_a_batch_full_ends_the_wait_of_the_others<B: Numbered>() {
    let rig = Rig::<B>::new([Act::DeliverAfter(20)]);
    rig.emit(0..1);
    sleep(seconds(1)).await;
    rig.emit(1..3);
    sleep(seconds(2)).await;
    rig.emit(3..4);
    sleep(seconds(30)).await;
    assert_eq!(rig.exports(), [(1, vec![0, 1, 2]), (26, vec![3])]);
}

async fn exports_never_overlap_and_the_delay_starts_at_the_end_of_the_previous<B: Numbered>() {
    let rig = Rig::<B>::new([Act::DeliverAfter(20)]);
    rig.emit(0..3);
    sleep(seconds(4)).await;
    rig.emit(3..5);
    sleep(seconds(40)).await;
    // The exporter panics where two exports overlap, and a panic is a failed export.
    assert_eq!(rig.exports(), [(0, vec![0, 1, 2]), (25, vec![3, 4])]);
    let outcomes = rig.exporter.seen().into_iter().map(|seen| seen.outcome);
    assert!(
        outcomes
            .flatten()
            .all(|outcome| ExportOutcome::is_delivered(&outcome))
    );
}

async fn an_export_that_is_too_long_is_given_up_and_the_next_is_made<B: Numbered>() {
    let rig = Rig::<B>::new([Act::Hang]);
    rig.emit(0..6);
    sleep(seconds(31)).await;
    assert_eq!(rig.exporter.starts(), [0, 30]);
    assert_eq!(rig.exporter.seen()[0].ended, Some(seconds(30)));
}

async fn a_failed_batch_is_lost_and_the_next_is_not<B: Numbered>() {
    let log = Log::default();
    let _guard = log.start();
    let rig = Rig::<B>::new([Act::Refuse]);
    rig.emit(0..6);
    sleep(seconds(1)).await;
    assert_eq!(rig.exports(), [(0, vec![0, 1, 2]), (0, vec![3, 4, 5])]);
    let lost = format!("lost: 3 {}s (refused after 1 attempt", B::ITEM);
    assert_eq!(log.lines(&lost).len(), 1, "{:?}", log.lines(""));
}

async fn an_exporter_that_panics_loses_its_batch_and_nothing_else<B: Numbered>() {
    let rig = Rig::<B>::new([Act::Panic]);
    rig.emit(0..3);
    let error = rig.handle.force_flush(seconds(5)).await.expect_err("lost");
    assert!(error.to_string().contains("the exporter has a mistake"));
    rig.emit(3..6);
    rig.handle.force_flush(seconds(5)).await.expect("flushed");
}

async fn nothing_to_send_sends_nothing<B: Numbered>() {
    let rig = Rig::<B>::new([]);
    sleep(seconds(60)).await;
    let report = rig.handle.force_flush(seconds(5)).await.expect("flushed");
    assert_eq!((report.exports, report.items), (0, 0));
    assert!(rig.exports().is_empty());
    assert_eq!(
        rig.exporter.flushes(),
        1,
        "the exporter is flushed all the same"
    );
}

async fn a_delay_of_zero_exports_at_once<B: Numbered>() {
    let exporter = Scripted::new([]);
    let builder = builder(&exporter)
        .with_schedule_delay(seconds(0))
        .on_current_runtime();
    let rig = Rig::<B>::of(exporter, builder);
    sleep(seconds(2)).await;
    rig.emit(0..1);
    sleep(seconds(1)).await;
    assert_eq!(rig.exports(), [(2, vec![0])]);
}

async fn the_resource_of_the_provider_is_sent<B: Numbered>() {
    let rig = Rig::<B>::new([]);
    rig.emit(0..3);
    rig.handle.force_flush(seconds(1)).await.expect("flushed");
    let resource = rig.exporter.seen()[0].batch.service();
    assert!(resource.contains("checkout"), "{resource}");
}

async fn telemetry_is_suppressed_in_exports<B: Numbered>() {
    let rig = Rig::<B>::new([]);
    rig.emit(0..3);
    rig.handle.shutdown(seconds(1)).await.expect("shut down");
    assert!(rig.exporter.seen()[0].suppressed);
    assert!(!Context::is_current_telemetry_suppressed());
}

async fn the_start_is_logged<B: Numbered>() {
    let log = Log::default();
    let _guard = log.start();
    let _rig = Rig::<B>::new([]);
    sleep(seconds(1)).await;
    assert_eq!(
        log.lines("started"),
        [format!(
            "INFO otelbox_sdk: {} processor started; exporter=scripted max_queue_size=8 max_export_batch_size=3 \
             schedule_delay=5s export_timeout=30s",
            B::ITEM
        )]
    );
}

async fn a_batch_larger_than_the_queue_cannot_be_built<B: Numbered>() {
    let exporter = Scripted::<B>::new([]);
    let error = builder(&exporter)
        .with_max_export_batch_size(9)
        .build()
        .expect_err("refused");
    assert!(
        matches!(error, ConfigError::BatchAboveQueue { batch: 9, queue: 8 }),
        "{error:?}"
    );
}

/// Has every span recorded, and none sampled.
#[derive(Clone, Debug)]
struct RecordOnly;

impl ShouldSample for RecordOnly {
    fn should_sample(
        &self,
        _parent: Option<&Context>,
        _trace: TraceId,
        _name: &str,
        _kind: &SpanKind,
        _attributes: &[KeyValue],
        _links: &[Link],
    ) -> SamplingResult {
        SamplingResult {
            decision: SamplingDecision::RecordOnly,
            attributes: Vec::new(),
            trace_state: TraceState::default(),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn spans_that_are_not_sampled_are_left_out() {
    let exporter = Scripted::<SpanBatch>::new([]);
    let processor = builder(&exporter)
        .on_current_runtime()
        .build()
        .expect("a processor");
    let handle = processor.handle();
    let provider = SdkTracerProvider::builder()
        .with_span_processor(processor)
        .with_sampler(RecordOnly)
        .build();
    provider.tracer("test").start("unsampled").end();
    handle.force_flush(seconds(1)).await.expect("flushed");
    assert!(exporter.seen().is_empty());
    assert_eq!(handle.statistics().received_items, 0);
}

#[tokio::test(start_paused = true)]
async fn defaults_are_those_of_the_specification() {
    let log = Log::default();
    let _guard = log.start();
    let empty = Environment::empty();
    let spans = BatchProcessor::<SpanBatch>::builder(Scripted::new([]))
        .with_env(&empty)
        .on_current_runtime()
        .build()
        .expect("a processor");
    let records = BatchProcessor::<LogBatch>::builder(Scripted::new([]))
        .with_env(&empty)
        .on_current_runtime()
        .build()
        .expect("a processor");
    sleep(seconds(1)).await;
    for delay in ["5s", "1s"] {
        let settings = format!(
            "max_queue_size=2048 max_export_batch_size=512 schedule_delay={delay} export_timeout=30s"
        );
        assert_eq!(log.lines(&settings).len(), 1, "{settings}");
    }
    drop((spans, records));
}

#[tokio::test(start_paused = true)]
async fn an_unusable_variable_is_named_with_what_is_used_instead() {
    let log = Log::default();
    let _guard = log.start();
    let environment = Environment::empty()
        .with("OTEL_BSP_MAX_QUEUE_SIZE", "-5")
        .with("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "3000");
    let processor = BatchProcessor::<SpanBatch>::builder(Scripted::new([]))
        .with_env(&environment)
        .on_current_runtime()
        .build()
        .expect("a processor");
    let warnings = log.lines("WARN");
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(
        warnings[0].contains(
            "OTEL_BSP_MAX_QUEUE_SIZE=\"-5\" cannot be used: allowed is a whole number, 1 or more; using 2048"
        ),
        "{warnings:?}"
    );
    assert!(
        warnings[1].contains("OTEL_BSP_MAX_EXPORT_BATCH_SIZE")
            && warnings[1].contains("using 2048"),
        "{warnings:?}"
    );
    drop(processor);
}
