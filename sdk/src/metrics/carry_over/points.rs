//! Points of one series, added up.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogramDataPoint, HistogramDataPoint, NumberDataPoint, SummaryDataPoint,
};

use super::exponential;

/// A point that belongs to a series.
pub(super) trait Series {
    fn attributes(&self) -> &[KeyValue];
}

/// A point that can be added to another of its series.
pub(super) trait DeltaPoint: Series {
    fn start(&self) -> u64;

    fn set_start(&mut self, unix_nano: u64);

    fn set_time(&mut self, unix_nano: u64);

    /// Adds what `older` holds, but for its times; nothing is changed where that cannot be done.
    fn add(&mut self, older: &Self) -> Result<(), NotMergeable>;
}

/// Two points have no sum: it is beyond the range of its type, or their buckets have other bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotMergeable;

impl DeltaPoint for NumberDataPoint {
    fn start(&self) -> u64 {
        self.start_time_unix_nano
    }

    fn set_start(&mut self, unix_nano: u64) {
        self.start_time_unix_nano = unix_nano;
    }

    fn set_time(&mut self, unix_nano: u64) {
        self.time_unix_nano = unix_nano;
    }

    fn add(&mut self, older: &Self) -> Result<(), NotMergeable> {
        if self.flags != older.flags {
            return Err(NotMergeable);
        }
        self.value = match (older.value, self.value) {
            (Some(Value::AsInt(one)), Some(Value::AsInt(two))) => {
                Some(Value::AsInt(one.checked_add(two).ok_or(NotMergeable)?))
            }
            (Some(Value::AsDouble(one)), Some(Value::AsDouble(two))) => {
                Some(Value::AsDouble(one + two))
            }
            (None, None) => None,
            _ => return Err(NotMergeable),
        };
        add_exemplars(&mut self.exemplars, &older.exemplars);
        Ok(())
    }
}

impl DeltaPoint for HistogramDataPoint {
    fn start(&self) -> u64 {
        self.start_time_unix_nano
    }

    fn set_start(&mut self, unix_nano: u64) {
        self.start_time_unix_nano = unix_nano;
    }

    fn set_time(&mut self, unix_nano: u64) {
        self.time_unix_nano = unix_nano;
    }

    fn add(&mut self, older: &Self) -> Result<(), NotMergeable> {
        if self.flags != older.flags
            || self.explicit_bounds != older.explicit_bounds
            || self.bucket_counts.len() != older.bucket_counts.len()
        {
            return Err(NotMergeable);
        }
        let count = added(self.count, older.count)?;
        let bucket_counts = self
            .bucket_counts
            .iter()
            .zip(&older.bucket_counts)
            .map(|(one, two)| added(*one, *two))
            .collect::<Result<_, _>>()?;
        let (one, two) = (Summary::of_buckets(older), Summary::of_buckets(self));
        let summary = one.and(two);
        (self.sum, self.min, self.max) = (summary.sum, summary.min, summary.max);
        self.count = count;
        self.bucket_counts = bucket_counts;
        add_exemplars(&mut self.exemplars, &older.exemplars);
        Ok(())
    }
}

impl DeltaPoint for ExponentialHistogramDataPoint {
    fn start(&self) -> u64 {
        self.start_time_unix_nano
    }

    fn set_start(&mut self, unix_nano: u64) {
        self.start_time_unix_nano = unix_nano;
    }

    fn set_time(&mut self, unix_nano: u64) {
        self.time_unix_nano = unix_nano;
    }

    fn add(&mut self, older: &Self) -> Result<(), NotMergeable> {
        if self.flags != older.flags {
            return Err(NotMergeable);
        }
        let count = added(self.count, older.count)?;
        let buckets = exponential::added(older, self)?;
        let (one, two) = (Summary::of_scaled(older), Summary::of_scaled(self));
        let summary = one.and(two);
        (self.sum, self.min, self.max) = (summary.sum, summary.min, summary.max);
        self.count = count;
        self.scale = buckets.scale;
        self.zero_count = buckets.zero_count;
        self.zero_threshold = buckets.zero_threshold;
        self.positive = Some(buckets.positive);
        self.negative = Some(buckets.negative);
        add_exemplars(&mut self.exemplars, &older.exemplars);
        Ok(())
    }
}

/// What a histogram says of all its values together. What one of two points does not say, their sum cannot say, unless
/// that point counts nothing.
#[derive(Clone, Copy)]
struct Summary {
    count: u64,
    sum: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
}

impl Summary {
    fn of_buckets(point: &HistogramDataPoint) -> Self {
        Self {
            count: point.count,
            sum: point.sum,
            min: point.min,
            max: point.max,
        }
    }

    fn of_scaled(point: &ExponentialHistogramDataPoint) -> Self {
        Self {
            count: point.count,
            sum: point.sum,
            min: point.min,
            max: point.max,
        }
    }

    fn and(self, other: Self) -> Self {
        if self.count == 0 {
            return other;
        }
        if other.count == 0 {
            return self;
        }
        let both =
            |one: Option<f64>, two: Option<f64>, of: fn(f64, f64) -> f64| Some(of(one?, two?));
        Self {
            count: self.count,
            sum: both(self.sum, other.sum, |one, two| one + two),
            min: both(self.min, other.min, f64::min),
            max: both(self.max, other.max, f64::max),
        }
    }
}

pub(super) fn added(one: u64, two: u64) -> Result<u64, NotMergeable> {
    one.checked_add(two).ok_or(NotMergeable)
}

/// Exemplars are samples: as many as the larger of the two samples had, the newer ones first.
fn add_exemplars(newer: &mut Vec<Exemplar>, older: &[Exemplar]) {
    let most = newer.len().max(older.len());
    newer.extend(older.iter().take(most - newer.len()).cloned());
}

impl Series for NumberDataPoint {
    fn attributes(&self) -> &[KeyValue] {
        &self.attributes
    }
}

impl Series for HistogramDataPoint {
    fn attributes(&self) -> &[KeyValue] {
        &self.attributes
    }
}

impl Series for ExponentialHistogramDataPoint {
    fn attributes(&self) -> &[KeyValue] {
        &self.attributes
    }
}

impl Series for SummaryDataPoint {
    fn attributes(&self) -> &[KeyValue] {
        &self.attributes
    }
}
