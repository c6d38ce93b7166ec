//! The ledger of one metric stream.

use std::collections::BTreeMap;
use std::fmt;

use opentelemetry_proto::tonic::metrics::v1::{AggregationTemporality, number_data_point};
use schemars::JsonSchema;
use serde::Serialize;

use crate::payload::remote_write::{Metadata, MetricType};

/// What tells one metric stream from another.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub struct StreamKey {
    /// Attributes of the resource.
    pub resource: BTreeMap<String, String>,
    /// Name of the instrumentation scope.
    pub scope: String,
    /// Name of the metric.
    pub name: String,
    /// Attributes of the data points.
    pub attributes: BTreeMap<String, String>,
}

/// The kind of data in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StreamKind {
    /// The last value counts.
    Gauge,
    /// Windows are summed.
    DeltaSum,
    /// The last total counts.
    CumulativeSum,
    /// Windows are summed.
    DeltaHistogram,
    /// The last total counts.
    CumulativeHistogram,
    /// The last total counts.
    Summary,
    /// A sum or histogram that does not say how it is to be read; the last total counts.
    Unspecified,
}

impl StreamKind {
    pub(super) fn sum(temporality: i32) -> Self {
        match AggregationTemporality::try_from(temporality) {
            Ok(AggregationTemporality::Delta) => Self::DeltaSum,
            Ok(AggregationTemporality::Cumulative) => Self::CumulativeSum,
            Ok(AggregationTemporality::Unspecified) | Err(_) => Self::Unspecified,
        }
    }

    pub(super) fn histogram(temporality: i32) -> Self {
        match AggregationTemporality::try_from(temporality) {
            Ok(AggregationTemporality::Delta) => Self::DeltaHistogram,
            Ok(AggregationTemporality::Cumulative) => Self::CumulativeHistogram,
            Ok(AggregationTemporality::Unspecified) | Err(_) => Self::Unspecified,
        }
    }

    /// The kind of a series of remote write, which always holds totals; 1.0 does not say of what.
    pub(super) fn series(metadata: Option<&Metadata<'_>>) -> Self {
        match metadata.map(|metadata| metadata.metric_type) {
            Some(MetricType::Counter) => Self::CumulativeSum,
            Some(MetricType::Histogram) => Self::CumulativeHistogram,
            Some(MetricType::Summary) => Self::Summary,
            Some(
                MetricType::Gauge
                | MetricType::GaugeHistogram
                | MetricType::Info
                | MetricType::StateSet,
            ) => Self::Gauge,
            Some(MetricType::Unspecified) | None => Self::Unspecified,
        }
    }

    /// Whether what arrives is added to what was there.
    pub const fn adds(self) -> bool {
        match self {
            Self::DeltaSum | Self::DeltaHistogram => true,
            Self::Gauge
            | Self::CumulativeSum
            | Self::CumulativeHistogram
            | Self::Summary
            | Self::Unspecified => false,
        }
    }
}

/// A value of a stream: integers stay integers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Total {
    /// An integer; it saturates.
    Int(i64),
    /// A double.
    Double(f64),
}

impl Default for Total {
    fn default() -> Self {
        Self::Int(0)
    }
}

impl Total {
    /// The sum of both; an integer only if both are.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Int(one), Self::Int(other)) => Self::Int(one.saturating_add(other)),
            (one, other) => Self::Double(one.as_f64() + other.as_f64()),
        }
    }

    /// As a double; large integers are rounded.
    #[expect(clippy::cast_precision_loss, reason = "said in the documentation")]
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Int(value) => value as f64,
            Self::Double(value) => value,
        }
    }
}

impl From<Option<number_data_point::Value>> for Total {
    fn from(value: Option<number_data_point::Value>) -> Self {
        match value {
            None => Self::default(),
            Some(number_data_point::Value::AsInt(value)) => Self::Int(value),
            Some(number_data_point::Value::AsDouble(value)) => Self::Double(value),
        }
    }
}

impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(value) => write!(f, "{value}"),
            Self::Double(value) => write!(f, "{value}"),
        }
    }
}

/// What was taken of one metric stream.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct StreamEntry {
    /// Its kind, as the last point has it.
    pub kind: StreamKind,
    /// Data points that were taken, each payload once.
    pub points: u64,
    /// Delta: the sum of the windows. Otherwise: the last value. Of histograms and summaries, that of their `sum`.
    pub total: Total,
    /// For histograms and summaries: their count, read in the same way. 0 for others.
    pub count: u64,
    /// What repeated payloads would have added to a delta total; 0 for others.
    pub repeated: Total,
}

/// One data point, as the ledger sees it.
pub(super) struct Point {
    pub(super) kind: StreamKind,
    pub(super) total: Total,
    pub(super) count: u64,
}

impl StreamEntry {
    pub(super) fn new(kind: StreamKind) -> Self {
        Self {
            kind,
            points: 0,
            total: Total::default(),
            count: 0,
            repeated: Total::default(),
        }
    }

    pub(super) fn take(&mut self, point: &Point, repeated: bool) {
        let Point { kind, total, count } = *point;
        if repeated {
            if kind.adds() {
                self.repeated = self.repeated.plus(total);
            }
            return;
        }
        let was = std::mem::replace(&mut self.kind, kind);
        self.points += 1;
        if kind.adds() && was == kind && self.points > 1 {
            self.total = self.total.plus(total);
            self.count = self.count.saturating_add(count);
        } else {
            self.total = total;
            self.count = count;
        }
    }
}
