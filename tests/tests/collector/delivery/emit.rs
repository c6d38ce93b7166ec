//! Items with numbers, over the API that every SDK implements.

use std::ops::Range;

use opentelemetry::KeyValue;
use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _};
use opentelemetry::metrics::MeterProvider;
use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;

/// The attribute that numbers what is emitted: a span, a log record, a data point.
pub(super) const ITEM: &str = "otelbox.item";

pub(super) fn spans(provider: &SdkTracerProvider, numbers: Range<i64>) {
    let tracer = provider.tracer("oracle");
    for number in numbers {
        let span = tracer.span_builder("item");
        drop(tracer.build(span.with_attributes([KeyValue::new(ITEM, number)])));
    }
}

pub(super) fn log_records(provider: &SdkLoggerProvider, numbers: Range<i64>) {
    let logger = provider.logger("oracle");
    for number in numbers {
        let mut record = logger.create_log_record();
        record.set_body("item".into());
        record.add_attribute(ITEM, AnyValue::Int(number));
        logger.emit(record);
    }
}

/// Adds one for each number: a data point has the number as its attribute.
pub(super) fn measurements(provider: &impl MeterProvider, numbers: Range<i64>) {
    let counter = provider.meter("oracle").u64_counter("items").build();
    for number in numbers {
        counter.add(1, &[KeyValue::new(ITEM, number)]);
    }
}
