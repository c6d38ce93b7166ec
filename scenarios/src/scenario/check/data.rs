//! Checks of what was carried: ledger, streams, totals, windows, payloads.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ItemRanges;
use crate::scenario::{Attributes, Number, Temporality, TextDuration};

/// What the system under test was asked to emit against what the receiver accepted, in items of the cell's signal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LedgerCheck {
    /// Items that the steps asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offered: Option<u64>,
    /// Items that the receiver accepted, each counted once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<u64>,
    /// At least so many items were accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted_at_least: Option<u64>,
    /// At most so many items were accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted_at_most: Option<u64>,
    /// Exactly these spans or log records were accepted, by the number in their attribute `otelbox.item`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted_items: Option<ItemRanges>,
    /// Offered and not accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost: Option<u64>,
    /// Accepted more than once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeated: Option<u64>,
    /// Rejected by partial success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejected: Option<u64>,
}

/// One stream of the accepted payloads. What is absent is not looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StreamCheck {
    /// Its name.
    pub name: String,
    /// There is no such stream in any payload.
    #[serde(default)]
    pub absent: bool,
    /// Look at the n-th export instead of the last accepted one that has the stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export: Option<u64>,
    /// What kind of data it holds.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub data: Option<DataType>,
    /// Its unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Its description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its temporality.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temporality: Option<Temporality>,
    /// Whether the sum is monotonic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monotonic: Option<bool>,
    /// The name of its instrumentation scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Attributes that its resource has (it may have more).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Attributes>,
    /// Attributes that its resource has, whatever their value, as long as it is no empty text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_keys: Option<Vec<String>>,
    /// Attributes that its resource has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_without: Option<Vec<String>>,
    /// Exactly so many series: different sets of resource and attributes with this name, over all payloads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<u64>,
    /// Exactly these attribute keys on every point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute_keys: Option<Vec<String>>,
    /// Its points: exactly these, in any order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<Vec<PointCheck>>,
    /// The value of its only point in each export that has the stream, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<Number>>,
}

impl StreamCheck {
    /// A check of the stream of this name that looks at nothing yet.
    pub fn named(name: String) -> Self {
        Self {
            name,
            absent: false,
            export: None,
            data: None,
            unit: None,
            description: None,
            temporality: None,
            monotonic: None,
            scope: None,
            resource: None,
            resource_keys: None,
            resource_without: None,
            series: None,
            attribute_keys: None,
            points: None,
            values: None,
        }
    }
}

/// The kinds of metric data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the variants are the protocol's names")]
pub enum DataType {
    Gauge,
    Sum,
    Histogram,
    ExponentialHistogram,
    Summary,
}

/// One data point. What is absent is not looked at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PointCheck {
    /// Exactly these attributes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Attributes>,
    /// The value of a sum or a gauge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Number>,
    /// The count of a histogram.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// The sum of a histogram.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sum: Option<f64>,
    /// The histogram has no sum.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub without_sum: bool,
    /// The smallest value of a histogram.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The largest value of a histogram.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// The bounds of a histogram.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bounds: Option<Vec<f64>>,
    /// The bucket counts of a histogram.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buckets: Option<Vec<u64>>,
    /// When its window starts, since the start of the system under test (virtual time only).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<TextDuration>,
    /// When its window ends, since the start of the system under test (virtual time only).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<TextDuration>,
}

/// What all accepted payloads say about one instrument in the end: delta windows summed, or the last cumulative total.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TotalCheck {
    /// The name of the stream.
    pub instrument: String,
    /// Its total (of a histogram: its count).
    pub value: Number,
    /// With it the total is between `value` and this, both included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Number>,
    /// Only the series with exactly these attributes. Default: all series of that name together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Attributes>,
}

/// The windows (start to end) of accepted payloads, one series after another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WindowsCheck {
    /// The name of the stream. Default: every stream that has a temporality.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instrument: Option<String>,
    /// Delta: each window starts where the one before ended. `false`: there is a gap somewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contiguous: Option<bool>,
    /// Delta: the sum of the gaps between accepted windows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap: Option<TextDuration>,
    /// Cumulative: the start never changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixed_start: Option<bool>,
    /// How far `gap` may be off. Default: 1 ms in virtual time; in real time it may be a third shorter, and longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<TextDuration>,
}

/// A payload as OTLP/JSON (over remote write and to Zipkin, as the JSON that `otelbox serve` has for it), normalised: sorted, times as offsets in seconds such as `[+15.000s]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PayloadCheck {
    /// Which export, 1 being the first. Default: the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export: Option<u64>,
    /// It is exactly this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<serde_json::Value>,
    /// It contains this: every key that is given, and every element of a list in this order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contains: Option<serde_json::Value>,
}
