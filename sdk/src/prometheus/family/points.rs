//! From the data points of OTLP to values.
//!
//! Spec: Prometheus compatibility, "OTLP Metric points to Prometheus": "Sums", "Histograms", "Exponential Histograms",
//! "Summaries".

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as NumberValue;
use opentelemetry_proto::tonic::metrics::v1::{
    DataPointFlags, Exemplar, ExponentialHistogramDataPoint, HistogramDataPoint, NumberDataPoint,
    SummaryDataPoint,
};

use super::problem::ProblemKind;
use super::value::{
    Bucket, ExponentialBuckets, ExponentialHistogram, Histogram, Number, Quantile, Summary, Value,
};

/// The scales that Prometheus takes as the schema of a native histogram.
const SCALES: std::ops::RangeInclusive<i32> = -4..=8;

/// A data point of OTLP.
pub(crate) trait Point {
    /// The label that the text formats add to such a series by themselves.
    const RESERVED: Option<&'static str>;

    fn attributes(&self) -> &[KeyValue];

    /// When it began, and its own time; both in nanoseconds since 1970.
    fn times(&self) -> (u64, u64);

    fn flags(&self) -> u32;

    /// What was recorded, or why that cannot be told.
    fn recorded(&self) -> Result<Value, ProblemKind>;

    fn exemplars(&self) -> &[Exemplar];

    /// What was recorded, or that nothing was.
    fn value(&self) -> Result<Value, ProblemKind> {
        if self.flags() & DataPointFlags::NoRecordedValueMask as u32 != 0 {
            return Ok(Value::Stale);
        }
        self.recorded()
    }

    /// Whether `value` leaves out a sum that was recorded.
    fn lacks_sum(&self, value: &Value) -> bool {
        let _ = value;
        false
    }
}

impl Point for NumberDataPoint {
    const RESERVED: Option<&'static str> = None;

    fn attributes(&self) -> &[KeyValue] {
        &self.attributes
    }

    fn times(&self) -> (u64, u64) {
        (self.start_time_unix_nano, self.time_unix_nano)
    }

    fn flags(&self) -> u32 {
        self.flags
    }

    fn recorded(&self) -> Result<Value, ProblemKind> {
        match self.value {
            Some(NumberValue::AsInt(number)) => Ok(Value::Number(Number::Integer(number))),
            Some(NumberValue::AsDouble(number)) => Ok(Value::Number(Number::Float(number))),
            None => Err(ProblemKind::Malformed),
        }
    }

    fn exemplars(&self) -> &[Exemplar] {
        &self.exemplars
    }
}

impl Point for HistogramDataPoint {
    const RESERVED: Option<&'static str> = Some("le");

    fn attributes(&self) -> &[KeyValue] {
        &self.attributes
    }

    fn times(&self) -> (u64, u64) {
        (self.start_time_unix_nano, self.time_unix_nano)
    }

    fn flags(&self) -> u32 {
        self.flags
    }

    fn recorded(&self) -> Result<Value, ProblemKind> {
        let bounds = &self.explicit_bounds;
        let counts = &self.bucket_counts;
        let fits = counts.len() == bounds.len() + 1 || (counts.is_empty() && bounds.is_empty());
        let rises = bounds.windows(2).all(|pair| pair[0] < pair[1]);
        if !fits || !rises || bounds.iter().any(|bound| bound.is_nan()) {
            return Err(ProblemKind::Malformed);
        }
        let mut cumulative_count = 0_u64;
        let mut buckets = Vec::with_capacity(bounds.len());
        for (&upper_bound, &count) in bounds.iter().zip(counts) {
            cumulative_count = cumulative_count.saturating_add(count);
            // The one to +Inf holds the count anyway.
            if upper_bound != f64::INFINITY {
                buckets.push(Bucket {
                    upper_bound,
                    cumulative_count,
                });
            }
        }
        if cumulative_count > self.count {
            return Err(ProblemKind::Malformed);
        }
        let below_zero = buckets.iter().rfind(|bucket| bucket.upper_bound < 0.0);
        let may_fall = self.min.is_some_and(|min| min < 0.0)
            || self.sum.is_some_and(|sum| sum < 0.0)
            || below_zero.is_some_and(|bucket| bucket.cumulative_count > 0);
        Ok(Value::Histogram(Histogram {
            buckets,
            count: self.count,
            sum: self.sum.filter(|_| !may_fall),
        }))
    }

    fn exemplars(&self) -> &[Exemplar] {
        &self.exemplars
    }

    fn lacks_sum(&self, value: &Value) -> bool {
        self.sum.is_some() && matches!(value, Value::Histogram(Histogram { sum: None, .. }))
    }
}

impl Point for ExponentialHistogramDataPoint {
    const RESERVED: Option<&'static str> = Some("le");

    fn attributes(&self) -> &[KeyValue] {
        &self.attributes
    }

    fn times(&self) -> (u64, u64) {
        (self.start_time_unix_nano, self.time_unix_nano)
    }

    fn flags(&self) -> u32 {
        self.flags
    }

    fn recorded(&self) -> Result<Value, ProblemKind> {
        if self.scale < *SCALES.start() {
            return Err(ProblemKind::Scale);
        }
        let excess = self.scale.saturating_sub(*SCALES.end()).max(0);
        let buckets = |buckets: Option<&Buckets>| {
            buckets
                .map(|buckets| ExponentialBuckets {
                    offset: buckets.offset,
                    counts: buckets.bucket_counts.clone(),
                })
                .unwrap_or_default()
                .downscaled(excess)
        };
        Ok(Value::ExponentialHistogram(ExponentialHistogram {
            scale: self.scale - excess,
            count: self.count,
            sum: self.sum,
            zero_count: self.zero_count,
            zero_threshold: self.zero_threshold,
            positive: buckets(self.positive.as_ref()),
            negative: buckets(self.negative.as_ref()),
        }))
    }

    fn exemplars(&self) -> &[Exemplar] {
        &self.exemplars
    }
}

impl Point for SummaryDataPoint {
    const RESERVED: Option<&'static str> = Some("quantile");

    fn attributes(&self) -> &[KeyValue] {
        &self.attributes
    }

    fn times(&self) -> (u64, u64) {
        (self.start_time_unix_nano, self.time_unix_nano)
    }

    fn flags(&self) -> u32 {
        self.flags
    }

    fn recorded(&self) -> Result<Value, ProblemKind> {
        let mut quantiles: Vec<Quantile> = self
            .quantile_values
            .iter()
            .map(|value| Quantile {
                quantile: value.quantile,
                value: value.value,
            })
            .collect();
        quantiles.sort_by(|one, two| one.quantile.total_cmp(&two.quantile));
        let is_allowed = |quantile: &Quantile| (0.0..=1.0).contains(&quantile.quantile);
        let rises = quantiles
            .windows(2)
            .all(|pair| pair[0].quantile < pair[1].quantile);
        if !rises || !quantiles.iter().all(is_allowed) {
            return Err(ProblemKind::Malformed);
        }
        Ok(Value::Summary(Summary {
            quantiles,
            count: self.count,
            sum: Some(self.sum).filter(|sum| sum.is_nan() || *sum >= 0.0),
        }))
    }

    fn exemplars(&self) -> &[Exemplar] {
        &[]
    }

    fn lacks_sum(&self, value: &Value) -> bool {
        matches!(value, Value::Summary(Summary { sum: None, .. }))
    }
}
