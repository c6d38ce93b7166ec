//! A series, in the form that both versions of remote write have.

use super::histogram::Histogram;

/// The bits of the value that says that a series has ended.
///
/// Spec: Prometheus Remote-Write 1.0, "Stale Markers" (MUST).
pub const STALE_NAN_BITS: u64 = 0x7ff0_0000_0000_0002;

/// Whether a value says that a series has ended. No other NaN does.
pub const fn is_stale(value: f64) -> bool {
    value.to_bits() == STALE_NAN_BITS
}

/// A series and what was sent of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Series<'a> {
    /// Names and values of its labels, in the order in which they were sent, and as often.
    pub labels: Vec<(&'a str, &'a str)>,
    /// Its samples, in the order in which they were sent.
    pub samples: Vec<Sample>,
    /// Its native histograms, in the order in which they were sent.
    pub histograms: &'a [Histogram],
    /// Its exemplars.
    pub exemplars: Vec<Exemplar<'a>>,
    /// What the metric is; always `None` in 1.0, where that is not said of a series.
    pub metadata: Option<Metadata<'a>>,
}

impl<'a> Series<'a> {
    /// The value of the first label with this name.
    pub fn label(&self, name: &str) -> Option<&'a str> {
        let mut labels = self.labels.iter();
        labels
            .find(|(known, _)| *known == name)
            .map(|(_, value)| *value)
    }

    /// The name of the metric: the label `__name__`; empty where there is none.
    pub fn name(&self) -> &'a str {
        self.label("__name__").unwrap_or_default()
    }
}

/// A sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Its value.
    pub value: f64,
    /// In milliseconds since the Unix epoch.
    pub timestamp: i64,
    /// When counting began, in milliseconds since the Unix epoch; 0 where that is not said.
    pub start_timestamp: i64,
}

/// An exemplar.
#[derive(Clone, Debug, PartialEq)]
pub struct Exemplar<'a> {
    /// Names and values of its labels.
    pub labels: Vec<(&'a str, &'a str)>,
    /// Its value.
    pub value: f64,
    /// In milliseconds since the Unix epoch.
    pub timestamp: i64,
}

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata<'a> {
    /// Its type.
    pub metric_type: MetricType,
    /// What it means.
    pub help: &'a str,
    /// What it is counted in.
    pub unit: &'a str,
}

/// The type of a metric.
///
/// Spec: Prometheus Remote-Write 2.0, "Protobuf Message".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricType {
    /// Not said, or not known.
    Unspecified,
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Buckets that only grow.
    Histogram,
    /// Buckets that go up and down.
    GaugeHistogram,
    /// Quantiles.
    Summary,
    /// What does not change.
    Info,
    /// Which states there are.
    StateSet,
}

impl MetricType {
    /// The type with this number on the wire.
    pub const fn from_number(number: i32) -> Self {
        match number {
            1 => Self::Counter,
            2 => Self::Gauge,
            3 => Self::Histogram,
            4 => Self::GaugeHistogram,
            5 => Self::Summary,
            6 => Self::Info,
            7 => Self::StateSet,
            _ => Self::Unspecified,
        }
    }

    /// Its name, as `OpenMetrics` has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unknown",
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::GaugeHistogram => "gaugehistogram",
            Self::Summary => "summary",
            Self::Info => "info",
            Self::StateSet => "stateset",
        }
    }
}
