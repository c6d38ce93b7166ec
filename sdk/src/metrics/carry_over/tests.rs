//! The merge of two windows against one window of the stock SDK, and what has no counterpart there.

use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Meter, MeterProvider as _};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, ExponentialHistogramDataPoint, HistogramDataPoint, Metric,
    NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics as Collected;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{
    Aggregation, InstrumentKind, ManualReader, Pipeline, SdkMeterProvider, Stream, Temporality,
};
use proptest::prelude::*;

use super::merge::{LeftOut, merge};
use super::points::{DeltaPoint, NotMergeable};
use crate::export::Batch;
use crate::metrics::batch::{MetricBatch, Window};
use crate::metrics::convert::{self, StreamTimes};

// --- merge(a, b) == what one window gives

/// One measurement: which instrument, which series of it, how much.
#[derive(Clone, Copy, Debug)]
struct Measured {
    instrument: u8,
    series: u8,
    value: f64,
}

fn measured() -> impl Strategy<Value = Measured> {
    let value = prop_oneof![
        4 => -1000.0..1000.0_f64,
        1 => Just(0.0),
        2 => (-1e3..1e3_f64, -200..200_i32).prop_map(|(digits, power)| digits * 10_f64.powi(power)),
    ];
    (0..8_u8, 0..3_u8, value).prop_map(|(instrument, series, value)| Measured {
        instrument,
        series,
        value,
    })
}

#[derive(Clone, Debug)]
struct Reader(Arc<ManualReader>);

impl MetricReader for Reader {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.0.register_pipeline(pipeline);
    }

    fn collect(&self, collected: &mut Collected) -> OTelSdkResult {
        self.0.collect(collected)
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self, kind: InstrumentKind) -> Temporality {
        self.0.temporality(kind)
    }
}

/// The stock SDK under delta, with one instrument of each kind of data.
struct Stock {
    reader: Reader,
    meter: Meter,
    _provider: SdkMeterProvider,
}

impl Stock {
    fn new() -> Self {
        let reader = ManualReader::builder()
            .with_temporality(Temporality::Delta)
            .build();
        let reader = Reader(Arc::new(reader));
        let provider = SdkMeterProvider::builder()
            .with_reader(reader.clone())
            .with_view(|instrument: &opentelemetry_sdk::metrics::Instrument| {
                let aggregation = Aggregation::Base2ExponentialHistogram {
                    max_size: 160,
                    max_scale: 20,
                    record_min_max: true,
                };
                instrument.name().starts_with("exponential").then(|| {
                    Stream::builder()
                        .with_aggregation(aggregation)
                        .build()
                        .expect("a stream")
                })
            })
            .build();
        Self {
            meter: provider.meter("test"),
            reader,
            _provider: provider,
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole numbers of a small range are wanted"
    )]
    fn record(&self, measured: &[Measured]) {
        let meter = &self.meter;
        for one in measured {
            let attributes = [KeyValue::new("series", i64::from(one.series))];
            let whole = (one.value % 1e6) as i64;
            match one.instrument {
                0 => {
                    let counter = meter.u64_counter("counter").build();
                    counter.add(whole.unsigned_abs(), &attributes);
                }
                1 => {
                    let counter = meter.f64_counter("float_counter").build();
                    counter.add(one.value.abs(), &attributes);
                }
                2 => {
                    let counter = meter.i64_up_down_counter("up_down").build();
                    counter.add(whole, &attributes);
                }
                3 => {
                    let histogram = meter.f64_histogram("histogram").build();
                    histogram.record(one.value, &attributes);
                }
                4 => {
                    let histogram = meter.u64_histogram("whole_histogram").build();
                    histogram.record(whole.unsigned_abs(), &attributes);
                }
                5 => {
                    let gauge = meter.f64_gauge("gauge").build();
                    gauge.record(one.value, &attributes);
                }
                6 => {
                    let histogram = meter.u64_histogram("exponential_whole").build();
                    histogram.record(whole.unsigned_abs(), &attributes);
                }
                _ => {
                    let histogram = meter.f64_histogram("exponential").build();
                    histogram.record(one.value, &attributes);
                }
            }
        }
    }

    fn collect(&self, window: Window) -> MetricBatch {
        let mut collected = Collected::default();
        self.reader.collect(&mut collected).expect("collected");
        let converted = convert::converted(&collected, &Fixed(window), |_, _| {});
        MetricBatch::new(converted.request, window)
    }
}

struct Fixed(Window);

impl StreamTimes for Fixed {
    fn time(&self) -> SystemTime {
        self.0.end
    }

    fn start(&self, _: SystemTime, _: SystemTime, temporality: Temporality) -> SystemTime {
        match temporality {
            Temporality::Delta => self.0.start,
            _ => UNIX_EPOCH,
        }
    }
}

fn window(from: u64, to: u64) -> Window {
    Window {
        start: UNIX_EPOCH + Duration::from_nanos(from),
        end: UNIX_EPOCH + Duration::from_nanos(to),
    }
}

/// Times of readings are not those of one window; all else is.
fn comparable(mut batch: MetricBatch) -> MetricBatch {
    for metric in batch
        .request
        .resource_metrics
        .iter_mut()
        .flat_map(|resource| &mut resource.scope_metrics)
        .flat_map(|scope| &mut scope.metrics)
    {
        match &mut metric.data {
            Some(Data::Gauge(gauge)) => {
                for point in &mut gauge.data_points {
                    (point.start_time_unix_nano, point.time_unix_nano) = (0, 0);
                }
            }
            Some(Data::ExponentialHistogram(histogram)) => {
                for point in &mut histogram.data_points {
                    for buckets in [&mut point.positive, &mut point.negative] {
                        trim(buckets.get_or_insert_default());
                    }
                }
            }
            _ => {}
        }
    }
    batch
}

fn trim(buckets: &mut Buckets) {
    while buckets.bucket_counts.last() == Some(&0) {
        buckets.bucket_counts.pop();
    }
    while buckets.bucket_counts.first() == Some(&0) {
        buckets.bucket_counts.remove(0);
        buckets.offset += 1;
    }
    if buckets.bucket_counts.is_empty() {
        buckets.offset = 0;
    }
}

/// Equal, but for floating-point sums, which depend on the order.
fn assert_same(merged: &MetricBatch, whole: &MetricBatch) -> Result<(), TestCaseError> {
    let (mut merged, whole) = (merged.clone(), whole.clone());
    let (one, two) = (sums(&merged), sums(&whole));
    prop_assert_eq!(one.len(), two.len());
    for ((one, _), (two, largest)) in one.iter().zip(&two) {
        prop_assert!(
            (one - two).abs() <= 1e-9 * largest,
            "{one} and {two}, of values up to {largest}"
        );
    }
    copy_sums(&mut merged, &whole);
    prop_assert_eq!(merged, whole);
    Ok(())
}

/// Floating-point sums, each with a size that its values do not exceed together.
fn sums(batch: &MetricBatch) -> Vec<(f64, f64)> {
    #[expect(clippy::cast_precision_loss, reason = "a test counts far below 2^53")]
    let histogram = |count: u64, sum: Option<f64>, min: Option<f64>, max: Option<f64>| {
        let largest = min.unwrap_or(0.0).abs().max(max.unwrap_or(0.0).abs());
        (sum.unwrap_or(f64::NAN), largest * count as f64)
    };
    let mut sums = Vec::new();
    for metric in batch.metrics() {
        match &metric.data {
            Some(Data::Sum(sum)) => {
                for point in &sum.data_points {
                    if let Some(Value::AsDouble(value)) = point.value {
                        sums.push((value, value.abs()));
                    }
                }
            }
            Some(Data::Histogram(data)) => sums.extend(
                data.data_points
                    .iter()
                    .map(|point| histogram(point.count, point.sum, point.min, point.max)),
            ),
            Some(Data::ExponentialHistogram(data)) => sums.extend(
                data.data_points
                    .iter()
                    .map(|point| histogram(point.count, point.sum, point.min, point.max)),
            ),
            _ => {}
        }
    }
    sums
}

/// Puts the floating-point sums of `from` into `into`, point by point.
fn copy_sums(into: &mut MetricBatch, from: &MetricBatch) {
    let metrics = into
        .request
        .resource_metrics
        .iter_mut()
        .flat_map(|resource| &mut resource.scope_metrics)
        .flat_map(|scope| &mut scope.metrics);
    for (into, from) in metrics.zip(from.metrics()) {
        match (&mut into.data, &from.data) {
            (Some(Data::Sum(into)), Some(Data::Sum(from))) => {
                for (into, from) in into.data_points.iter_mut().zip(&from.data_points) {
                    if matches!(into.value, Some(Value::AsDouble(_))) {
                        into.value = from.value;
                    }
                }
            }
            (Some(Data::Histogram(into)), Some(Data::Histogram(from))) => {
                for (into, from) in into.data_points.iter_mut().zip(&from.data_points) {
                    into.sum = from.sum;
                }
            }
            (Some(Data::ExponentialHistogram(into)), Some(Data::ExponentialHistogram(from))) => {
                for (into, from) in into.data_points.iter_mut().zip(&from.data_points) {
                    into.sum = from.sum;
                }
            }
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn two_windows_merged_are_what_one_window_gives(
        windows in prop::collection::vec(prop::collection::vec(measured(), 0..40), 2..5),
    ) {
        let (split, whole) = (Stock::new(), Stock::new());
        // So that every stream begins in the first window.
        let first: Vec<Measured> = (0..8)
            .map(|instrument| Measured { instrument, series: 9, value: 2.5 })
            .collect();
        split.record(&first);
        whole.record(&first);
        let mut merged: Option<MetricBatch> = None;
        let mut end = 0;
        for measured in &windows {
            split.record(measured);
            whole.record(measured);
            let next = split.collect(window(end, end + 10));
            end += 10;
            merged = Some(match merged {
                None => next,
                Some(older) => {
                    let both = merge(older, next);
                    prop_assert_eq!(both.left_out, LeftOut::default());
                    both.batch
                }
            });
        }
        let merged = comparable(merged.expect("two windows at least"));
        assert_same(&merged, &comparable(whole.collect(window(0, end))))?;
    }

    #[test]
    fn no_buckets_panic(one in any_exponential(), two in any_exponential()) {
        let mut sum = two.clone();
        if sum.add(&one).is_ok() {
            prop_assert_eq!(total(&sum), total(&one) + total(&two));
            let width = |point: &ExponentialHistogramDataPoint| {
                [&point.positive, &point.negative]
                    .map(|buckets| buckets.as_ref().map_or(0, |buckets| buckets.bucket_counts.len()))
                    .into_iter()
                    .max()
                    .unwrap_or(0)
            };
            prop_assert!(width(&sum) <= 160.max(width(&one)).max(width(&two)));
        } else {
            prop_assert_eq!(sum, two);
        }
    }
}

fn any_exponential() -> impl Strategy<Value = ExponentialHistogramDataPoint> {
    let buckets = || {
        let offset = prop_oneof![any::<i32>(), -200..200_i32];
        let counts = prop::collection::vec(0..9_u64, 0..20);
        (offset, counts).prop_map(|(offset, bucket_counts)| Buckets {
            offset,
            bucket_counts,
        })
    };
    let threshold = prop_oneof![Just(0.0), 0.0..4.0_f64, any::<f64>()];
    let scale = prop_oneof![any::<i32>(), -10..=20_i32];
    (scale, 0..9_u64, threshold, buckets(), buckets()).prop_map(
        |(scale, zero_count, zero_threshold, positive, negative)| ExponentialHistogramDataPoint {
            scale,
            zero_count,
            zero_threshold,
            positive: Some(positive),
            negative: Some(negative),
            ..ExponentialHistogramDataPoint::default()
        },
    )
}

fn total(point: &ExponentialHistogramDataPoint) -> u64 {
    let buckets = [&point.positive, &point.negative]
        .into_iter()
        .flatten()
        .flat_map(|buckets| &buckets.bucket_counts)
        .sum::<u64>();
    point.zero_count + buckets
}

// --- what has no counterpart in one window

fn integer(series: &str, value: i64, start: u64, time: u64) -> NumberDataPoint {
    NumberDataPoint {
        attributes: vec![opentelemetry_proto::tonic::common::v1::KeyValue {
            key: series.to_owned(),
            ..Default::default()
        }],
        start_time_unix_nano: start,
        time_unix_nano: time,
        value: Some(Value::AsInt(value)),
        ..NumberDataPoint::default()
    }
}

fn sum_of(name: &str, temporality: AggregationTemporality, points: Vec<NumberDataPoint>) -> Metric {
    Metric {
        name: name.to_owned(),
        data: Some(Data::Sum(Sum {
            data_points: points,
            aggregation_temporality: temporality.into(),
            is_monotonic: true,
        })),
        ..Metric::default()
    }
}

fn batch(metrics: Vec<Metric>, window: Window) -> MetricBatch {
    let scope = ScopeMetrics {
        metrics,
        ..ScopeMetrics::default()
    };
    let resource = ResourceMetrics {
        scope_metrics: vec![scope],
        ..ResourceMetrics::default()
    };
    let request = ExportMetricsServiceRequest {
        resource_metrics: vec![resource],
    };
    MetricBatch::new(request, window)
}

/// Series, value, start and time of each integer point.
fn told(batch: &MetricBatch) -> Vec<(String, i64, u64, u64)> {
    batch
        .metrics()
        .filter_map(|metric| match &metric.data {
            Some(Data::Sum(sum)) => Some(&sum.data_points),
            Some(Data::Gauge(gauge)) => Some(&gauge.data_points),
            _ => None,
        })
        .flatten()
        .map(|point| {
            let Some(Value::AsInt(value)) = point.value else {
                panic!("not an integer")
            };
            (
                point.attributes[0].key.clone(),
                value,
                point.start_time_unix_nano,
                point.time_unix_nano,
            )
        })
        .collect()
}

const DELTA: AggregationTemporality = AggregationTemporality::Delta;
const CUMULATIVE: AggregationTemporality = AggregationTemporality::Cumulative;

#[test]
fn all_series_of_a_delta_stream_have_the_joint_window() {
    let older = vec![integer("both", 1, 3, 10), integer("older", 2, 3, 10)];
    let newer = vec![integer("both", 4, 10, 20), integer("newer", 8, 10, 20)];
    let merged = merge(
        batch(vec![sum_of("items", DELTA, older)], window(0, 10)),
        batch(vec![sum_of("items", DELTA, newer)], window(10, 20)),
    );
    let expected = [("both", 5, 3, 20), ("newer", 8, 3, 20), ("older", 2, 3, 20)]
        .map(|(series, value, start, time)| (series.to_owned(), value, start, time));
    assert_eq!(told(&merged.batch), expected);
    assert_eq!(merged.batch.window, window(0, 20));
}

#[test]
fn a_stream_of_one_window_alone_ends_with_the_newer_and_begins_with_its_own() {
    let merged = merge(
        batch(
            vec![sum_of("a", DELTA, vec![integer("x", 1, 3, 10)])],
            window(0, 10),
        ),
        batch(
            vec![sum_of("b", DELTA, vec![integer("y", 2, 12, 20)])],
            window(10, 20),
        ),
    );
    let expected = [("x".to_owned(), 1, 3, 20), ("y".to_owned(), 2, 12, 20)];
    assert_eq!(told(&merged.batch), expected);
}

#[test]
fn a_total_that_has_a_newer_one_is_left_and_one_that_has_none_is_kept_as_it_is() {
    let older = vec![integer("gone", 7, 1, 10), integer("stays", 5, 1, 10)];
    let newer = vec![integer("stays", 6, 1, 20)];
    let merged = merge(
        batch(vec![sum_of("total", CUMULATIVE, older)], window(0, 10)),
        batch(vec![sum_of("total", CUMULATIVE, newer)], window(10, 20)),
    );
    let expected = [
        ("gone".to_owned(), 7, 1, 10),
        ("stays".to_owned(), 6, 1, 20),
    ];
    assert_eq!(told(&merged.batch), expected);
    assert_eq!(merged.left_out, LeftOut::default());
}

#[test]
fn a_sum_beyond_its_range_leaves_the_older_part_out_and_its_window_uncovered() {
    let older = vec![integer("big", i64::MAX, 0, 10), integer("ok", 1, 0, 10)];
    let newer = vec![integer("big", 1, 10, 20), integer("ok", 1, 10, 20)];
    let merged = merge(
        batch(vec![sum_of("items", DELTA, older)], window(0, 10)),
        batch(vec![sum_of("items", DELTA, newer)], window(10, 20)),
    );
    let expected = [("big".to_owned(), 1, 10, 20), ("ok".to_owned(), 2, 0, 20)];
    assert_eq!(told(&merged.batch), expected);
    assert_eq!(
        merged.left_out,
        LeftOut {
            streams: 1,
            points: 1
        }
    );
    assert_eq!(merged.batch.items(), 2);
}

#[test]
fn streams_of_one_name_and_another_kind_stay_apart() {
    let metric = |monotonic| {
        let mut metric = sum_of("items", DELTA, vec![integer("x", 1, 0, 10)]);
        if let Some(Data::Sum(sum)) = &mut metric.data {
            sum.is_monotonic = monotonic;
        }
        metric
    };
    let merged = merge(
        batch(vec![metric(true)], window(0, 10)),
        batch(vec![metric(false)], window(10, 20)),
    );
    assert_eq!(merged.batch.streams(), 2);
    assert_eq!(merged.left_out, LeftOut::default());
}

#[test]
fn histograms_with_other_bounds_have_no_sum() {
    let point = |bounds: &[f64]| HistogramDataPoint {
        count: 1,
        sum: Some(1.0),
        bucket_counts: vec![1, 0],
        explicit_bounds: bounds.to_vec(),
        ..HistogramDataPoint::default()
    };
    let mut newer = point(&[2.0]);
    assert_eq!(newer.add(&point(&[1.0])), Err(NotMergeable));
    assert_eq!(newer, point(&[2.0]));
    assert_eq!(newer.add(&point(&[2.0])), Ok(()));
    assert_eq!((newer.count, newer.bucket_counts), (2, vec![2, 0]));
}

#[test]
fn what_one_of_two_histograms_does_not_say_their_sum_does_not_say() {
    let point = |count, max| HistogramDataPoint {
        count,
        sum: Some(1.0),
        max,
        ..HistogramDataPoint::default()
    };
    let mut newer = point(1, Some(3.0));
    newer.add(&point(1, None)).expect("a sum");
    assert_eq!((newer.sum, newer.max), (Some(2.0), None));
    let mut newer = point(1, Some(3.0));
    newer.add(&point(0, None)).expect("a sum");
    assert_eq!((newer.sum, newer.max), (Some(1.0), Some(3.0)));
}

fn exponential(
    scale: i32,
    offset: i32,
    counts: &[u64],
    threshold: f64,
) -> ExponentialHistogramDataPoint {
    ExponentialHistogramDataPoint {
        count: counts.iter().sum(),
        scale,
        zero_threshold: threshold,
        positive: Some(Buckets {
            offset,
            bucket_counts: counts.to_vec(),
        }),
        ..ExponentialHistogramDataPoint::default()
    }
}

#[test]
fn the_smaller_scale_counts_and_the_limit_lowers_it_further() {
    // Scale 1: (1, 1.41], (1.41, 2], (2, 2.83]; scale 0: (1, 2], (2, 4].
    let mut newer = exponential(1, 0, &[1, 2, 4], 0.0);
    newer.add(&exponential(0, 1, &[8], 0.0)).expect("a sum");
    let positive = newer.positive.expect("buckets");
    assert_eq!((newer.scale, positive.offset), (0, 0));
    assert_eq!(positive.bucket_counts, [3, 12]);
    let mut newer = exponential(0, 0, &[1], 0.0);
    newer.add(&exponential(0, 320, &[2], 0.0)).expect("a sum");
    let positive = newer.positive.expect("buckets");
    assert_eq!((newer.scale, positive.offset), (-2, 0));
    assert_eq!(positive.bucket_counts.len(), 81);
    assert_eq!(
        (positive.bucket_counts[0], positive.bucket_counts[80]),
        (1, 2)
    );
}

#[test]
fn the_larger_zero_threshold_takes_in_the_bucket_that_it_lies_in() {
    // (1, 2] and (2, 4] against a threshold of 3.
    let mut newer = exponential(0, 0, &[1, 2, 4], 0.0);
    newer.add(&exponential(0, 3, &[8], 3.0)).expect("a sum");
    let positive = newer.positive.expect("buckets");
    assert!((newer.zero_threshold - 4.0).abs() < 1e-9);
    assert_eq!((newer.zero_count, positive.offset), (3, 2));
    assert_eq!(positive.bucket_counts, [4, 8]);
}
