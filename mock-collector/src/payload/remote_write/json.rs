//! Remote write as JSON, to be read: symbols as the texts that they stand for.

use serde_json::Value;

use super::histogram::{Histogram, HistogramCount, ZeroCount};
use super::series::{MetricType, Sample, Series, is_stale};
use super::v1::WriteRequest;
use super::v2::Request;
use crate::json::{Object, Style, double};

/// How many nanoseconds a millisecond has.
const MILLISECOND: u64 = 1_000_000;

/// A request of 1.0.
pub(in crate::payload) fn write_request_json(
    request: &WriteRequest,
    style: &mut dyn Style,
) -> Value {
    let mut object = Object::default();
    let series: Vec<_> = request.series().collect();
    object.list("timeseries", &series, |series| series_value(series, style));
    object.list("metadata", &request.metadata, |metadata| {
        let mut object = Object::default();
        object.text("metricFamilyName", &metadata.metric_family_name);
        object.text("type", MetricType::from_number(metadata.metric_type).name());
        object.text("help", &metadata.help);
        object.text("unit", &metadata.unit);
        object.finish()
    });
    object.finish()
}

/// A request of 2.0.
pub(in crate::payload) fn request_json(request: &Request, style: &mut dyn Style) -> Value {
    let mut object = Object::default();
    let series: Vec<_> = request.series().collect();
    object.list("timeseries", &series, |series| series_value(series, style));
    object.finish()
}

fn series_value(series: &Series<'_>, style: &mut dyn Style) -> Value {
    let mut object = Object::default();
    labels(&mut object, &series.labels);
    object.list("samples", &series.samples, |sample| {
        sample_value(sample, style)
    });
    object.list("histograms", series.histograms, |histogram| {
        histogram_value(histogram, style)
    });
    object.list("exemplars", &series.exemplars, |exemplar| {
        let mut object = Object::default();
        labels(&mut object, &exemplar.labels);
        object.put("value", number(exemplar.value));
        time(&mut object, "timestamp", exemplar.timestamp, style);
        object.finish()
    });
    if let Some(metadata) = series.metadata {
        let mut inside = Object::default();
        inside.text("type", metadata.metric_type.name());
        inside.text("help", metadata.help);
        inside.text("unit", metadata.unit);
        object.put("metadata", inside.finish());
    }
    object.finish()
}

fn labels(object: &mut Object, labels: &[(&str, &str)]) {
    // A list, not an object: order and repetitions are to be seen.
    object.list("labels", labels, |(name, value)| {
        let mut label = Object::default();
        label.put("name", *name);
        label.put("value", *value);
        label.finish()
    });
}

fn sample_value(sample: &Sample, style: &mut dyn Style) -> Value {
    let mut object = Object::default();
    object.put("value", number(sample.value));
    time(&mut object, "timestamp", sample.timestamp, style);
    time(&mut object, "startTimestamp", sample.start_timestamp, style);
    object.finish()
}

fn histogram_value(histogram: &Histogram, style: &mut dyn Style) -> Value {
    let mut object = Object::default();
    match histogram.count {
        None => {}
        Some(HistogramCount::Int(count)) => object.long("countInt", count),
        Some(HistogramCount::Double(count)) => object.put("countFloat", number(count)),
    }
    object.put("sum", number(histogram.sum));
    object.number("schema", histogram.schema);
    object.double("zeroThreshold", histogram.zero_threshold);
    match histogram.zero_count {
        None => {}
        Some(ZeroCount::Int(count)) => object.long("zeroCountInt", count),
        Some(ZeroCount::Double(count)) => object.put("zeroCountFloat", number(count)),
    }
    for (key, spans, deltas, counts) in [
        (
            "negative",
            &histogram.negative_spans,
            &histogram.negative_deltas,
            &histogram.negative_counts,
        ),
        (
            "positive",
            &histogram.positive_spans,
            &histogram.positive_deltas,
            &histogram.positive_counts,
        ),
    ] {
        object.list(&format!("{key}Spans"), spans, |span| {
            let mut object = Object::default();
            object.number("offset", span.offset);
            object.number("length", span.length);
            object.finish()
        });
        object.list(&format!("{key}Deltas"), deltas, |delta| (*delta).into());
        object.list(&format!("{key}Counts"), counts, |count| number(*count));
    }
    object.number("resetHint", histogram.reset_hint);
    object.list("customValues", &histogram.custom_values, |bound| {
        number(*bound)
    });
    time(&mut object, "timestamp", histogram.timestamp, style);
    time(
        &mut object,
        "startTimestamp",
        histogram.start_timestamp,
        style,
    );
    object.finish()
}

/// A value; the one that ends a series is told from every other that is no number.
fn number(value: f64) -> Value {
    if is_stale(value) {
        "stale".into()
    } else {
        double(value)
    }
}

fn time(object: &mut Object, key: &str, unix_milli: i64, style: &mut dyn Style) {
    if unix_milli != 0 {
        let unix_nano = u64::try_from(unix_milli)
            .unwrap_or_default()
            .saturating_mul(MILLISECOND);
        object.put(key, style.time_as(unix_milli.into(), unix_nano));
    }
}
