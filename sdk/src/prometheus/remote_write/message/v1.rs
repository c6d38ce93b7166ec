//! The series of `prometheus.WriteRequest`, which holds nothing else.
//!
//! Spec: Remote-Write 1.0, "Protocol". It has neither metadata nor exemplars nor native histograms.

/// Samples of one series.
#[derive(Clone, PartialEq, prost::Message)]
pub(in super::super) struct TimeSeries {
    /// Sorted by name.
    #[prost(message, repeated, tag = "1")]
    pub(in super::super) labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    pub(in super::super) samples: Vec<Sample>,
}

/// A label of a series.
#[derive(Clone, PartialEq, prost::Message)]
pub(in super::super) struct Label {
    #[prost(string, tag = "1")]
    pub(in super::super) name: String,
    #[prost(string, tag = "2")]
    pub(in super::super) value: String,
}

/// A value at a time.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(in super::super) struct Sample {
    #[prost(double, tag = "1")]
    pub(in super::super) value: f64,
    /// In milliseconds since 1970.
    #[prost(int64, tag = "2")]
    pub(in super::super) timestamp: i64,
}
