//! What a processor tells.

use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;

use super::{OwnTelemetry, with_error};
use crate::signal::Signal;
use crate::statistics::Statistics;

/// The types of processors, as their components are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProcessorType {
    Batch,
    Simple,
}

/// What a processor has done so far; `None` where it is gone.
type Source = Arc<dyn Fn() -> Option<Statistics> + Send + Sync>;

/// A processor tells from now on what `statistics` says when metrics are collected, and nothing in between.
pub(crate) fn observe_processor(
    own: &OwnTelemetry,
    signal: Signal,
    kind: ProcessorType,
    statistics: impl Fn() -> Option<Statistics> + Send + Sync + 'static,
) {
    let attributes = own.component(component_type(signal, kind));
    let source: Source = Arc::new(statistics);
    own.when_attached(move |meter| instruments(meter, signal, &attributes, &source));
}

/// Spec: semantic conventions, `otel.component.type` (well-known values).
const fn component_type(signal: Signal, kind: ProcessorType) -> &'static str {
    match (signal, kind) {
        (Signal::Logs, ProcessorType::Batch) => "batching_log_processor",
        (Signal::Logs, ProcessorType::Simple) => "simple_log_processor",
        (Signal::Metrics | Signal::Traces, ProcessorType::Batch) => "batching_span_processor",
        (Signal::Metrics | Signal::Traces, ProcessorType::Simple) => "simple_span_processor",
    }
}

fn instruments(meter: &Meter, signal: Signal, attributes: &[KeyValue], source: &Source) {
    let (item, unit) = match signal {
        Signal::Logs => ("log", "{log_record}"),
        Signal::Metrics | Signal::Traces => ("span", "{span}"),
    };
    let queue = [
        (
            "size",
            "Items that wait in the queue",
            (|counts| counts.queued_items) as fn(&Statistics) -> u64,
        ),
        ("capacity", "Items that the queue can hold", |counts| {
            counts.queue_capacity
        }),
    ];
    for (name, description, of) in queue {
        let (source, attributes) = (Arc::clone(source), attributes.to_vec());
        meter
            .i64_observable_up_down_counter(format!("otel.sdk.processor.{item}.queue.{name}"))
            .with_unit(unit)
            .with_description(description)
            .with_callback(move |observer| {
                if let Some(counts) = source() {
                    let items = i64::try_from(of(&counts)).unwrap_or(i64::MAX);
                    observer.observe(items, &attributes);
                }
            })
            .build();
    }
    let source = Arc::clone(source);
    let full = with_error(attributes, "queue_full");
    let late = with_error(attributes, "already_shutdown");
    let attributes = attributes.to_vec();
    meter
        .u64_observable_counter(format!("otel.sdk.processor.{item}.processed"))
        .with_unit(unit)
        .with_description("Items that were handed to the exporter; error.type says why one was not")
        .with_callback(move |observer| {
            let Some(counts) = source() else {
                return;
            };
            let kept = counts.queued_items + counts.unsent_items;
            observer.observe(counts.received_items.saturating_sub(kept), &attributes);
            for (items, attributes) in
                [(counts.queue_full_items, &full), (counts.late_items, &late)]
            {
                if items > 0 {
                    observer.observe(items, attributes);
                }
            }
        })
        .build();
}
