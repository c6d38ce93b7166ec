//! Attribute values and numbers of scenario files.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Attributes by key, in the order of the file.
pub type Attributes = IndexMap<String, AttributeValue>;

/// The value of an attribute: boolean, integer, float or text.
///
/// Spec: OpenTelemetry 1.50, "Attribute" (arrays are not needed by any scenario, hence not offered).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum AttributeValue {
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
    /// Text.
    Text(String),
}

/// A recorded value or a value to be found: a whole number stays one, `42.5` is a float.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Number {
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
}

impl Number {
    /// The number as a float, for comparison with a tolerance.
    #[expect(
        clippy::cast_precision_loss,
        reason = "scenario values are small; a float is what is compared"
    )]
    pub const fn as_f64(self) -> f64 {
        match self {
            Self::Integer(number) => number as f64,
            Self::Float(number) => number,
        }
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Integer(number) => number.fmt(formatter),
            Self::Float(number) => number.fmt(formatter),
        }
    }
}

/// How sums and histograms are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Temporality {
    /// The change since the last collection.
    Delta,
    /// The total since the start of the stream.
    Cumulative,
}

/// The seven kinds of instruments.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the variants are the specification's names")]
pub enum InstrumentKind {
    Counter,
    UpDownCounter,
    Histogram,
    Gauge,
    ObservableCounter,
    ObservableUpDownCounter,
    ObservableGauge,
}

impl InstrumentKind {
    /// Every kind, in the specification's order.
    pub const ALL: [Self; 7] = [
        Self::Counter,
        Self::UpDownCounter,
        Self::Histogram,
        Self::Gauge,
        Self::ObservableCounter,
        Self::ObservableUpDownCounter,
        Self::ObservableGauge,
    ];

    /// Whether the value is read by a callback on collection.
    pub const fn is_observable(self) -> bool {
        match self {
            Self::ObservableCounter | Self::ObservableUpDownCounter | Self::ObservableGauge => true,
            Self::Counter | Self::UpDownCounter | Self::Histogram | Self::Gauge => false,
        }
    }

    /// The name that scenario files use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::UpDownCounter => "up_down_counter",
            Self::Histogram => "histogram",
            Self::Gauge => "gauge",
            Self::ObservableCounter => "observable_counter",
            Self::ObservableUpDownCounter => "observable_up_down_counter",
            Self::ObservableGauge => "observable_gauge",
        }
    }
}
