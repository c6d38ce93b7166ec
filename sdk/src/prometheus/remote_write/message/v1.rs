//! The series of `prometheus.WriteRequest`, which holds nothing else.
//!
//! Spec: Remote-Write 1.0, "Protocol". It has neither metadata nor exemplars nor native histograms.

/// One series, without its samples: those are written so that they can be written again.
#[derive(Clone, PartialEq, prost::Message)]
pub(in super::super) struct TimeSeries {
    /// Sorted by name.
    #[prost(message, repeated, tag = "1")]
    pub(in super::super) labels: Vec<Label>,
}

/// A label of a series.
#[derive(Clone, PartialEq, prost::Message)]
pub(in super::super) struct Label {
    #[prost(string, tag = "1")]
    pub(in super::super) name: String,
    #[prost(string, tag = "2")]
    pub(in super::super) value: String,
}
