//! Data points of every kind and number type.

use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry_proto::tonic::common::v1::KeyValue as OtlpKeyValue;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, ExponentialHistogram as OtlpExponentialHistogram,
    ExponentialHistogramDataPoint, Gauge as OtlpGauge, Histogram as OtlpHistogram,
    HistogramDataPoint, NumberDataPoint, Sum as OtlpSum,
};
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::{
    self, AggregatedMetrics, ExponentialBucket, ExponentialHistogram, Gauge, Histogram, MetricData,
    Sum,
};

use super::order;
use crate::convert::{sorted, unix_nano};

/// What the times of the SDK are on the injected clock.
pub(crate) trait StreamTimes {
    /// The time of this collection.
    fn time(&self) -> SystemTime;

    /// The anchor that `start` equals: an earlier collection, or the creation of the instrument. `time` is what the SDK
    /// gave as the time of the same stream.
    fn start(&self, start: SystemTime, time: SystemTime, temporality: Temporality) -> SystemTime;
}

/// A metric's data, and which of its points each of them is.
pub(super) fn data(data: &AggregatedMetrics, times: &dyn StreamTimes) -> (Data, Vec<usize>) {
    match data {
        AggregatedMetrics::F64(data) => typed(data, times),
        AggregatedMetrics::U64(data) => typed(data, times),
        AggregatedMetrics::I64(data) => typed(data, times),
    }
}

fn typed<T: Number>(data: &MetricData<T>, times: &dyn StreamTimes) -> (Data, Vec<usize>) {
    match data {
        MetricData::Gauge(gauge) => self::gauge(gauge, times),
        MetricData::Sum(sum) => self::sum(sum, times),
        MetricData::Histogram(histogram) => self::histogram(histogram, times),
        MetricData::ExponentialHistogram(histogram) => exponential_histogram(histogram, times),
    }
}

// The SDK of this version samples no exemplars, so none are converted.

fn gauge<T: Number>(gauge: &Gauge<T>, times: &dyn StreamTimes) -> (Data, Vec<usize>) {
    // A gauge has no temporality; its start is the previous collection or the creation, as with delta.
    let start = gauge.start_time().map_or(0, |start| {
        unix_nano(times.start(start, gauge.time(), Temporality::Delta))
    });
    let time = unix_nano(times.time());
    let (data_points, order) = in_order(gauge.data_points(), |attributes, point| NumberDataPoint {
        attributes,
        start_time_unix_nano: start,
        time_unix_nano: time,
        value: Some(point.value().otlp()),
        ..NumberDataPoint::default()
    });
    (Data::Gauge(OtlpGauge { data_points }), order)
}

fn sum<T: Number>(sum: &Sum<T>, times: &dyn StreamTimes) -> (Data, Vec<usize>) {
    let start = unix_nano(times.start(sum.start_time(), sum.time(), sum.temporality()));
    let time = unix_nano(times.time());
    let (data_points, order) = in_order(sum.data_points(), |attributes, point| NumberDataPoint {
        attributes,
        start_time_unix_nano: start,
        time_unix_nano: time,
        value: Some(point.value().otlp()),
        ..NumberDataPoint::default()
    });
    let sum = OtlpSum {
        data_points,
        aggregation_temporality: temporality(sum.temporality()).into(),
        is_monotonic: sum.is_monotonic(),
    };
    (Data::Sum(sum), order)
}

fn histogram<T: Number>(histogram: &Histogram<T>, times: &dyn StreamTimes) -> (Data, Vec<usize>) {
    let kind = histogram.temporality();
    let start = unix_nano(times.start(histogram.start_time(), histogram.time(), kind));
    let time = unix_nano(times.time());
    let (data_points, order) = in_order(histogram.data_points(), |attributes, point| {
        HistogramDataPoint {
            attributes,
            start_time_unix_nano: start,
            time_unix_nano: time,
            ..histogram_point(point)
        }
    });
    let histogram = OtlpHistogram {
        data_points,
        aggregation_temporality: temporality(kind).into(),
    };
    (Data::Histogram(histogram), order)
}

/// What was recorded, without attributes and times.
pub(crate) fn histogram_point<T: Number>(
    point: &data::HistogramDataPoint<T>,
) -> HistogramDataPoint {
    HistogramDataPoint {
        count: point.count(),
        sum: Some(point.sum().float()),
        bucket_counts: point.bucket_counts().collect(),
        explicit_bounds: point.bounds().collect(),
        min: point.min().map(Number::float),
        max: point.max().map(Number::float),
        ..HistogramDataPoint::default()
    }
}

fn exponential_histogram<T: Number>(
    histogram: &ExponentialHistogram<T>,
    times: &dyn StreamTimes,
) -> (Data, Vec<usize>) {
    let kind = histogram.temporality();
    let start = unix_nano(times.start(histogram.start_time(), histogram.time(), kind));
    let time = unix_nano(times.time());
    let (data_points, order) = in_order(histogram.data_points(), |attributes, point| {
        ExponentialHistogramDataPoint {
            attributes,
            start_time_unix_nano: start,
            time_unix_nano: time,
            ..exponential_histogram_point(point)
        }
    });
    let histogram = OtlpExponentialHistogram {
        data_points,
        aggregation_temporality: temporality(kind).into(),
    };
    (Data::ExponentialHistogram(histogram), order)
}

/// What was recorded, without attributes and times.
pub(crate) fn exponential_histogram_point<T: Number>(
    point: &data::ExponentialHistogramDataPoint<T>,
) -> ExponentialHistogramDataPoint {
    ExponentialHistogramDataPoint {
        count: point.count() as u64,
        sum: Some(point.sum().float()),
        scale: i32::from(point.scale()),
        zero_count: point.zero_count(),
        positive: Some(buckets(point.positive_bucket())),
        negative: Some(buckets(point.negative_bucket())),
        min: point.min().map(Number::float),
        max: point.max().map(Number::float),
        zero_threshold: point.zero_threshold(),
        ..ExponentialHistogramDataPoint::default()
    }
}

/// The points in the order of their attributes, made by `convert`, and which of `points` each of them is.
fn in_order<'a, P: Attributes + 'a, O>(
    points: impl Iterator<Item = &'a P>,
    convert: impl Fn(Vec<OtlpKeyValue>, &P) -> O,
) -> (Vec<O>, Vec<usize>) {
    let mut points: Vec<(Vec<OtlpKeyValue>, usize, &P)> = points
        .enumerate()
        .map(|(number, point)| {
            let attributes = point.attributes().map(|a| (&a.key, &a.value));
            (sorted(attributes), number, point)
        })
        .collect();
    points.sort_by(|(one, ..), (two, ..)| order::by_attributes(one, two));
    points
        .into_iter()
        .map(|(attributes, number, point)| (convert(attributes, point), number))
        .unzip()
}

/// A point of the SDK.
pub(crate) trait Attributes {
    fn attributes(&self) -> impl Iterator<Item = &KeyValue>;
}

macro_rules! attributes {
    ($($point:ident),+) => {
        $(impl<T> Attributes for data::$point<T> {
            fn attributes(&self) -> impl Iterator<Item = &KeyValue> {
                self.attributes()
            }
        })+
    };
}

attributes!(
    GaugeDataPoint,
    SumDataPoint,
    HistogramDataPoint,
    ExponentialHistogramDataPoint
);

fn buckets(bucket: &ExponentialBucket) -> Buckets {
    Buckets {
        offset: bucket.offset(),
        bucket_counts: bucket.counts().collect(),
    }
}

fn temporality(temporality: Temporality) -> AggregationTemporality {
    match temporality {
        Temporality::Delta => AggregationTemporality::Delta,
        // `LowMemory` is a preference; data never carry it.
        _ => AggregationTemporality::Cumulative,
    }
}

/// A number that instruments take.
pub(crate) trait Number: Copy {
    /// As a data point carries it. OTLP has no unsigned 64-bit values: what is larger than `i64::MAX` stays at it.
    fn otlp(self) -> Value;

    /// As sums of histograms carry it.
    fn float(self) -> f64;
}

impl Number for f64 {
    fn otlp(self) -> Value {
        Value::AsDouble(self)
    }

    fn float(self) -> f64 {
        self
    }
}

impl Number for i64 {
    fn otlp(self) -> Value {
        Value::AsInt(self)
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "OTLP has histogram sums as doubles only"
    )]
    fn float(self) -> f64 {
        self as f64
    }
}

impl Number for u64 {
    fn otlp(self) -> Value {
        Value::AsInt(i64::try_from(self).unwrap_or(i64::MAX))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "OTLP has histogram sums as doubles only"
    )]
    fn float(self) -> f64 {
        self as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_beyond_the_range_of_otlp_stays_at_its_end() {
        assert_eq!(7_u64.otlp(), Value::AsInt(7));
        assert_eq!(u64::MAX.otlp(), Value::AsInt(i64::MAX));
    }
}
