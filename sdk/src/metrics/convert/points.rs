//! Data points of every kind and number type.

use std::time::SystemTime;

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
    AggregatedMetrics, ExponentialBucket, ExponentialHistogram, Gauge, Histogram, MetricData, Sum,
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

pub(super) fn data(data: &AggregatedMetrics, times: &dyn StreamTimes) -> Data {
    match data {
        AggregatedMetrics::F64(data) => typed(data, times),
        AggregatedMetrics::U64(data) => typed(data, times),
        AggregatedMetrics::I64(data) => typed(data, times),
    }
}

fn typed<T: Number>(data: &MetricData<T>, times: &dyn StreamTimes) -> Data {
    match data {
        MetricData::Gauge(gauge) => Data::Gauge(self::gauge(gauge, times)),
        MetricData::Sum(sum) => Data::Sum(self::sum(sum, times)),
        MetricData::Histogram(histogram) => Data::Histogram(self::histogram(histogram, times)),
        MetricData::ExponentialHistogram(histogram) => {
            Data::ExponentialHistogram(exponential_histogram(histogram, times))
        }
    }
}

// The SDK of this version samples no exemplars, so none are converted.

fn gauge<T: Number>(gauge: &Gauge<T>, times: &dyn StreamTimes) -> OtlpGauge {
    // A gauge has no temporality; its start is the previous collection or the creation, as with delta.
    let start = gauge.start_time().map_or(0, |start| {
        unix_nano(times.start(start, gauge.time(), Temporality::Delta))
    });
    let time = unix_nano(times.time());
    let mut data_points: Vec<NumberDataPoint> = gauge
        .data_points()
        .map(|point| NumberDataPoint {
            attributes: sorted(point.attributes().map(|a| (&a.key, &a.value))),
            start_time_unix_nano: start,
            time_unix_nano: time,
            value: Some(point.value().otlp()),
            ..NumberDataPoint::default()
        })
        .collect();
    data_points.sort_by(|one, two| order::by_attributes(&one.attributes, &two.attributes));
    OtlpGauge { data_points }
}

fn sum<T: Number>(sum: &Sum<T>, times: &dyn StreamTimes) -> OtlpSum {
    let start = unix_nano(times.start(sum.start_time(), sum.time(), sum.temporality()));
    let time = unix_nano(times.time());
    let mut data_points: Vec<NumberDataPoint> = sum
        .data_points()
        .map(|point| NumberDataPoint {
            attributes: sorted(point.attributes().map(|a| (&a.key, &a.value))),
            start_time_unix_nano: start,
            time_unix_nano: time,
            value: Some(point.value().otlp()),
            ..NumberDataPoint::default()
        })
        .collect();
    data_points.sort_by(|one, two| order::by_attributes(&one.attributes, &two.attributes));
    OtlpSum {
        data_points,
        aggregation_temporality: temporality(sum.temporality()).into(),
        is_monotonic: sum.is_monotonic(),
    }
}

fn histogram<T: Number>(histogram: &Histogram<T>, times: &dyn StreamTimes) -> OtlpHistogram {
    let kind = histogram.temporality();
    let start = unix_nano(times.start(histogram.start_time(), histogram.time(), kind));
    let time = unix_nano(times.time());
    let mut data_points: Vec<HistogramDataPoint> = histogram
        .data_points()
        .map(|point| HistogramDataPoint {
            attributes: sorted(point.attributes().map(|a| (&a.key, &a.value))),
            start_time_unix_nano: start,
            time_unix_nano: time,
            count: point.count(),
            sum: Some(point.sum().float()),
            bucket_counts: point.bucket_counts().collect(),
            explicit_bounds: point.bounds().collect(),
            min: point.min().map(Number::float),
            max: point.max().map(Number::float),
            ..HistogramDataPoint::default()
        })
        .collect();
    data_points.sort_by(|one, two| order::by_attributes(&one.attributes, &two.attributes));
    OtlpHistogram {
        data_points,
        aggregation_temporality: temporality(kind).into(),
    }
}

fn exponential_histogram<T: Number>(
    histogram: &ExponentialHistogram<T>,
    times: &dyn StreamTimes,
) -> OtlpExponentialHistogram {
    let kind = histogram.temporality();
    let start = unix_nano(times.start(histogram.start_time(), histogram.time(), kind));
    let time = unix_nano(times.time());
    let mut data_points: Vec<ExponentialHistogramDataPoint> = histogram
        .data_points()
        .map(|point| ExponentialHistogramDataPoint {
            attributes: sorted(point.attributes().map(|a| (&a.key, &a.value))),
            start_time_unix_nano: start,
            time_unix_nano: time,
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
        })
        .collect();
    data_points.sort_by(|one, two| order::by_attributes(&one.attributes, &two.attributes));
    OtlpExponentialHistogram {
        data_points,
        aggregation_temporality: temporality(kind).into(),
    }
}

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
pub(super) trait Number: Copy {
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
